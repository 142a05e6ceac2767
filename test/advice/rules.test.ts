import { describe, expect, it } from 'vitest';
import type { Measurement, PoolMeasurement } from '../../src/advice/measurement.ts';
import { ADVICE_RULES, adviceOn, unknownIn } from '../../src/advice/rules.ts';

const MIB = 2 ** 20;

/** A program of which all is known, and nothing is wrong. */
const healthy: Measurement = {
  seconds: 30,
  cpuNs: 20e9,
  requests: 1_000,
  requestNs: { cpu: 15e9, runnable: 1e9, 'gc.assist': 1e8, network: 4e9 },
  processors: 4,
  hostMemoryBytes: 8_192 * MIB,
  gomaxprocs: 4,
  gcPercent: 100,
  memoryLimitBytes: null,
  liveHeapBytes: 50 * MIB,
  collector: { cycles: 40, forced: 0, allocatedBytes: 2_000 * MIB, cpuNs: 1e9, ofCpuNs: 20e9, pauseNs: 4e6 },
  cpuLimit: null,
  cgroupMemoryBytes: null,
  pools: [],
};
const pool: PoolMeasurement = {
  name: 'shop at 10.0.0.7:5432',
  max: 2,
  calls: 900,
  callNs: 180e9,
  waits: 700,
  waitNs: 140e9,
};
/** Each time that 2.5 MiB were allocated, as GOGC=5 has it. */
const often = {
  cycles: 3_400,
  forced: 0,
  allocatedBytes: 8_500 * MIB,
  cpuNs: 12e9,
  ofCpuNs: 20e9,
  pauseNs: 80e6,
};
const collecting = { collector: often, gcPercent: 5 };
/** The same at GOGC=100, which would let 50 MiB be allocated. */
const squeezed = { collector: often, memoryLimitBytes: 60 * MIB };
const throttled = { periods: 300, throttledPeriods: 150, ns: 9e9 };

const told = (measured: Measurement): string[] =>
  adviceOn(measured).map(
    ({ setting, from, to, because }) => `${setting} ${from} → ${to ?? 'more'}: ${because}`,
  );

describe('advice', () => {
  it('is not given where nothing is wrong', () => {
    expect(adviceOn(healthy)).toEqual([]);
    expect(unknownIn(healthy)).toEqual([]);
  });

  it.each<[string, Partial<Measurement>, string]>([
    [
      'on GOGC where the collector takes much of the CPU',
      collecting,
      "GOGC 5 → 150: the garbage collector took 60 % of the CPU (12 s of 20 s, in 3400 cycles, which stopped the program for 80 ms); 0.5 % of the requests' time went to helping it; 50 MiB of the heap are in use, so that it will grow to about 125 MiB",
    ],
    [
      'on GOGC where requests help it for long',
      {
        collector: {
          cycles: 90,
          forced: 0,
          allocatedBytes: 4_500 * MIB,
          cpuNs: 2.4e9,
          ofCpuNs: 20e9,
          pauseNs: 4e6,
        },
        requestNs: { cpu: 8e9, 'gc.assist': 2e9 },
      },
      "GOGC 100 → 300: the garbage collector took 12 % of the CPU (2.4 s of 20 s, in 90 cycles, which stopped the program for 4 ms); 20 % of the requests' time went to helping it; 50 MiB of the heap are in use, so that it will grow to about 200 MiB",
    ],
    [
      'on GOGC no further than there is memory',
      { ...collecting, cgroupMemoryBytes: 130 * MIB, memoryLimitBytes: 120 * MIB },
      "GOGC 5 → 60: the garbage collector took 60 % of the CPU (12 s of 20 s, in 3400 cycles, which stopped the program for 80 ms); 0.5 % of the requests' time went to helping it; 50 MiB of the heap are in use, so that it will grow to about 80 MiB",
    ],
    [
      'on GOMEMLIMIT where the heap may grow beyond what the cgroup allows',
      { liveHeapBytes: 300 * MIB, cgroupMemoryBytes: 512 * MIB },
      'GOMEMLIMIT off → 460MiB: 300 MiB of the heap are in use, which at GOGC=100 grows to 600 MiB before it is collected; the cgroup allows 512 MiB',
    ],
    [
      'on GOMEMLIMIT where it is so tight that all is collected again and again',
      squeezed,
      "GOMEMLIMIT 60MiB → 160MiB: the garbage collector took 60 % of the CPU (12 s of 20 s, in 3400 cycles, which stopped the program for 80 ms); 0.5 % of the requests' time went to helping it; it began again each time that 2.5 MiB were allocated, with 50 MiB of the heap in use",
    ],
    [
      'on GOMEMLIMIT also where nothing else has it collected',
      { ...squeezed, gcPercent: -1 },
      "GOMEMLIMIT 60MiB → 160MiB: the garbage collector took 60 % of the CPU (12 s of 20 s, in 3400 cycles, which stopped the program for 80 ms); 0.5 % of the requests' time went to helping it; it began again each time that 2.5 MiB were allocated, with 50 MiB of the heap in use",
    ],
    [
      'on GOMAXPROCS above a quota that is used up',
      { cpuLimit: 1.5, throttled },
      'GOMAXPROCS 4 → 2: its cgroup allows 1.5 CPU; the quota was used up in 50 % of its periods (150 of 300), and threads were held back for 9 s',
    ],
    [
      'on the quota where GOMAXPROCS fits it',
      { cpuLimit: 1.5, gomaxprocs: 2, throttled },
      'CPU limit 1.5 CPU → more: the quota was used up in 50 % of its periods (150 of 300), and threads were held back for 9 s, at GOMAXPROCS=2',
    ],
    [
      'on GOMAXPROCS where requests wait for a turn and there are processors left',
      { gomaxprocs: 1, cpuNs: 28.5e9, requestNs: { cpu: 5e9, runnable: 5e9 } },
      "GOMAXPROCS 1 → 4: 50 % of the requests' time was spent waiting for a turn among its goroutines, while it used 0.9 of the 4 processors that it may use",
    ],
    [
      'on a pool for whose connections calls wait',
      { pools: [pool] },
      'MaxOpenConns 2 → 6: 700 of 900 calls to shop at 10.0.0.7:5432 waited for a connection, 200 ms on average, 78 % of their time; 6 calls at once wanted one',
    ],
  ])('is given %s', (_, wrong, sentence) => {
    expect(told({ ...healthy, ...wrong })).toEqual([sentence]);
  });

  it.each<[string, Partial<Measurement>]>([
    [
      'the collector takes much, but there is no memory for more',
      { ...collecting, hostMemoryBytes: 70 * MIB },
    ],
    ['the collector is off', { ...collecting, gcPercent: -1 }],
    ['the program has it collected', { ...collecting, collector: { ...often, forced: 1_700 } }],
    ['… in spite of a limit', { ...squeezed, collector: { ...often, forced: 1_700 } }],
    ['it is not known why it is collected', { collector: often }],
    ['the cgroup allows enough', { liveHeapBytes: 200 * MIB, cgroupMemoryBytes: 512 * MIB }],
    [
      'a memory limit is there already',
      { liveHeapBytes: 300 * MIB, cgroupMemoryBytes: 512 * MIB, memoryLimitBytes: 400 * MIB },
    ],
    ['more than the cgroup allows is in use', { liveHeapBytes: 500 * MIB, cgroupMemoryBytes: 512 * MIB }],
    ['the quota is seldom used up', { cpuLimit: 1.5, throttled: { ...throttled, throttledPeriods: 20 } }],
    [
      'the quota was looked at too short',
      { cpuLimit: 1.5, throttled: { periods: 10, throttledPeriods: 9, ns: 1e9 } },
    ],
    ['requests wait for a turn, but all processors are used', { requestNs: { cpu: 5e9, runnable: 5e9 } }],
    [
      'requests wait for a turn, but its own threads are idle',
      { gomaxprocs: 1, cpuNs: 10e9, requestNs: { cpu: 5e9, runnable: 5e9 } },
    ],
    [
      'requests wait for a turn, but the quota has no more',
      { gomaxprocs: 1, cpuLimit: 1, cpuNs: 29e9, requestNs: { cpu: 5e9, runnable: 5e9 } },
    ],
    [
      'few requests were seen',
      { requests: 5, gomaxprocs: 1, cpuNs: 29e9, requestNs: { cpu: 5e9, runnable: 5e9 } },
    ],
    ['calls wait for a connection seldom', { pools: [{ ...pool, waits: 9 }] }],
    ['… or shortly', { pools: [{ ...pool, waitNs: 10e9 }] }],
  ])('is not given where %s', (_, measured) => {
    expect(told({ ...healthy, ...measured })).toEqual([]);
  });

  // What each rule needs to know, beside what is always measured.
  it.each<[string, Partial<Measurement>, readonly (keyof Measurement)[]]>([
    ['the collector', collecting, ['gcPercent', 'collector', 'liveHeapBytes', 'memoryLimitBytes']],
    [
      'a missing memory limit',
      { liveHeapBytes: 300 * MIB, cgroupMemoryBytes: 512 * MIB },
      ['gcPercent', 'liveHeapBytes', 'memoryLimitBytes', 'cgroupMemoryBytes'],
    ],
    ['a tight memory limit', squeezed, ['liveHeapBytes', 'memoryLimitBytes', 'collector', 'gcPercent']],
    ['the quota', { cpuLimit: 1.5, throttled }, ['gomaxprocs', 'cpuLimit', 'throttled']],
    [
      'too few threads',
      { gomaxprocs: 1, cpuNs: 28.5e9, requestNs: { cpu: 5e9, runnable: 5e9 } },
      ['gomaxprocs', 'processors', 'cpuLimit'],
    ],
  ])('on %s is never given when one of its facts is not known', (_, wrong, facts) => {
    const measured = { ...healthy, ...wrong };
    expect(adviceOn(measured)).toHaveLength(1);
    for (const fact of facts) {
      const { [fact]: __, ...rest } = measured;
      expect([fact, told(rest as Measurement)]).toEqual([fact, []]);
    }
  });

  it('has no number without what was measured', () => {
    const all = { ...healthy, ...collecting, cpuLimit: 1.5, throttled, pools: [pool] };
    const advice = adviceOn(all);
    expect(advice.length).toBeGreaterThanOrEqual(3);
    for (const { because } of advice) expect(because).toMatch(/\d/);
    expect(new Set(ADVICE_RULES.map(({ setting }) => setting))).toContain('GOGC');
  });

  it('says what is not known', () => {
    const { gomaxprocs: _, cpuLimit: __, ...rest } = healthy;
    expect(unknownIn(rest)).toEqual(['GOMAXPROCS', 'the CPU limit of its cgroup']);
  });
});
