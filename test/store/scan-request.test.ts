import { describe, expect, it } from 'vitest';
import { type Fault, type ScannedSpan, scanRequest } from '../../src/store/scan-request.ts';
import { codeOfCause, codeOfTop, USES } from '../../src/store/uses.ts';
import { fuzz, fuzzTimeoutMilliseconds } from '../support/fuzz.ts';
import { Random } from '../support/random.ts';
import { type PlainSpan, requestOf, shuffled } from '../support/request-of.ts';
import { randomSpans } from './plain-model.ts';

interface Seen {
  readonly spans: Record<string, unknown>[];
  readonly refused: Fault[];
  readonly fault: Fault | undefined;
}

function scan(bytes: Uint8Array): Seen {
  const spans: Record<string, unknown>[] = [];
  const refused: Fault[] = [];
  const text = (from: number, to: number, encoding: BufferEncoding = 'utf8') =>
    Buffer.from(bytes.subarray(from, to)).toString(encoding);
  const fault = scanRequest(bytes, {
    span: (span: ScannedSpan) => {
      spans.push({
        traceId: text(span.traceIdAt, span.traceIdAt + 16, 'hex'),
        spanId: text(span.spanIdAt, span.spanIdAt + 8, 'hex'),
        service: text(span.serviceFrom, span.serviceTo),
        name: text(span.nameFrom, span.nameTo),
        kind: span.kind,
        startUs: span.startUs,
        durationNs: span.durationNs,
        isError: span.isError,
        top: span.top,
        cause: span.cause,
        shares: span.hasBreakdown ? [...span.shares] : undefined,
      });
    },
    refused: (of) => refused.push(of),
  });
  return { spans, refused, fault };
}

function wanted(span: PlainSpan): Record<string, unknown> {
  const { attributes, ...rest } = span;
  const top = attributes['goidspan.wait.top'];
  const cause = attributes['goidspan.verdict.cause'];
  const breakdown = attributes['goidspan.breakdown'];
  const spent =
    breakdown === undefined ? undefined : (JSON.parse(String(breakdown)) as Record<string, number>);
  return {
    ...rest,
    top: top === undefined ? 0 : codeOfTop(String(top)),
    cause: cause === undefined ? 0 : codeOfCause(String(cause)),
    shares: spent && USES.map((use) => Math.round(((spent[use] ?? 0) / span.durationNs) * 255)),
  };
}

const one: PlainSpan = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: '00f067aa0ba902b7',
  service: 'shop',
  name: 'GET /',
  kind: 2,
  startUs: 1_796_000_000_000_001,
  durationNs: 1_000,
  isError: false,
  attributes: {},
};
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const replaced = (bytes: Uint8Array, what: string, by: string) =>
  Buffer.from(hexOf(bytes).replace(what, by), 'hex');

describe('the scan of a request', () => {
  it('reads what the encoder has written, in any order of fields', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Random(seed);
      const spans = randomSpans(random, 40);
      const bytes = requestOf(spans);
      const byService = [...new Set(spans.map(({ service }) => service))].flatMap((service) =>
        spans.filter((span) => span.service === service),
      );
      expect(scan(bytes)).toEqual({ spans: byService.map(wanted), refused: [], fault: undefined });
      const other = scan(shuffled(bytes, random));
      const byId = (a: Record<string, unknown>, b: Record<string, unknown>) =>
        String(a['spanId']).localeCompare(String(b['spanId']));
      expect(other.fault).toBeUndefined();
      expect(other.spans.sort(byId)).toEqual(byService.map(wanted).sort(byId));
    }
  });

  it('tells each name of what time is spent on from the others', () => {
    const shares = USES.map(
      (use) =>
        scan(requestOf([{ ...one, attributes: { 'goidspan.breakdown': `{"${use}":1000}` } }])).spans[0]?.[
          'shares'
        ],
    );
    expect(shares).toEqual(USES.map((_, index) => USES.map((__, other) => (other === index ? 255 : 0))));
  });

  it.for([
    '',
    '{',
    '{"cpu"}',
    '{"cpu":}',
    '{"cpu":1001}',
    '{"cpu":1 }',
    '{"cpu":-1}',
    '{"cpu":1,,}',
    '[1]',
    '{"cpu:1}',
  ])('takes %j for no breakdown', (text) => {
    expect(
      scan(requestOf([{ ...one, attributes: { 'goidspan.breakdown': text } }])).spans[0]?.['shares'],
    ).toBeUndefined();
  });

  it('refuses a span with a broken id or broken times, and keeps the others', () => {
    const bytes = (span: Partial<PlainSpan>) =>
      requestOf([
        { ...one, ...span },
        { ...one, spanId: 'ffffffffffffffff' },
      ]);
    const good = requestOf([one]);
    expect(scan(bytes({ traceId: '0'.repeat(32) })).refused).toEqual(['trace_id']);
    expect(scan(bytes({ spanId: '0'.repeat(16) })).refused).toEqual(['span_id']);
    expect(scan(bytes({ durationNs: -1 })).refused).toEqual(['times']);
    expect(scan(bytes({ durationNs: -1 })).spans).toHaveLength(1);
    // An id that is a byte shorter; the byte that is left becomes an unknown field's.
    expect(
      scan(replaced(good, '0a10', '0a0f')).refused.length +
        Number(scan(replaced(good, '0a10', '0a0f')).fault !== undefined),
    ).toBe(1);
    expect(scan(replaced(good, '1208', '1207')).spans).toEqual([]);
  });

  it('refuses a request that ends too early, wherever, and never takes a span of it for another', () => {
    const random = new Random(7);
    const bytes = requestOf(randomSpans(random, 5));
    const whole = scan(bytes).spans.map((span) => JSON.stringify(span));
    for (let length = 1; length < bytes.length; length++) {
      const { spans, fault } = scan(bytes.subarray(0, length));
      if (fault === undefined) expect(spans.length).toBeLessThan(whole.length);
      for (const span of spans) expect(whole).toContain(JSON.stringify(span));
    }
    expect(scan(bytes.subarray(0, bytes.length - 1)).fault).toBe('truncated');
  });

  it('refuses more than 16 MiB without reading it', () => {
    expect(scan(new Uint8Array((16 << 20) + 1))).toEqual({ spans: [], refused: [], fault: 'too_large' });
  });

  it('never throws for bytes that somebody has changed', { timeout: fuzzTimeoutMilliseconds }, () => {
    const random = new Random(11);
    const valid = requestOf(randomSpans(random, 8));
    const outcomes = fuzz(20_000, (own) => {
      const bytes = Uint8Array.from(valid);
      for (let change = 1 + own.below(8); change > 0; change--)
        bytes[own.below(bytes.length)] = own.below(256);
      const { spans, refused, fault } = scan(
        bytes.subarray(0, own.below(4) === 0 ? own.below(bytes.length) : bytes.length),
      );
      return fault ?? (refused.length > 0 ? 'some refused' : spans.length === 8 ? 'all read' : 'some read');
    });
    expect([...outcomes.keys()].sort()).toEqual(
      expect.arrayContaining(['all read', 'some refused', 'truncated']),
    );
  });
});
