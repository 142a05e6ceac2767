import { describe, expect, it } from 'vitest';
import type { CodePlace } from '../../src/correlate/code-place.ts';
import type { Breakdown } from '../../src/correlate/time-spent.ts';
import { CAUSES } from '../../src/correlate/verdict.ts';
import type { CallEvidence, CodeAt, Evidence, WaitEvidence } from '../../src/verdict/evidence.ts';
import { judge } from '../../src/verdict/judge.ts';
import { milliseconds } from '../../src/verdict/milliseconds.ts';
import { RULES } from '../../src/verdict/rules.ts';
import { timeOf } from '../span/fact.ts';
import { Random } from '../support/random.ts';

const ms = (milliseconds: Breakdown): readonly number[] =>
  timeOf(Object.fromEntries(Object.entries(milliseconds).map(([use, spent]) => [use, spent * 1e6]))).ns;

function evidence(spent: Breakdown, more: Partial<Evidence> = {}): Evidence {
  const ns = ms(spent);
  return { durationNs: ns.reduce((sum, n) => sum + n, 0), ns, waits: [], calls: [], sampled: [], ...more };
}

function wait(use: WaitEvidence['use'], lasted: number, more: Partial<WaitEvidence> = {}): WaitEvidence {
  return { use, ns: lasted * 1e6, wakerGoid: 0, wakerIsHolder: false, ...more };
}

function call(kind: CallEvidence['kind'], name: string, spent: Breakdown, poolMs = 0): CallEvidence {
  return { kind, name, ns: ms(spent), poolNs: poolMs * 1e6 };
}

const place = (pc: number): CodePlace => ({ targetId: 1, pc, link: 0, stackId: 0 });
const [WAITS, HOLDS, NOWHERE] = [place(1), place(2), place(3)];
const names = ['', 'main.wait', 'main.hold'];
const codeAt: CodeAt = (at) => {
  const name = names[at?.pc ?? 0];
  return name ? [{ function: name, file: '/src/x.go', line: at?.pc ?? 0, isInlined: false }] : undefined;
};
const seen = (...places: readonly [CodePlace, number][]) =>
  places.map(([at, samples]) => ({ place: at, samples }));

const holder = { wakerGoid: 812, wakerIsHolder: true, wakerName: 'GET /report' };

describe('the verdict', () => {
  it.each<[string, Evidence]>([
    ['mutex: 41 of 58 ms waiting for a lock; cpu: 17 ms on a processor', evidence({ cpu: 17, mutex: 41 })],
    [
      'mutex: 41 of 58 ms waiting for a lock held by goroutine 812 (GET /report)',
      evidence({ cpu: 10, runnable: 7, mutex: 41 }, { waits: [wait('mutex', 41, holder)] }),
    ],
    [
      'mutex: 41 of 50 ms waiting for a lock that goroutine 812 gave back',
      evidence({ cpu: 9, rwmutex: 41 }, { waits: [wait('rwmutex', 30, { wakerGoid: 812 })] }),
    ],
    // The wait that is known is too small a part of it to be the reason.
    [
      'mutex: 41 of 50 ms waiting for a lock',
      evidence({ cpu: 9, mutex: 41 }, { waits: [wait('mutex', 20, holder)] }),
    ],
    [
      'channel: 30 of 36 ms waiting to receive from a channel, ended by goroutine 9',
      evidence(
        { cpu: 6, 'chan.receive': 29, 'chan.send': 1 },
        { waits: [wait('chan.receive', 29, { wakerGoid: 9 })] },
      ),
    ],
    ['channel: 30 of 36 ms waiting to send to a channel', evidence({ cpu: 6, 'chan.send': 30 })],
    ['channel: 30 of 36 ms waiting at several channels (select)', evidence({ cpu: 6, select: 30 })],
    ['sync: 30 of 36 ms waiting for a WaitGroup', evidence({ cpu: 6, waitgroup: 30 })],
    ['sync: 30 of 36 ms waiting for a condition (sync.Cond)', evidence({ cpu: 6, cond: 30 })],
    [
      'scheduler: 22 of 25 ms waiting for a turn among the goroutines of its process',
      evidence({ cpu: 3, runnable: 22 }),
    ],
    [
      'scheduler: 22 of 25 ms waiting for a turn among the goroutines of its process (GOMAXPROCS=2)',
      evidence({ cpu: 3, runnable: 22 }, { facts: { gomaxprocs: 2 } }),
    ],
    [
      'scheduler: 22 of 25 ms waiting for a turn among the goroutines of its process (GOMAXPROCS=2, 37 goroutines queued)',
      evidence({ cpu: 3, runnable: 22 }, { facts: { gomaxprocs: 2 }, queued: 37 }),
    ],
    [
      'scheduler: 22 of 25 ms waiting for a turn among the goroutines of its process (1 goroutine queued)',
      evidence({ cpu: 3, runnable: 22 }, { queued: 1 }),
    ],
    [
      'scheduler: 22 of 25 ms waiting for a turn among the goroutines of its process, 10 ms of it before anybody saw that data had come',
      evidence({ cpu: 3, runnable: 12, 'network.ready': 10 }),
    ],
    [
      'processor: 30 of 40 ms ready to run while other threads had its processor; cpu: 10 ms on a processor',
      evidence({ cpu: 10, preempted: 30 }),
    ],
    ['quota: 80 of 95 ms throttled by the CPU quota of its cgroup', evidence({ cpu: 15, throttled: 80 })],
    [
      'quota: 80 of 95 ms throttled by the CPU quota of its cgroup (limit 0.1 CPU)',
      evidence({ cpu: 15, throttled: 80 }, { facts: { cpuLimit: 0.1, gomaxprocs: 2 } }),
    ],
    [
      'gc: 20 of 30 ms for the garbage collector (15 ms helping it, 5 ms stopped); cpu: 10 ms on a processor',
      evidence({ cpu: 10, 'gc.assist': 15, 'gc.stw': 5 }),
    ],
    ['stop: 25 of 30 ms while the world was stopped', evidence({ cpu: 5, 'gc.stw': 25 })],
    [
      'stop: 25 of 30 ms while the world was stopped (read mem stats)',
      evidence({ cpu: 5, 'gc.stw': 25 }, { stopReason: 'read mem stats' }),
    ],
    ['network: 9 of 10 ms waiting for the network', evidence({ cpu: 1, network: 9 })],
    [
      'network: 9 of 10 ms waiting for 10.0.0.7:5432',
      evidence({ cpu: 1, network: 9 }, { waits: [wait('network', 8, { peer: '10.0.0.7:5432' })] }),
    ],
    ['sleep: 9.5 of 10 ms in time.Sleep', evidence({ cpu: 0.5, sleep: 9.5 })],
    ['syscall: 9 of 10 ms blocked in system calls', evidence({ cpu: 1, syscall: 9 })],
    ['memory: 9 of 10 ms waiting for pages of memory', evidence({ cpu: 1, pagefault: 9 })],
    ['cpu: 52 of 60 ms on a processor', evidence({ cpu: 52, runnable: 8 })],
    [
      'upstream: 50 of 60 ms waiting for GET api:8080 (2 calls)',
      evidence(
        { cpu: 10, network: 50 },
        {
          calls: [
            call('upstream', 'GET api:8080', { network: 30 }),
            call('upstream', 'GET api:8080', { cpu: 2, network: 20 }),
          ],
        },
      ),
    ],
    [
      'database: 50 of 60 ms waiting for the database: SELECT items',
      evidence({ cpu: 10, network: 50 }, { calls: [call('database', 'SELECT items', { network: 50 })] }),
    ],
    // Of a file: its database is in the process.
    [
      'database: 50 of 60 ms waiting for the database: SELECT items',
      evidence({ cpu: 10, syscall: 50 }, { calls: [call('database', 'SELECT items', { syscall: 50 })] }),
    ],
    [
      'pool: 30 of 36 ms waiting for a database connection of the pool, to SELECT items',
      evidence(
        { cpu: 2, select: 30, network: 4 },
        { calls: [call('database', 'SELECT items', { select: 30, network: 4 }, 30)] },
      ),
    ],
    // Of several, how full the pool was of the one that has waited longest.
    [
      'pool: 30 of 36 ms waiting for a database connection of the pool (1 of 1 in use), to SELECT items (2 calls)',
      evidence(
        { cpu: 2, select: 30, network: 4 },
        {
          calls: [
            { ...call('database', 'SELECT items', { select: 5 }, 5), pool: { used: 9, max: 9 } },
            { ...call('database', 'SELECT items', { select: 25 }, 25), pool: { used: 1, max: 1 } },
          ],
        },
      ),
    ],
    // What is in no call is told apart.
    [
      'network: 40 of 60 ms waiting for the network; upstream: 20 ms waiting for GET api:8080',
      evidence({ network: 60 }, { calls: [call('upstream', 'GET api:8080', { network: 20 })] }),
    ],
  ])('%s', (sentence, given) => {
    const verdict = judge(given);
    expect(verdict?.sentence).toBe(sentence);
    expect(sentence.startsWith(`${verdict?.cause}: `)).toBe(true);
  });

  it.each<[string, Evidence]>([
    [
      'mutex: 41 of 50 ms waiting in main.wait (x.go:1) for a lock held by goroutine 812 (GET /report, main.hold (x.go:2))',
      evidence(
        { cpu: 9, mutex: 41 },
        { waits: [wait('mutex', 41, { ...holder, place: WAITS, wakerPlace: HOLDS })] },
      ),
    ],
    [
      'channel: 30 of 36 ms waiting to receive from a channel in main.wait (x.go:1), ended by goroutine 9 (main.hold (x.go:2))',
      evidence(
        { cpu: 6, 'chan.receive': 30 },
        { waits: [wait('chan.receive', 30, { wakerGoid: 9, place: WAITS, wakerPlace: HOLDS })] },
      ),
    ],
    [
      'network: 9 of 10 ms waiting for 10.0.0.7:5432 in main.wait (x.go:1)',
      evidence(
        { cpu: 1, network: 9 },
        { waits: [wait('network', 9, { peer: '10.0.0.7:5432', place: WAITS })] },
      ),
    ],
    // Who slept was another one, for which it has waited.
    [
      'sleep: 9 of 10 ms in time.Sleep, while it waited in main.wait (x.go:1) for goroutine 9 (main.hold (x.go:2))',
      evidence(
        { cpu: 1, sleep: 9 },
        { waits: [wait('waitgroup', 9, { wakerGoid: 9, place: WAITS, wakerPlace: HOLDS })] },
      ),
    ],
    // What stands there is not known.
    [
      'sleep: 9 of 10 ms in time.Sleep',
      evidence({ cpu: 1, sleep: 9 }, { waits: [wait('sleep', 9, { place: NOWHERE })] }),
    ],
    [
      'cpu: 9 of 10 ms on a processor, mostly in main.hold (x.go:2)',
      evidence({ cpu: 9, runnable: 1 }, { sampled: seen([WAITS, 1], [HOLDS, 3]) }),
    ],
    // Of few samples, and of many places, none is said to be the one.
    ['cpu: 9 of 10 ms on a processor', evidence({ cpu: 9, runnable: 1 }, { sampled: seen([HOLDS, 1]) })],
    [
      'cpu: 9 of 10 ms on a processor',
      evidence({ cpu: 9, runnable: 1 }, { sampled: seen([HOLDS, 2], [WAITS, 1], [NOWHERE, 2]) }),
    ],
  ])('names the code where it is known: %s', (sentence, given) => {
    expect(judge(given, codeAt)?.sentence).toBe(sentence);
  });

  it('says how much of the span it explains, and how much is known', () => {
    expect(judge(evidence({ cpu: 10, mutex: 80, unattributed: 10 }))).toMatchObject({
      share: 0.8,
      confidence: 0.9,
    });
  });

  it.each<[string, Evidence]>([
    ['no cause explains enough', evidence({ cpu: 35, mutex: 33, sleep: 32 })],
    ['two are about as large', evidence({ cpu: 50, mutex: 48 })],
    ['too much is not known', evidence({ mutex: 70, unattributed: 30 })],
    ['most is another reason of the runtime', evidence({ other: 100 })],
    ['there was no time at all', evidence({})],
  ])('is none where %s', (_, given) => {
    expect(judge(given)).toBeUndefined();
  });

  it('has a rule for each cause', () => {
    expect(RULES.map(({ cause }) => cause).sort()).toEqual([...CAUSES].sort());
  });

  it('never explains more than there was, whatever the evidence', () => {
    const random = new Random(11);
    const uses = ['cpu', 'mutex', 'network', 'select', 'runnable', 'syscall', 'gc.stw', 'other'] as const;
    const spent = (): Breakdown => Object.fromEntries(uses.map((use) => [use, random.below(20)]));
    for (let round = 0; round < 2_000; round++) {
      const calls = Array.from({ length: random.below(4) }, () =>
        call(random.pick(['database', 'upstream']), 'x', spent(), random.below(30)),
      );
      const verdict = judge(evidence(spent(), { calls }));
      if (verdict === undefined) continue;
      expect(verdict.share).toBeGreaterThanOrEqual(0.4);
      expect(verdict.share).toBeLessThanOrEqual(1);
      expect(verdict.sentence).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

describe('milliseconds', () => {
  it.each([
    [0, '0'],
    [4_000, '0'],
    [123_000, '0.12'],
    [1_000_000, '1'],
    [9_540_000, '9.5'],
    [41_499_999, '41'],
    [12_345_000_000, '12345'],
  ])('%d ns are %s', (ns, text) => expect(milliseconds(ns)).toBe(text));
});
