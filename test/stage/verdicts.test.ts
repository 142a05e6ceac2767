import { describe, expect, it } from 'vitest';
import type { CriticalPath } from '../../src/correlate/critical-path.ts';
import type { SpanFact, SpanIdWords } from '../../src/correlate/fact.ts';
import type { Breakdown } from '../../src/correlate/time-spent.ts';
import { LongestWaits } from '../../src/stage/longest-waits.ts';
import { SlowRequests } from '../../src/stage/slow-requests.ts';
import { type JudgedRequest, Verdicts } from '../../src/stage/verdicts.ts';
import { judge } from '../../src/verdict/judge.ts';
import { makeDbFact, makeFact, makeWaitFact, timeOf } from '../span/fact.ts';

const SERVER: SpanIdWords = [1, 1];
const ms = (spent: Breakdown): Breakdown =>
  Object.fromEntries(Object.entries(spent).map(([use, each]) => [use, each * 1e6]));
const lastedOf = (spent: Breakdown): number => Object.values(ms(spent)).reduce((sum, ns) => sum + ns, 0);

/** A request that began at 0 on goroutine 7. */
function request(spent: Breakdown, more: Partial<SpanFact> = {}, http: object = {}): SpanFact {
  const at = { start: [5, 0], end: [5, lastedOf(spent)] } as const;
  return makeFact(
    {
      ...{ targetId: 1, goid: 7, spanId: SERVER, parentSpanId: undefined, spanKind: 'server', ...at },
      ...{ time: timeOf(ms(spent)), ...(more as object) },
    },
    { method: 'GET', pattern: 'GET /cart/{id}', path: '/cart/7', ...http },
  );
}

/** A call of it, from some milliseconds after its begin. */
function call(spanId: SpanIdWords, fromMs: number, spent: Breakdown, more: Partial<SpanFact> = {}): SpanFact {
  const at = { start: [5, fromMs * 1e6], end: [5, fromMs * 1e6 + lastedOf(spent)] } as const;
  return makeFact(
    {
      ...{
        targetId: 1,
        goid: 7,
        spanId,
        parentSpanId: SERVER,
        parentIsRemote: false,
        spanKind: 'client',
        ...at,
      },
      ...{ time: timeOf(ms(spent)), ...(more as object) },
    },
    { method: 'GET', host: 'api:8080' },
  );
}

function sentenceOn(verdicts: Verdicts, fact: SpanFact, waits?: LongestWaits, path?: CriticalPath) {
  const evidence = verdicts.on(fact, waits, path);
  return evidence && judge(evidence)?.sentence;
}

describe('the verdict on a request', () => {
  it('names the call on its own goroutine for which it has waited', () => {
    const verdicts = new Verdicts({ slow: new SlowRequests(10) });
    expect(sentenceOn(verdicts, call([1, 2], 1, { cpu: 1, network: 30 }))).toBeUndefined();
    expect(sentenceOn(verdicts, request({ cpu: 5, network: 30 }))).toBe(
      'upstream: 30 of 35 ms waiting for GET api:8080',
    );
  });

  it('knows what is usual by requests whose time is not known', () => {
    const verdicts = new Verdicts();
    for (let n = 0; n < 50; n++) {
      expect(verdicts.on(request({ sleep: 8 }, { time: undefined }), undefined, undefined)).toBeUndefined();
    }
    expect(verdicts.on(request({ sleep: 8 }), undefined, undefined)).toBeUndefined();
    expect(verdicts.on(request({ sleep: 30 }), undefined, undefined)).toBeDefined();
  });

  it('takes it from who has seen all requests whether one was slow', () => {
    const verdicts = new Verdicts({ slow: new SlowRequests(10) });
    const fact = request({ cpu: 5, sleep: 30 });
    expect(verdicts.on(fact, undefined, undefined, false)).toBeUndefined();
    expect(verdicts.on(request({ sleep: 3 }), undefined, undefined, true)).toBeDefined();
  });

  it('names what is known of its program, and not what was known of another one, or was forgotten', () => {
    const verdicts = new Verdicts({ slow: new SlowRequests(10) });
    verdicts.know(1, { gomaxprocs: 2 });
    verdicts.know(2, { gomaxprocs: 9 });
    const slow = request({ cpu: 5, runnable: 30 });
    expect(sentenceOn(verdicts, slow)).toContain('of its process (GOMAXPROCS=2)');
    verdicts.know(1, undefined);
    expect(sentenceOn(verdicts, slow)).not.toContain('GOMAXPROCS');
  });

  it('counts a call of another goroutine as far as the path went through it', () => {
    const verdicts = new Verdicts({ slow: new SlowRequests(10) });
    const spent = timeOf(ms({ cpu: 10, network: 40 }));
    const path = { ns: spent.ns, others: new Map([[8, [{ from: 10e6, to: 50e6 }]]]) };
    verdicts.on(call([1, 2], 10, { network: 40 }, { goid: 8 }), undefined, undefined);
    // Not on the path at all.
    verdicts.on(call([1, 3], 10, { network: 40 }, { goid: 9 }), undefined, undefined);
    expect(sentenceOn(verdicts, request({ cpu: 10, waitgroup: 40 }), undefined, path)).toBe(
      'upstream: 40 of 50 ms waiting for GET api:8080; cpu: 10 ms on a processor',
    );
  });

  it('tells a call within another one by the outer one', () => {
    const verdicts = new Verdicts({ slow: new SlowRequests(10) });
    verdicts.on(call([1, 3], 2, { network: 20 }, { parentSpanId: [1, 2] }), undefined, undefined);
    verdicts.on(call([1, 2], 1, { cpu: 1, network: 20 }), undefined, undefined);
    expect(sentenceOn(verdicts, request({ cpu: 4, network: 20 }))).toBe(
      'upstream: 20 of 24 ms waiting for GET api:8080',
    );
  });

  it('knows the pool of a database', () => {
    const verdicts = new Verdicts({ slow: new SlowRequests(10) });
    const query = makeDbFact(
      {
        ...{ targetId: 1, goid: 7, spanId: [1, 2], parentSpanId: SERVER, parentIsRemote: false },
        ...{ start: [5, 0], end: [5, 36e6], time: timeOf(ms({ cpu: 1, select: 30, network: 5 })) },
      },
      { statement: 'SELECT * FROM items WHERE id = 7', poolWaitNs: 30e6 },
    );
    verdicts.on(query, undefined, undefined);
    expect(sentenceOn(verdicts, request({ cpu: 2, select: 30, network: 5 }))).toBe(
      'pool: 30 of 37 ms waiting for a database connection of the pool, to SELECT items',
    );
  });

  it('names the request for which who held a lock has worked, if that has ended', () => {
    const verdicts = new Verdicts({ slow: new SlowRequests(10) });
    const wait = makeWaitFact(
      { start: [5, 0], end: [5, 41e6], link: { traceId: [0, 0, 0, 9], spanId: [9, 9] } },
      { use: 'mutex', wakerGoid: 812, wakerIsHolder: true, readyNs: 1e6 },
    );
    const waits = new LongestWaits();
    waits.add(wait);
    const slow = request({ cpu: 10, mutex: 41 });
    expect(sentenceOn(verdicts, slow, waits)).toBe(
      'mutex: 41 of 51 ms waiting for a lock held by goroutine 812',
    );
    verdicts.on(
      request({ cpu: 1 }, { spanId: [9, 9], goid: 812 }, { pattern: 'GET /report' }),
      undefined,
      undefined,
    );
    expect(sentenceOn(verdicts, slow, waits)).toBe(
      'mutex: 41 of 51 ms waiting for a lock held by goroutine 812 (GET /report)',
    );
  });

  it('is told from 100 ms on, and of what is far from usual for its route', () => {
    const verdicts = new Verdicts();
    const isTold = (spent: Breakdown, pattern = 'GET /cart/{id}'): boolean =>
      verdicts.on(request(spent, {}, { pattern }), undefined, undefined) !== undefined;
    expect([isTold({ sleep: 99 }), isTold({ sleep: 100 })]).toEqual([false, true]);
    for (let n = 0; n < 200; n++) expect(isTold({ cpu: 2 })).toBe(false);
    expect([isTold({ sleep: 20 }), isTold({ sleep: 20 }, 'GET /other')]).toEqual([true, false]);
  });

  it('is none of a span whose time is not known, and of a call', () => {
    const verdicts = new Verdicts({ slow: new SlowRequests(1) });
    expect(verdicts.on(request({ cpu: 9 }, { time: undefined }), undefined, undefined)).toBeUndefined();
    expect(verdicts.on(call([1, 2], 0, { network: 90 }), undefined, undefined)).toBeUndefined();
  });

  it('tells whoever wants to know of each request, slow or not', () => {
    const told: JudgedRequest[] = [];
    const verdicts = new Verdicts({ onRequest: (one) => told.push(one) });
    verdicts.on(request({ cpu: 3, mutex: 1 }), undefined, undefined);
    expect(told).toMatchObject([{ targetId: 1, route: 'GET /cart/{id}', durationNs: 4e6 }]);
    expect([...(told[0]?.byCause ?? [])].filter(([, ns]) => ns > 0)).toEqual([
      ['mutex', 1e6],
      ['cpu', 3e6],
    ]);
  });
});
