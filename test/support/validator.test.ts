import { describe, expect, it } from 'vitest';
import { type ValidSpan, validate } from './validator.ts';

const T1 = '0af7651916cd43dd8448eb211c80319c';
const T2 = '4bf92f3577b34da6a3ce929d0e0e4736';
const ids = { a: '00f067aa0ba902b7', b: 'b7ad6b7169203331', c: 'c000000000000003' };

const span = (name: keyof typeof ids, more: Partial<ValidSpan> = {}): ValidSpan => ({
  name,
  traceId: T1,
  spanId: ids[name],
  parentIsRemote: false,
  links: [],
  kind: 'server',
  startNs: 10n,
  endNs: 50n,
  sampled: true,
  goroutine: '42/7',
  ...more,
});

/** A server span `a`, a client span `b` of its goroutine under it, one `c` of another goroutine under that. */
const tree = (b: Partial<ValidSpan> = {}, c: Partial<ValidSpan> = {}): ValidSpan[] => [
  span('a'),
  span('b', { kind: 'client', parentSpanId: ids.a, startNs: 20n, endNs: 40n, ...b }),
  span('c', { kind: 'client', parentSpanId: ids.b, startNs: 30n, endNs: 60n, goroutine: '42/8', ...c }),
];

describe('validate', () => {
  it('finds nothing in a tree that is as it must be', () => {
    expect(validate(tree())).toEqual([]);
    expect(validate([])).toEqual([]);
  });

  it('accepts a new trace linked to a span that has ended', () => {
    const linked = span('b', {
      traceId: T2,
      startNs: 50n,
      endNs: 70n,
      links: [{ traceId: T1, spanId: ids.a }],
    });
    expect(validate([span('a'), linked])).toEqual([]);
  });

  it('accepts a remote parent that is not in the set', () => {
    expect(validate([span('a', { parentSpanId: ids.c, parentIsRemote: true })])).toEqual([]);
  });

  it('accepts a server span under the client span that called it', () => {
    const [a, b] = tree() as [ValidSpan, ValidSpan];
    expect(
      validate([a, b, span('c', { parentSpanId: ids.b, startNs: 25n, endNs: 35n, goroutine: '42/8' })]),
    ).toEqual([]);
  });

  const faults: [string, ValidSpan[], RegExp][] = [
    ['a zero trace id', [span('a', { traceId: '0'.repeat(32) })], /has no valid trace id/],
    ['a zero span id', [span('a', { spanId: '0'.repeat(16) })], /has no valid span id/],
    ['an id in capitals', [span('a', { traceId: T1.toUpperCase() })], /has no valid trace id/],
    [
      'two spans of one id',
      [span('a'), span('b', { spanId: ids.a, goroutine: '42/8', traceId: T2 })],
      /has the id of/,
    ],
    ['an end before the start', [span('a', { endNs: 9n })], /ends before it starts/],
    ['an unsampled span', [span('a', { sampled: false })], /was not sampled/],
    ['a remote parent without an id', [span('a', { parentIsRemote: true })], /remote but has none/],
    ['a parent of zeros', [span('a', { parentSpanId: '0'.repeat(16) })], /parent without an id/],
    ['a parent that no span is', [span('a', { parentSpanId: ids.b })], /which no span is/],
    ['a parent in another trace', tree({}, { traceId: T2 }), /^c .* not in the trace of its parent b/],
    ['a start before the parent', tree({}, { startNs: 19n }), /^c .* starts before its parent b/],
    [
      'a start after the parent ended',
      tree({}, { startNs: 41n }),
      /^c .* starts after the end of its parent b/,
    ],
    [
      'a server span under a server span',
      tree({}, { kind: 'server', parentSpanId: ids.a }),
      /which is no client span/,
    ],
    [
      'a parent and a link at once',
      tree({}, { links: [{ traceId: T2, spanId: ids.a }] }),
      /^c .* has both a parent and a link/,
    ],
    [
      'spans that are each other’s parents',
      [
        span('a', { kind: 'client', parentSpanId: ids.b }),
        span('b', { kind: 'client', parentSpanId: ids.a, goroutine: '42/8' }),
      ],
      /is its own ancestor/,
    ],
    [
      'a link to a span that no span is',
      [span('a', { links: [{ traceId: T2, spanId: ids.c }] })],
      /link to .* no span is/,
    ],
    [
      'a link of zeros',
      [span('a', { links: [{ traceId: T2, spanId: '0'.repeat(16) }] })],
      /link without an id/,
    ],
    [
      'a link into the own trace',
      [span('a', { links: [{ traceId: T1, spanId: ids.c }] })],
      /link into its own trace/,
    ],
    [
      'a link to a span under another trace id',
      [
        span('a'),
        span('b', {
          traceId: T2,
          startNs: 60n,
          endNs: 70n,
          links: [{ traceId: '1'.repeat(32), spanId: ids.a }],
        }),
      ],
      /in another trace than its own/,
    ],
    [
      'a link to a span that was still open',
      [
        span('a'),
        span('b', { traceId: T2, startNs: 49n, goroutine: '42/8', links: [{ traceId: T1, spanId: ids.a }] }),
      ],
      /had not ended when it started/,
    ],
    ['spans of one goroutine that overlap', tree({ endNs: 51n }), /^b .* overlaps a on the same goroutine/],
    [
      'a span inside another of its goroutine that is not its child',
      [span('a'), span('b', { kind: 'client', traceId: T2, startNs: 20n, endNs: 40n })],
      /lies inside a on the same goroutine but is not its child/,
    ],
    [
      'a server span inside another span of its goroutine',
      [span('a'), span('b', { traceId: T2, startNs: 20n, endNs: 40n })],
      /is a server span inside a/,
    ],
    ['two roots in one trace', [span('a'), span('b', { goroutine: '42/8' })], /is a second root beside a/],
    ['two sampled flags in one trace', tree({}, { sampled: false }), /another sampled flag than a/],
  ];
  it.each(faults)('finds %s', (_name, spans, violation) => {
    expect(validate(spans).join('\n')).toMatch(new RegExp(violation.source, 'm'));
  });

  it('accepts missing spans in a set that is not whole', () => {
    const [, b, c] = tree() as [ValidSpan, ValidSpan, ValidSpan];
    expect(validate([b, c])).not.toEqual([]);
    expect(validate([b, c], { incomplete: true })).toEqual([]);
  });

  it('accepts an order that two threads saw differently, within the given time', () => {
    const late = tree({}, { startNs: 44n });
    expect(validate(late, { raceNs: 3n })).not.toEqual([]);
    expect(validate(late, { raceNs: 4n })).toEqual([]);
  });
});
