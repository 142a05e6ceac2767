import { describe, expect, it } from 'vitest';
import { judge, type LoadDone, type Verdict } from './judge.ts';
import { type Kind, matrixKinds, remoteIdsOf } from './kinds.ts';
import type { Span } from './spans.ts';

const ADDRESS = '127.0.0.1:4000';
const did: LoadDone = {
  requests: 3,
  failures: [],
  servers: { main: { plain: ADDRESS, tls: '127.0.0.1:4001' } },
};

let lastId = 0;
const newId = (digits: number): string => (++lastId).toString(16).padStart(digits, '0');

function span(kind: 'server' | 'client', query: string, more: Partial<Span> = {}): Span {
  const start = BigInt(++lastId) * 1_000n;
  const path = query.startsWith('n=') ? '/fanout' : '/leaf';
  const attributes = new Map<string, string | number>([
    ['http.request.method', 'GET'],
    ['http.response.status_code', 200],
    ['network.protocol.version', '1.1'],
    ['server.address', '127.0.0.1'],
    ['server.port', 4000],
    ['goidspan.goid', ++lastId],
    ...(kind === 'client'
      ? ([['url.full', `http://${ADDRESS}${path}?${query}`]] as const)
      : ([
          ['url.scheme', 'http'],
          ['url.path', path],
          ['url.query', query],
          ['http.route', path],
          ['client.address', '127.0.0.1'],
        ] as const)),
  ]);
  return {
    ...{
      traceId: newId(32),
      spanId: newId(16),
      parentSpanId: undefined,
      parentIsRemote: false,
      name: 'GET',
      kind,
    },
    ...{ startNs: start, endNs: start + 1_000_000n, attributes, links: [], sampled: true, pid: 1, query },
    ...more,
  };
}

const under = ({ traceId, spanId, startNs }: Span): Partial<Span> => ({
  traceId,
  parentSpanId: spanId,
  startNs: startNs + 1n,
  endNs: startNs + 2n,
});

/** The spans of one request of each kind of the matrix. */
function rightSpans(): Span[] {
  const { traceId, spanId } = remoteIdsOf('remote.1');
  const fanout = span('server', 'n=2&id=fanout2.2');
  const calls = [0, 1].map((n) => span('client', `of=fanout2.2&n=${n}`, under(fanout)));
  return [
    span('server', 'id=plain.0'),
    span('server', 'id=remote.1', { traceId, parentSpanId: spanId, parentIsRemote: true }),
    ...[fanout, ...calls, ...calls.map((call, n) => span('server', `of=fanout2.2&n=${n}`, under(call)))],
  ];
}

const judged = (spans: readonly Span[], kinds: readonly Kind[] = matrixKinds): Verdict =>
  judge(kinds, did, spans);

/** The spans, with one of them changed. */
const withChanged = (index: number, change: (span: Span) => Partial<Span>): Span[] =>
  rightSpans().map((right, at) => (at === index ? { ...right, ...change(right) } : right));

const withAttribute = (name: string, value: string | number) => (right: Span) => ({
  attributes: new Map(right.attributes).set(name, value),
});

describe('what judges the spans of a kernel', () => {
  it('finds nothing wrong with spans that are right', () => {
    expect(judged(rightSpans())).toEqual({
      ...{ requests: 3, spans: 7, spansRight: 7, parents: 7, parentsRight: 7, faults: [] },
    });
  });

  it.each([
    ['a path', 0, withAttribute('url.path', '/leag')],
    ['a query', 1, withAttribute('url.query', 'id=remote.2')],
    ['a status', 2, withAttribute('http.response.status_code', 201)],
    ['a port', 3, withAttribute('url.full', 'http://127.0.0.1:4002/leaf?of=fanout2.2&n=0')],
    ['an error where there was none', 0, withAttribute('error.type', '500')],
    ['an ending where there was none', 2, withAttribute('goidspan.span.ending', 'panicked')],
  ])('finds a word that is wrong: %s', (_, index, change) => {
    const { spansRight, faults } = judged(withChanged(index, change));
    expect(spansRight).toBe(6);
    expect(faults).toHaveLength(1);
  });

  it.each([
    ['none where there is one', 1, { parentSpanId: undefined, parentIsRemote: false }],
    ['one byte other', 1, { parentSpanId: `${remoteIdsOf('remote.1').spanId.slice(0, -1)}${'z'}` }],
    ['another trace', 1, { traceId: 'f'.repeat(32) }],
    ['one where there is none', 0, { parentSpanId: 'a'.repeat(16), parentIsRemote: true }],
    ['the request itself instead of the call', 5, { parentSpanId: 'b'.repeat(16) }],
  ])('finds a parent that is wrong: %s', (_, index, change) => {
    const { parentsRight, faults } = judged(withChanged(index, () => change));
    expect(parentsRight).toBeLessThan(7);
    expect(faults.length).toBeGreaterThan(0);
  });

  it('finds two roots in one trace', () => {
    const [first] = rightSpans() as [Span];
    const { traceId } = first;
    expect(judged([first, ...withChanged(2, () => ({ traceId })).slice(1)]).parentsRight).toBeLessThan(7);
  });

  it.each([0, 1, 2, 3, 5])('finds span %i missing', (index) => {
    const { spans, spansRight, faults } = judged(rightSpans().toSpliced(index, 1));
    expect([spans, spansRight]).toEqual([7, 6]);
    expect(faults.length).toBeGreaterThan(0);
  });

  it('finds a span that is there twice, and one that nobody asked for', () => {
    const spans = rightSpans();
    const twice = judged([...spans, { ...(spans[0] as Span), spanId: newId(16), traceId: newId(32) }]);
    expect(twice.faults[0]).toMatch(/^server plain\.0: another span/);
    const more = judged([...spans, span('server', 'id=plain.3')]);
    expect(more.faults[0]).toMatch(/nobody asked/);
  });

  it('passes on what the load itself did not get', () => {
    const failed = judge(matrixKinds, { ...did, failures: ['plain.0: status 500'] }, rightSpans());
    expect(failed.faults).toEqual(['the load failed: plain.0: status 500']);
  });
});
