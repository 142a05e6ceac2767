import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../src/correlate/critical-path.ts';
import { type GoroutineTurns, goroutineTurns } from '../../src/correlate/goroutine-turns.ts';
import { type Breakdown, breakdownOf, TIME_USES, type TimeUse } from '../../src/correlate/time-spent.ts';
import { timeUse } from '../../src/wire/wire.gen.ts';
import { timeOf } from '../span/fact.ts';
import { Random } from '../support/random.ts';

type Turn = readonly [use: TimeUse, ns: number];

/** What goroutine `goid` did from `at` on, and whom it then let go on. */
function turns(
  goid: number,
  at: number,
  done: readonly Turn[],
  woken?: readonly [goid: number, since: number, wait?: Turn | undefined],
): GoroutineTurns {
  const [wokenGoid, since = 0, wait] = woken ?? [];
  return {
    targetId: 1,
    goid,
    spanId: [1, 2],
    start: [5, at],
    ns: done.map(([, ns]) => ns),
    uses: done.map(([use]) => TIME_USES[use]),
    woken:
      wokenGoid === undefined
        ? undefined
        : {
            goid: wokenGoid,
            since: [5, since],
            wait: wait && { use: TIME_USES[wait[0]], ns: wait[1] },
          },
  };
}

/** The path of a span of goroutine 7 from 0 to 1,000. */
function pathOf(time: Breakdown, ...told: readonly GoroutineTurns[]): Breakdown | undefined {
  const span = { targetId: 1, goid: 7, start: [5, 0], end: [5, 1_000], time: timeOf(time) } as const;
  const path = criticalPath(span, told);
  return path && breakdownOf(path);
}

describe('the critical path', () => {
  it('has what the one did that ended a wait, from its beginning to its end', () => {
    const waker = turns(
      8,
      50,
      [
        ['runnable', 100],
        ['cpu', 500],
        ['network', 350],
      ],
      [7, 100, ['waitgroup', 800]],
    );
    // From 100 to 900: 50 of runnable, 500 of cpu, 250 of network.
    expect(pathOf({ cpu: 200, waitgroup: 800 }, waker)).toEqual({ cpu: 700, runnable: 50, network: 250 });
  });

  it('goes on through whom that one waited for', () => {
    expect(
      pathOf(
        { cpu: 100, waitgroup: 900 },
        turns(9, 0, [['sleep', 700]], [8, 200, ['mutex', 500]]),
        turns(
          8,
          0,
          [
            ['cpu', 200],
            ['mutex', 500],
            ['runnable', 300],
          ],
          [7, 50, ['waitgroup', 900]],
        ),
      ),
    ).toEqual({ cpu: 250, sleep: 500, runnable: 250 });
  });

  it('is that of who has begun it before it began', () => {
    expect(
      pathOf(
        { cpu: 100, waitgroup: 900 },
        turns(8, 0, [['syscall', 400]], [9, 390]),
        turns(9, 390, [['sleep', 610]], [7, 100, ['waitgroup', 900]]),
      ),
    ).toEqual({ cpu: 100, syscall: 290, sleep: 610 });
  });

  it('keeps of a wait what nobody has told', () => {
    const late = turns(8, 400, [['cpu', 600]], [7, 100, ['chan.receive', 900]]);
    expect(pathOf({ cpu: 100, 'chan.receive': 900 }, late)).toEqual({ cpu: 700, 'chan.receive': 300 });
  });

  it.each([
    ['told nothing', []],
    [
      'worked for a span of another process',
      [{ ...turns(8, 0, [['cpu', 900]], [7, 0, ['mutex', 900]]), targetId: 2 }],
    ],
    ['ended a wait that began before the span', [turns(8, 0, [['cpu', 900]], [7, -100, ['mutex', 900]])]],
    [
      'ended a wait of which the breakdown knows nothing',
      [turns(8, 0, [['cpu', 900]], [7, 0, ['cond', 900]])],
    ],
    ['did nothing else than to wait likewise', [turns(8, 0, [['mutex', 900]], [7, 0, ['mutex', 900]])]],
  ] as const)('is not told if others have %s', (_, told) => {
    expect(pathOf({ cpu: 100, mutex: 900 }, ...told)).toBeUndefined();
  });

  it('adds up to the duration whatever is told, and comes to an end', () => {
    const random = new Random(7);
    const uses = Object.keys(TIME_USES) as TimeUse[];
    const turn = (): Turn => [random.pick(uses), random.below(400)];
    for (let round = 0; round < 3_000; round++) {
      const told = Array.from({ length: random.below(40) }, () =>
        turns(
          7 + random.below(5),
          random.below(1_000),
          Array.from({ length: random.below(6) }, turn),
          random.pick([
            undefined,
            [7 + random.below(5), random.below(1_000), random.pick([undefined, turn()])],
          ]),
        ),
      );
      const time = timeOf({ cpu: 200, mutex: 300, waitgroup: 400, 'chan.receive': 100 });
      const path = criticalPath({ targetId: 1, goid: 7, start: [5, 0], end: [5, 1_000], time }, told);
      if (path === undefined) continue;
      const { ns } = path;
      expect(ns.reduce((sum, spent) => sum + spent, 0)).toBe(1_000);
      expect(ns.every((spent) => spent >= 0)).toBe(true);
    }
  });
});

describe('a record of turns', () => {
  const header = { kind: 5, flags: 0, size: 232, targetId: 3, tid: 1 };
  const record = {
    header,
    startKtimeNs: [5, 6],
    goid: 8,
    traceId: [1, 2, 3, 4],
    spanId: [5, 6],
    wokenGoid: 7,
    waitKtimeNs: [5, 1],
    waitNs: 20,
    waitUse: timeUse.TIME_MUTEX,
    turns: 2,
    turnNs: [10, 20, 30],
    turnUse: Uint8Array.of(timeUse.TIME_CPU, 250, 1),
  } as const;

  it('says as many as it has, and what is no use is another one', () => {
    expect(goroutineTurns(record)).toEqual({
      targetId: 3,
      goid: 8,
      spanId: [5, 6],
      start: [5, 6],
      ns: [10, 20],
      uses: [timeUse.TIME_CPU, timeUse.TIME_OTHER],
      woken: { goid: 7, since: [5, 1], wait: { ns: 20, use: timeUse.TIME_MUTEX } },
    });
  });

  it('says who has begun, or that nobody went on', () => {
    expect(goroutineTurns({ ...record, waitNs: 0 }).woken).toEqual({
      goid: 7,
      since: [5, 1],
      wait: undefined,
    });
    expect(goroutineTurns({ ...record, wokenGoid: 0 }).woken).toBeUndefined();
    expect(goroutineTurns({ ...record, turns: 4_000_000_000 }).ns).toEqual([10, 20, 30]);
  });
});
