import { describe, expect, it } from 'vitest';
import { measurementOf, type Sample } from '../../src/advice/sample.ts';

const about = { startKtimeNs: 100e9, processors: 2, hostMemoryBytes: 2 ** 33 };

/** At so many seconds of the kernel's time. */
function sample(at: number, runtime: Sample['runtime'] = {}, more: Partial<Sample> = {}): Sample {
  return {
    ktimeNs: at * 1e9,
    cpuNs: (at - 100) * 1e9,
    requests: (at - 100) * 10,
    requestNs: { cpu: at * 1e6 },
    runtime,
    cgroup: {},
    ...more,
  };
}

const collector = (cycles: number, cpuFraction: number, endsAt: number) => ({
  gomaxprocs: 2,
  allocatedBytes: cycles * 7,
  collector: {
    cycles,
    forcedCycles: cycles - 1,
    cpuFraction,
    pauseTotalNs: cycles * 1e6,
    lastEndKtimeNs: endsAt * 1e9,
  },
});

describe('a measurement', () => {
  it('is what has happened between two samples', () => {
    const before = sample(200, { gomaxprocs: 2, gcPercent: 50, memoryLimitBytes: null });
    const after = sample(
      230,
      { gomaxprocs: 2, gcPercent: 50, memoryLimitBytes: null, heapMarkedBytes: 99 },
      { requestNs: { cpu: 230e6, mutex: 5 } },
    );
    expect(measurementOf(before, after, [], about)).toEqual({
      seconds: 30,
      cpuNs: 30e9,
      requests: 300,
      requestNs: { cpu: 30e6, mutex: 5 },
      processors: 2,
      hostMemoryBytes: 2 ** 33,
      gomaxprocs: 2,
      gcPercent: 50,
      memoryLimitBytes: null,
      liveHeapBytes: 99,
      pools: [],
    });
  });

  it('says what the collector took between the ends of two cycles', () => {
    // By 110 s it had 10 % of 2 processors for 10 s, by 140 s 40 % of them for 40 s.
    const measured = measurementOf(
      sample(111, collector(7, 0.1, 110)),
      sample(141, collector(17, 0.4, 140)),
      [],
      about,
    );
    expect(measured.collector).toEqual({
      ...{ cycles: 10, forced: 10, allocatedBytes: 70, cpuNs: 30e9, ofCpuNs: 30e9, pauseNs: 10e6 },
    });
  });

  it('counts from the start where there was no cycle before', () => {
    const measured = measurementOf(
      sample(111, collector(0, 0, 0)),
      sample(141, collector(9, 0.25, 140)),
      [],
      about,
    );
    expect(measured.collector).toMatchObject({ cycles: 9, cpuNs: 20e9 });
  });

  it.each([
    ['too few cycles', collector(7, 0.1, 110), collector(9, 0.4, 140)],
    ['another GOMAXPROCS', collector(7, 0.1, 110), { ...collector(17, 0.4, 140), gomaxprocs: 1 }],
    ['nothing that is known', { gomaxprocs: 2 }, { gomaxprocs: 2 }],
  ])('does not say what the collector took with %s', (_, before, after) => {
    expect(measurementOf(sample(111, before), sample(141, after), [], about)).not.toHaveProperty('collector');
  });

  it('leaves out what has been set anew meanwhile', () => {
    const cgroup = (cpus: number) => ({ cgroup: { cpus } });
    const measured = measurementOf(
      sample(1, { gomaxprocs: 2, gcPercent: 100, memoryLimitBytes: null }, cgroup(1)),
      sample(2, { gomaxprocs: 3, gcPercent: 50, memoryLimitBytes: 5 }, cgroup(2)),
      [],
      about,
    );
    for (const name of ['gomaxprocs', 'gcPercent', 'memoryLimitBytes', 'cpuLimit', 'throttled'])
      expect(measured).not.toHaveProperty(name);
  });

  it('says how often the quota was used up', () => {
    const cgroup = (periods: number, throttledPeriods: number, throttledNs: number) => ({
      cgroup: { cpus: 0.5, memoryBytes: null, throttling: { periods, throttledPeriods, throttledNs } },
    });
    expect(
      measurementOf(sample(1, {}, cgroup(10, 5, 100)), sample(2, {}, cgroup(20, 9, 700)), [], about),
    ).toMatchObject({
      cpuLimit: 0.5,
      cgroupMemoryBytes: null,
      throttled: { periods: 10, throttledPeriods: 4, ns: 600 },
    });
  });
});
