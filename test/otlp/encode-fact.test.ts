import { describe, expect, it } from 'vitest';
import type { SpanEnding, SpanFact, SpanFactOf, SpanFamily } from '../../src/correlate/fact.ts';
import type { HttpExchange } from '../../src/correlate/http-exchange.ts';
import { type TimeSpent, timeUses } from '../../src/correlate/time-spent.ts';
import type { Wait } from '../../src/correlate/wait-body.ts';
import { NO_LIMITS, type SpanLimits } from '../../src/otlp/limits.ts';
import { TraceRequestBuilder } from '../../src/otlp/trace-request.ts';
import { toSpan } from '../../src/span/to-span.ts';
import { makeDbFact, makeFact, makeSource, makeWaitFact, makeWindowFact, timeOf } from '../span/fact.ts';
import { decodeRequest, spansOf } from '../support/otlp-proto.ts';
import { Random } from '../support/random.ts';

const source = makeSource();

function byFact(facts: readonly SpanFact[], limits: SpanLimits = NO_LIMITS): Uint8Array {
  const builder = new TraceRequestBuilder(limits);
  for (const fact of facts) builder.addFact(fact, source);
  return builder.take().bytes;
}

function bySpan(facts: readonly SpanFact[], limits: SpanLimits = NO_LIMITS): Uint8Array {
  const builder = new TraceRequestBuilder(limits);
  for (const fact of facts) builder.addSpan(toSpan(fact, source));
  return builder.take().bytes;
}

const texts = [
  '',
  'GET',
  'PROPFIND',
  '/a/b',
  '/ü ?#',
  'shop.example:8080',
  '[::1]:80',
  '@',
  'x'.repeat(200),
  '日本',
];
const endings: SpanEnding[] = [
  'returned',
  'panicked',
  'hijacked',
  'disconnected',
  'goroutine_exited',
  'process_exited',
];

const statements = [
  undefined,
  'select 1',
  "insert into items values (1, 'ü')",
  'select name from items where id = $1',
  'call p(4711)',
  'nonsense',
];

/** As a fact of HTTP, but for its body. */
function randomDbFact(random: Random): SpanFact {
  const { family: _, body: __, ...more } = randomHttpFact(random);
  return makeDbFact({ ...more, spanKind: 'client' } as Parameters<typeof makeDbFact>[0], {
    operation: random.pick([undefined, 'query', 'exec', 'prepare', 'ping', 'begin', 'commit', 'rollback']),
    system: random.pick(['postgresql', 'mysql', 'sqlite', 'other']),
    statement: random.pick(statements),
    namespace: random.pick([undefined, 'shop', '日本']),
    peer: random.pick([undefined, { address: '::1', port: 3306 }]),
    statusCode: random.pick([undefined, undefined, '23505', '1062']),
    isCanceled: random.below(4) === 0,
    poolWaitNs: random.pick([0, 1, 1_500_000_000]),
  });
}

/** A wait within a span, which may be linked to who has ended it. */
function randomWaitFact(random: Random): SpanFact {
  const { family: _, body: __, ...more } = randomHttpFact(random);
  return makeWaitFact({ ...more, spanKind: 'internal' } as Parameters<typeof makeWaitFact>[0], {
    use: random.pick(timeUses)[0],
    wakerGoid: random.pick([0, 7, 2 ** 40]),
    wakerIsHolder: random.below(2) === 0,
    readyNs: random.pick([0, 1, 5_000_000_000]),
    peer: random.pick([undefined, { address: '::1', port: 5432, fd: 9 }]),
  });
}

/** What happened to the whole program within a span. */
function randomWindowFact(random: Random): SpanFact {
  const { kind: _, ...more } = randomWaitFact(random);
  const { body } = makeWindowFact(
    random.pick([
      { window: 'gc.cycle' },
      { window: 'gc.stw', reason: 'read mem stats', stopperGoid: 2 ** 40 },
      { window: 'gc.stw', stopperGoid: 0 },
    ]),
  );
  return { kind: 'span', ...more, body } as SpanFact;
}

function randomTime(random: Random): TimeSpent | undefined {
  if (random.below(2) === 0) return undefined;
  const spent = (): number => random.pick([0, 0, 1, 1_500, 2 ** 40]);
  return timeOf(Object.fromEntries(timeUses.map(([name]) => [name, spent()])), {
    allocNs: random.pick([0, 0, 700, 2 ** 40]),
    startCpu: random.below(300),
    endCpu: random.below(2),
    endNode: random.below(2),
    migrations: random.pick([0, 4]),
    uringCompletions: random.pick([0, 2]),
  });
}

const randomFact = (random: Random): SpanFact =>
  random.pick([randomDbFact, randomHttpFact, randomHttpFact, randomWaitFact, randomWindowFact])(random);

function randomHttpFact(random: Random): SpanFact {
  const text = (): string | undefined => (random.below(3) ? random.pick(texts) : undefined);
  const http: HttpExchange = {
    method: random.pick(['GET', 'POST', '', 'BREW']),
    scheme: random.pick(['http', 'https', undefined]),
    host: text(),
    path: random.pick(texts),
    query: random.pick([undefined, 'a=b', 'sig=secret&x=1']),
    pattern: random.pick([undefined, 'GET /items/{id}', 'example.com/', 'nothing']),
    statusCode: random.pick([undefined, 200, 404, 503]),
    protocolMajor: random.below(4),
    protocolMinor: random.below(2),
    responseBodyBytes: random.pick([undefined, 0, 5_000_000_000]),
    peer: text(),
    resendCount: random.pick([undefined, 1]),
  };
  const seconds = random.u32();
  return makeFact(
    {
      spanKind: random.pick(['server', 'client']),
      traceId: [random.u32(), random.u32(), random.u32(), random.u32()],
      spanId: [random.u32(), random.u32()],
      parentSpanId: random.pick([undefined, [random.u32(), random.u32()]]),
      parentIsRemote: random.below(2) === 0,
      traceFlags: random.pick([1, 3]),
      traceState: random.pick([undefined, 'a=1,b=2', 'not a state', 'a=1,,b=2']),
      link: random.pick([undefined, { traceId: [1, 2, 3, random.u32()], spanId: [0, 1] }]),
      start: [seconds, random.below(1e9)],
      end: [seconds + random.below(3), random.below(1e9)],
      goid: random.pick([1, 2 ** 40]),
      parentGoid: random.pick([0, 17]),
      threadId: random.pick([0, 4243]),
      ending: random.pick(endings),
      errorTypeAddr: random.pick([0, 0, 0x6c0ffe, 1]),
      cut: random.pick([[], ['path', 'query']]),
      time: randomTime(random),
      criticalNs: randomTime(random)?.ns,
      kept: random.pick([undefined, 'error', 'slow', 'ratio'] as const),
      verdict: random.pick([
        undefined,
        { cause: 'mutex', share: 0.703, confidence: 1, sentence: 'mutex: 41 of 58 ms' },
      ]),
      waitsDropped: random.pick([undefined, 3]),
    },
    http,
  );
}

/** Another fact with the body of `first`, but for what varies in spans that say the same. */
function recurringFact(random: Random, first: SpanFact): SpanFact {
  const { family, spanKind, cut } = first;
  const own = { ...randomHttpFact(random), family, spanKind, cut, recurring: first.body };
  return {
    ...own,
    parentIsRemote: own.parentSpanId !== undefined && own.parentIsRemote,
    body: { ...first.body, ...varyingOf[family](random) },
  } as SpanFact;
}

/** What is not the same in all bodies of a family that recur. */
const varyingOf: Readonly<Record<SpanFamily, (random: Random) => object>> = {
  http: (random) => {
    const { path, query, peer, responseBodyBytes } = randomHttpFact(random).body as HttpExchange;
    return { path, query, peer, responseBodyBytes };
  },
  db: (random) => ({ poolWaitNs: random.below(3) }),
  grpc: (random) => ({ peer: random.pick([undefined, { address: '10.0.0.9', port: random.below(9) }]) }),
  wait: (random) => {
    const { wakerGoid, wakerIsHolder, readyNs, peer } = randomWaitFact(random).body as Wait;
    return { wakerGoid, wakerIsHolder, readyNs, peer };
  },
};

describe('a fact on the fast path', () => {
  it('says what its ReadableSpan says, byte for byte but for a parent that there is not', () => {
    const random = new Random(7);
    for (let round = 0; round < 2_000; round++) {
      const fact = randomFact(random);
      const isRemote = fact.parentSpanId !== undefined && fact.parentIsRemote;
      const waits = Array.from(
        { length: random.below(3) },
        () => random.pick([randomWaitFact, randomWindowFact])(random) as SpanFactOf<'wait'>,
      );
      const facts = [{ ...fact, parentIsRemote: isRemote, waitEvents: random.pick([undefined, waits]) }];
      expect(decodeRequest(byFact(facts))).toEqual(decodeRequest(bySpan(facts)));
    }
  });

  it('says the same when the body is shared, for the first span and for those that take what was kept', () => {
    const random = new Random(9);
    const kept = new TraceRequestBuilder(NO_LIMITS);
    for (let round = 0; round < 500; round++) {
      const { family, body, spanKind } = randomFact(random);
      const facts = Array.from({ length: 3 }, () => {
        const own = { ...randomFact(random), family, body, spanKind, isBodyShared: true } as SpanFact;
        return { ...own, parentIsRemote: own.parentSpanId !== undefined && own.parentIsRemote };
      });
      for (const fact of facts) kept.addFact(fact, source);
      expect(decodeRequest(kept.take().bytes)).toEqual(decodeRequest(bySpan(facts)));
    }
  });

  it('says the same of spans whose bodies recur but for what varies, first and when it is kept', () => {
    const random = new Random(9);
    const kept = new TraceRequestBuilder(NO_LIMITS);
    for (let round = 0; round < 500; round++) {
      const first = randomFact(random);
      const facts = Array.from({ length: 3 }, () => recurringFact(random, first));
      for (const fact of facts) kept.addFact(fact, source);
      expect(decodeRequest(kept.take().bytes)).toEqual(decodeRequest(bySpan(facts)));
    }
  });

  it('takes no bytes but those of a span that was not kept', () => {
    const random = new Random(11);
    for (let round = 0; round < 500; round++) {
      const first = randomFact(random);
      const facts = Array.from({ length: 3 }, () => recurringFact(random, first));
      expect(byFact(facts)).toEqual(byFact(facts.map((fact) => ({ ...fact, recurring: undefined }))));
    }
  });

  it('tells no route of a redirect of the mux to a path that ends in a slash, whatever was kept of the pattern', () => {
    const recurring = {};
    const routeOf = (path: string) => makeFact({ recurring }, { path, pattern: 'GET /users/{id}/files/' });
    const paths = ['/users/7/files/a', '/users/8/files/', '/users/{id}/files', '/users/7/files/b'];
    const spans = spansOf(byFact(paths.map(routeOf)));
    expect(spans.map(({ name }) => name)).toEqual([
      'GET /users/{id}/files/',
      'GET /users/{id}/files/',
      'GET',
      'GET /users/{id}/files/',
    ]);
    expect(spans).toEqual(spansOf(bySpan(paths.map(routeOf))));
  });

  it('keeps to limits when the body is shared and recurs', () => {
    const random = new Random(10);
    for (let attributeCount = 0; attributeCount < 20; attributeCount++) {
      const limits = { ...NO_LIMITS, attributeCount };
      const fact = { ...randomFact(random), parentIsRemote: false, isBodyShared: true, recurring: {} };
      expect(spansOf(byFact([fact, fact], limits))).toEqual(spansOf(bySpan([fact, fact], limits)));
    }
  });

  it('keeps to limits as its ReadableSpan does', () => {
    const limits = { ...NO_LIMITS, attributeCount: 4, attributeValueLength: 5, attributePerLinkCount: 0 };
    const random = new Random(8);
    for (let round = 0; round < 300; round++) {
      const facts = [randomFact(random)].map((fact) => ({ ...fact, parentIsRemote: false }));
      expect(spansOf(byFact(facts, limits))).toEqual(spansOf(bySpan(facts, limits)));
    }
  });

  it('counts the link that a limit drops', () => {
    const fact = makeFact({ link: { traceId: [1, 2, 3, 4], spanId: [5, 6] } });
    expect(spansOf(byFact([fact], { ...NO_LIMITS, linkCount: 0 }))[0]).toMatchObject({
      links: [],
      droppedLinksCount: 1,
    });
  });

  it('shares a group with every other of its target', () => {
    const { resourceSpans } = decodeRequest(byFact([makeFact(), makeFact({ spanId: [1, 2] })])) as {
      resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
    };
    expect(resourceSpans).toHaveLength(1);
    expect(resourceSpans[0]?.scopeSpans[0]?.spans).toHaveLength(2);
  });
});
