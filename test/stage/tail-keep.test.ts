import { describe, expect, it } from 'vitest';
import { rejectBelowOf } from '../../src/export/sampler.ts';
import { SlowRequests } from '../../src/stage/slow-requests.ts';
import { evKind, spanEnding, spanFlag, wireSize } from '../../src/wire/wire.gen.ts';
import type { RawValues } from '../correlate/raw-record.ts';
import { Random } from '../support/random.ts';
import { idOf, Keeping, rawChild, rawRoot, rawWork, traceIdOf } from './keep-traces.ts';

/** Never drawn, at any ratio below 1; and drawn at any. */
const LAST = traceIdOf(1, 0);
const FIRST = traceIdOf(2, 1);

/** A record of a kind that belongs to no trace. */
function other(kind: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt16LE(kind, 0);
  bytes.writeUInt32LE(size, 4);
  return bytes;
}

describe('a local trace', () => {
  it('is kept as a whole, in its order, when its root was slow', () => {
    const keeping = new Keeping({ slow: true }).take(
      rawWork(3, LAST),
      rawChild({ id: 4, parent: 3, trace: LAST, isWait: true }),
      rawChild({ id: 3, parent: 2, trace: LAST }),
      rawChild({ id: 5, parent: 1, trace: LAST }),
      rawChild({ id: 2, parent: 1, trace: LAST }),
    );
    expect(keeping.ids).toEqual([]);
    keeping.take(rawRoot({ id: 1, trace: LAST, ms: 100 }));
    expect(keeping.ids).toEqual([3, 4, 3, 5, 2, 1]);
    expect(keeping.handed.map(({ kept }) => kept?.reason)).toEqual(Array(6).fill('slow'));
    expect(keeping.handed.map(({ kept }) => kept?.isSlow)).toEqual([...Array(5).fill(false), true]);
    expect(keeping.dropped).toBe(0);
  });

  it('holds together also where the parents are of an SDK in the program', () => {
    const elsewhere = idOf(0x7777);
    const bySdk = (id: number, around: number): RawValues => ({
      ...{ span_id: idOf(id), parent_span_id: elsewhere, link_span_id: idOf(around) },
      flags: spanFlag.SPAN_FLAG_PARENT | spanFlag.SPAN_FLAG_SDK_PARENT,
    });
    const call = { trace: LAST, isClient: true };
    const keeping = new Keeping({ slow: true }).take(
      rawRoot({ ...call, id: 3, more: bySdk(3, 2) }),
      rawRoot({ ...call, id: 2, more: bySdk(2, 1) }),
    );
    expect(keeping.ids).toEqual([]);
    // Within no span of ours: decided on at once.
    keeping.take(rawRoot({ ...call, id: 9, more: bySdk(9, 0) }));
    expect([keeping.ids, keeping.dropped]).toEqual([[], 1]);
    keeping.take(rawRoot({ id: 1, trace: LAST, ms: 100, more: bySdk(1, 0) }));
    expect(keeping.ids).toEqual([3, 2, 1]);
  });

  it('is dropped as a whole when it was neither slow nor failed nor drawn, and its spans are counted', () => {
    const keeping = new Keeping({ slow: true, error: true, ratio: 0.5 }).take(
      rawWork(3, LAST),
      rawChild({ id: 4, parent: 3, trace: LAST, isWait: true }),
      rawChild({ id: 3, parent: 1, trace: LAST }),
      rawRoot({ id: 1, trace: LAST, ms: 99 }),
    );
    expect(keeping.handed).toEqual([]);
    expect(keeping.dropped).toBe(2);
    keeping.finish();
    expect(keeping.givenUp).toEqual({ spans: 0, waits: 0, turns: 0 });
  });

  it.each([
    ['a request that answers 500', { status: 500 }, true],
    ['a request that answers 404', { status: 404 }, false],
    ['a call that is answered 404', { status: 404, isClient: true }, true],
    ['a handler that panicked', { more: { ending: spanEnding.ENDING_PANICKED } }, true],
    ['a client that went away', { more: { ending: spanEnding.ENDING_DISCONNECTED } }, true],
    ['a process that has ended', { more: { ending: spanEnding.ENDING_PROCESS_EXITED } }, true],
    ['a connection that was hijacked', { more: { ending: spanEnding.ENDING_HIJACKED } }, false],
    ['a call that returned an error', { isClient: true, more: { error_type_addr: 0x6c0ffe } }, true],
  ])('of %s is kept for its error: %3$s', (_, root, isKept) => {
    const keeping = new Keeping({ error: true, slow: true }).take(
      rawRoot({ id: 1, trace: LAST, ms: 200, ...root }),
    );
    expect(keeping.handed.map(({ kept }) => kept?.reason)).toEqual([isKept ? 'error' : 'slow']);
    expect(new Keeping({ error: true }).take(rawRoot({ id: 1, trace: LAST, ...root })).ids.length).toBe(
      Number(isKept),
    );
  });

  it('is not kept for an error of a child', () => {
    const child = rawChild({ id: 2, parent: 1, trace: LAST });
    const failed = Buffer.from(child);
    failed.set(Buffer.from([0xfe, 0x0f, 0x6c]), 112);
    expect(new Keeping({ error: true }).take(failed, rawRoot({ id: 1, trace: LAST })).ids).toEqual([]);
  });

  it('is kept if it is drawn by its trace id', () => {
    const keeping = new Keeping({ ratio: 0.01 }).take(
      rawChild({ id: 2, parent: 1, trace: FIRST }),
      rawRoot({ id: 1, trace: FIRST }),
      rawRoot({ id: 3, trace: LAST }),
    );
    expect(keeping.ids).toEqual([2, 1]);
    expect(keeping.handed[0]?.kept).toEqual({ reason: 'ratio', threshold: 'fd70a3d70a3d71', isSlow: false });
  });

  it('stands for itself alone if it is slow, also where it is drawn', () => {
    const keeping = new Keeping({ slow: true, ratio: 0.01 }).take(rawRoot({ id: 1, trace: FIRST, ms: 200 }));
    expect(keeping.handed[0]?.kept).toEqual({ reason: 'slow', threshold: '0', isSlow: true });
  });

  it('stands for as many as the sampler has left out', () => {
    const sampler = { parentBased: true, rejectBelow: rejectBelowOf(0.5) };
    const keeping = new Keeping({ slow: true, ratio: 0.25 }, sampler).take(
      rawRoot({ id: 1, trace: FIRST, ms: 200 }),
      rawRoot({ id: 2, trace: FIRST }),
      rawRoot({ id: 3, trace: traceIdOf(9, 0.87) }),
    );
    expect(keeping.handed.map(({ kept }) => kept?.threshold)).toEqual(['8', 'e']);
  });

  it('goes on with the sampling of a remote parent, and with its random number', () => {
    const keeping = new Keeping({ slow: true, ratio: 0.5 }).take(
      rawRoot({ id: 1, trace: FIRST, isRemote: true, traceState: 'ot=th:8,v=1' }),
      rawRoot({ id: 2, trace: LAST, isRemote: true, traceState: 'ot=th:8;rv:c0000000000000' }),
      rawRoot({ id: 3, trace: FIRST, isRemote: true, traceState: 'ot=rv:00000000000000' }),
      rawRoot({ id: 4, trace: FIRST, isRemote: true, ms: 200 }),
    );
    expect(keeping.handed.map(({ id, kept }) => [id, kept?.reason, kept?.threshold])).toEqual([
      [1, 'ratio', 'c'],
      [2, 'ratio', 'c'],
      [4, 'slow', undefined],
    ]);
  });
});

describe('what comes after its root', () => {
  it('goes the same way, with what has waited for it', () => {
    const keeping = new Keeping({ slow: true }).take(
      rawChild({ id: 4, parent: 3, trace: LAST }),
      rawRoot({ id: 1, trace: LAST, ms: 200 }),
      rawChild({ id: 14, parent: 13, trace: FIRST }),
      rawRoot({ id: 11, trace: FIRST }),
    );
    expect(keeping.ids).toEqual([1]);
    keeping
      .take(rawChild({ id: 3, parent: 2, trace: LAST }), rawChild({ id: 13, parent: 12, trace: FIRST }))
      .take(rawChild({ id: 2, parent: 1, trace: LAST }), rawChild({ id: 12, parent: 11, trace: FIRST }))
      .take(rawChild({ id: 5, parent: 4, trace: LAST }), rawWork(4, LAST));
    expect(keeping.ids).toEqual([1, 4, 3, 2, 5, 4]);
    expect(keeping.dropped).toBe(4);
    keeping.finish();
    expect(keeping.givenUp.spans).toBe(0);
  });

  it('finds the way also where its parent has ended, but not yet the root', () => {
    const keeping = new Keeping({ slow: true }).take(
      rawChild({ id: 2, parent: 1, trace: LAST }),
      rawChild({ id: 3, parent: 2, trace: LAST }),
      rawChild({ id: 4, parent: 3, trace: LAST }),
      rawRoot({ id: 1, trace: LAST, ms: 200 }),
    );
    expect(keeping.ids).toEqual([2, 3, 4, 1]);
  });
});

describe('several local roots of one trace', () => {
  it('decide each on its own part', () => {
    const keeping = new Keeping({ slow: true }).take(
      rawChild({ id: 12, parent: 11, trace: LAST }),
      rawChild({ id: 2, parent: 1, trace: LAST }),
      rawRoot({ id: 11, trace: LAST, isRemote: true }),
      rawChild({ id: 3, parent: 1, trace: LAST }),
      rawRoot({ id: 1, trace: LAST, ms: 200 }),
    );
    expect(keeping.ids).toEqual([2, 3, 1]);
    expect(keeping.dropped).toBe(2);
  });

  it('are one where the process answers itself without a traceparent, and the request within is judged, too', () => {
    const request = rawRoot({ id: 3, trace: LAST, ms: 150 });
    request.set(rawChild({ id: 3, parent: 2, trace: LAST }).subarray(2, 4), 2);
    request.set(idOf(2), 88);
    const keeping = new Keeping({ slow: true }).take(
      request,
      rawChild({ id: 2, parent: 1, trace: LAST }),
      rawRoot({ id: 1, trace: LAST, ms: 160 }),
    );
    expect(keeping.handed.map(({ id, kept }) => [id, kept?.isSlow])).toEqual([
      [3, true],
      [2, false],
      [1, true],
    ]);
  });
});

describe('a slow request', () => {
  it('is one that takes as long as was asked for', () => {
    const slow = () => new SlowRequests(10);
    const took = (ms: number) => rawRoot({ id: 1, trace: LAST, ms });
    expect(new Keeping({ slow: true }, undefined, slow()).take(took(9)).ids).toEqual([]);
    expect(new Keeping({ slow: true }, undefined, slow()).take(took(10)).ids).toEqual([1]);
  });

  it('is one far slower than usual for its route, dropped ones among what is usual', () => {
    const keeping = new Keeping({ slow: true });
    for (let id = 1; id <= 60; id++) {
      keeping.take(
        rawRoot({ id, trace: LAST, ms: 2, pattern: 'GET /quick' }),
        rawRoot({ id: id + 100, trace: LAST, ms: 40, pattern: 'GET /report' }),
      );
    }
    expect(keeping.ids).toEqual([]);
    keeping.take(
      rawRoot({ id: 201, trace: LAST, ms: 40, pattern: 'GET /report' }),
      rawRoot({ id: 202, trace: LAST, ms: 40, pattern: 'GET /quick' }),
    );
    expect(keeping.ids).toEqual([202]);
  });
});

describe('what is no part of a trace', () => {
  it('passes, and so does what cannot be read', () => {
    const exit = other(evKind.EV_PROCESS_EXIT, wireSize.EV_PROCESS_EXIT);
    const stop = other(evKind.EV_GC_STOP, wireSize.EV_GC_STOP);
    const cut = rawRoot({ id: 1, trace: FIRST }).slice(0, 160);
    new DataView(cut.buffer).setUint32(4, 160, true);
    const keeping = new Keeping({ slow: true }).take(exit, stop, cut, other(99, 16));
    expect(keeping.others).toEqual(['exit', 'stop', 'record_damaged', 'record_unknown']);
    expect(keeping.handed).toEqual([]);
  });
});

describe('what waits in vain', () => {
  const children = (from: number, count: number, trace: Uint8Array, atMs?: number) =>
    Array.from({ length: count }, (_, index) =>
      rawChild({ id: from + index, parent: from - 1, trace }, atMs),
    );

  it('is given up at the end and counted, unless it is drawn', () => {
    const keeping = new Keeping({ slow: true, ratio: 0.5 }).take(
      rawWork(1, LAST),
      rawChild({ id: 2, parent: 1, trace: LAST, isWait: true }),
      rawChild({ id: 3, parent: 1, trace: LAST }),
      rawChild({ id: 12, parent: 11, trace: FIRST }),
    );
    keeping.finish();
    expect(keeping.givenUp).toEqual({ spans: 1, waits: 1, turns: 1 });
    expect(keeping.handed).toEqual([{ id: 12, kept: { reason: 'ratio', threshold: '8', isSlow: false } }]);
    expect(keeping.dropped).toBe(0);
  });

  it('is given up of the one target that is forgotten', () => {
    const keeping = new Keeping({ slow: true }).take(...children(2, 3, LAST));
    expect(keeping.finish(2).givenUp.spans).toBe(0);
    expect(keeping.finish(1).givenUp.spans).toBe(3);
  });

  it('is given up after ten minutes', () => {
    const keeping = new Keeping({ slow: true }).take(...children(2, 3, LAST));
    keeping.take(rawRoot({ id: 100, trace: FIRST }, 600_000));
    expect(keeping.givenUp.spans).toBe(0);
    keeping.take(rawRoot({ id: 101, trace: FIRST }, 602_000));
    expect(keeping.givenUp.spans).toBe(3);
    // Its root comes after all: it is kept for what it is.
    keeping.take(rawRoot({ id: 1, trace: LAST, ms: 1e5 }));
    expect(keeping.ids).toEqual([1]);
  });

  it('is given up where one trace takes too much, and nothing of others', () => {
    const keeping = new Keeping({ slow: true }).take(rawChild({ id: 2, parent: 1, trace: FIRST }));
    const tooMany = 50_000;
    for (let from = 0; from < tooMany; from += 500) {
      keeping.take(
        ...Array.from({ length: 500 }, (_, index) =>
          rawChild({ id: 1_000 + from + index, parent: 10, trace: LAST }),
        ),
      );
    }
    expect(keeping.givenUp.spans).toBeGreaterThan(30_000);
    keeping.take(rawRoot({ id: 10, trace: LAST, ms: 200 }), rawRoot({ id: 1, trace: FIRST, ms: 200 }));
    expect(keeping.ids.slice(-2)).toEqual([2, 1]);
    expect(keeping.givenUp.spans + keeping.ids.length).toBe(tooMany + 3);
  });

  it('is given up where all take too much, those first that have waited longest', () => {
    const keeping = new Keeping({ slow: true });
    const traces = 40_000;
    for (let trace = 0; trace < traces; trace += 400) {
      keeping.take(
        ...Array.from({ length: 400 }, (_, index) =>
          rawChild({ id: 2 * (trace + index) + 2, parent: 2 * (trace + index) + 1, trace: LAST }),
        ),
      );
    }
    expect(keeping.givenUp.spans).toBeGreaterThan(0);
    expect(keeping.givenUp.spans).toBeLessThan(traces / 2);
    keeping.take(
      rawRoot({ id: 1, trace: LAST, ms: 200 }),
      rawRoot({ id: 2 * traces - 1, trace: LAST, ms: 200 }),
    );
    expect(keeping.ids).toEqual([1, 2 * traces, 2 * traces - 1]);
  });
});

interface Planned {
  readonly id: number;
  readonly parent: number | undefined;
  readonly bytes: Uint8Array;
  readonly isCall: boolean;
}

/** A local trace of any form, its records in the order in which their spans have ended; now and then its root is missing. */
function planTrace(random: Random, number: number) {
  const from = number * 1_000;
  const trace = traceIdOf(number, random.below(1_000) / 1_000);
  const root = {
    id: from,
    trace,
    ms: random.pick([1, 1, 1, 200]),
    status: random.pick([200, 200, 200, 500]),
  };
  const records: Planned[] = [];
  for (let id = from + 1; id <= from + random.below(12); id++) {
    const calls = [from, ...records.filter(({ isCall }) => isCall).map((record) => record.id)];
    const parent = random.pick(calls);
    const kind = random.below(5);
    if (kind === 0) records.push({ id: parent, parent, bytes: rawWork(parent, trace), isCall: false });
    else {
      const isWait = kind === 1;
      records.push({ id, parent, bytes: rawChild({ id, parent, trace, isWait }), isCall: !isWait });
    }
  }
  const hasRoot = random.below(10) > 0;
  const all = [
    ...records,
    ...(hasRoot ? [{ id: from, parent: undefined, bytes: rawRoot(root), isCall: true }] : []),
  ];
  // Children end before their parents, but for some.
  const ordered = all.reverse().sort(() => random.below(8) - 7);
  const isDrawn = random56Of(trace) >= 0.75;
  return { ordered, hasRoot, isKept: hasRoot ? root.ms > 100 || root.status >= 500 || isDrawn : isDrawn };
}

const random56Of = (trace: Uint8Array): number => Buffer.from(trace).readUIntBE(9, 6) / 2 ** 48;

describe('any interleaving of the records of many traces', () => {
  it.each(Array.from({ length: 60 }, (_, index) => index + 1))(
    'keeps whole traces, and counts the others (%i)',
    (seed) => {
      const random = new Random(seed);
      const traces = Array.from({ length: 30 }, (_, number) => planTrace(random, number + 1));
      const queues = traces.map(({ ordered }) => [...ordered]);
      const arrived: Planned[] = [];
      while (queues.some((queue) => queue.length > 0)) {
        const queue = random.pick(queues.filter((each) => each.length > 0));
        arrived.push(queue.shift() as Planned);
      }
      const keeping = new Keeping({ slow: true, error: true, ratio: 0.25 });
      for (let at = 0; at < arrived.length; ) {
        const count = 1 + random.below(20);
        keeping.take(...arrived.slice(at, at + count).map(({ bytes }) => bytes));
        at += count;
      }
      keeping.finish();

      const wanted = traces
        .filter(({ isKept }) => isKept)
        .flatMap(({ ordered }) => ordered.map(({ id }) => id));
      expect([...keeping.ids].sort()).toEqual([...wanted].sort());
      const calls = arrived.filter(({ isCall }) => isCall).length;
      const kept = traces
        .filter(({ isKept }) => isKept)
        .flatMap(({ ordered }) => ordered)
        .filter(({ isCall }) => isCall);
      expect(kept.length + keeping.dropped + keeping.givenUp.spans).toBe(calls);
      const lost = traces
        .filter(({ isKept, hasRoot }) => !isKept && !hasRoot)
        .flatMap(({ ordered }) => ordered);
      expect(keeping.givenUp.spans).toBe(lost.filter(({ isCall }) => isCall).length);
      // What has to be known before a span is told is told before it.
      const placeOf = (id: number) => keeping.handed.findIndex((one) => one.id === id && !one.isTurns);
      for (const { ordered, isKept } of traces) {
        if (!isKept) continue;
        for (const [index, { id, parent, isCall }] of ordered.entries()) {
          const parentAt = ordered.findIndex((other) => other.id === parent && other.isCall);
          if (!isCall || parentAt === -1) continue;
          expect(placeOf(id) < placeOf(parent as number)).toBe(index < parentAt);
        }
      }
    },
  );
});
