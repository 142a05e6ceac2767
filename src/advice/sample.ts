/** A measurement as the difference of two samples. Pure. */
import type { Collected, Measurement, PoolMeasurement } from './measurement.ts';

/** What is looked at at one moment; what is not known is absent. */
export interface Sample {
  /** Kernel time (CLOCK_MONOTONIC). */
  readonly ktimeNs: number;
  /** CPU time of the process since its start. */
  readonly cpuNs: number;
  readonly requests: number;
  readonly requestNs: Readonly<Record<string, number>>;
  readonly runtime: {
    readonly gomaxprocs?: number;
    readonly gcPercent?: number;
    readonly memoryLimitBytes?: number | null;
    readonly heapMarkedBytes?: number;
    readonly allocatedBytes?: number;
    readonly collector?: {
      readonly cycles: number;
      readonly forcedCycles: number;
      readonly pauseTotalNs: number;
      readonly cpuFraction: number;
      readonly lastEndKtimeNs: number;
    };
  };
  readonly cgroup: {
    readonly cpus?: number | null;
    readonly memoryBytes?: number | null;
    readonly throttling?: {
      readonly periods: number;
      readonly throttledPeriods: number;
      readonly throttledNs: number;
    };
  };
}

/** What does not change. */
export interface Circumstances {
  /** Kernel time at which the process was started. */
  readonly startKtimeNs: number;
  readonly processors: number | undefined;
  readonly hostMemoryBytes: number;
}

/** Fewer cycles say little about what the collector takes. */
const CYCLES_MIN = 3;

export function measurementOf(
  before: Sample,
  after: Sample,
  pools: readonly PoolMeasurement[],
  { startKtimeNs, processors, hostMemoryBytes }: Circumstances,
): Measurement {
  const steady = <Name extends 'gomaxprocs' | 'gcPercent' | 'memoryLimitBytes'>(name: Name) =>
    before.runtime[name] === after.runtime[name] ? after.runtime[name] : undefined;
  const gomaxprocs = steady('gomaxprocs');
  const values = {
    processors,
    gomaxprocs,
    gcPercent: steady('gcPercent'),
    memoryLimitBytes: steady('memoryLimitBytes'),
    // 0 before the first cycle, when nothing is known of it.
    liveHeapBytes: after.runtime.heapMarkedBytes || undefined,
    collector: gomaxprocs === undefined ? undefined : collectedOf(before, after, gomaxprocs, startKtimeNs),
    cpuLimit: before.cgroup.cpus === after.cgroup.cpus ? after.cgroup.cpus : undefined,
    throttled: throttledOf(before, after),
    cgroupMemoryBytes: after.cgroup.memoryBytes,
  };
  return {
    seconds: (after.ktimeNs - before.ktimeNs) / 1e9,
    cpuNs: after.cpuNs - before.cpuNs,
    requests: after.requests - before.requests,
    requestNs: Object.fromEntries(
      Object.entries(after.requestNs).map(([key, ns]) => [key, ns - (before.requestNs[key] ?? 0)]),
    ),
    hostMemoryBytes,
    pools,
    ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  };
}

/**
 * The runtime says at the end of each cycle which part of the time that its processors had since the start the collector took.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/mgc.go (gcMarkTermination, gc_cpu_fraction).
 */
function collectedOf(
  { runtime: { collector: before, allocatedBytes: allocatedBefore }, ...from }: Sample,
  { runtime: { collector: after, allocatedBytes: allocatedAfter }, ...to }: Sample,
  gomaxprocs: number,
  startKtimeNs: number,
): Collected | undefined {
  if (before === undefined || after === undefined) return undefined;
  if (allocatedBefore === undefined || allocatedAfter === undefined) return undefined;
  const cycles = after.cycles - before.cycles;
  const spanNs = after.lastEndKtimeNs - before.lastEndKtimeNs;
  if (cycles < CYCLES_MIN || spanNs <= 0) return undefined;
  const takenBy = ({ cpuFraction, lastEndKtimeNs }: typeof after): number =>
    lastEndKtimeNs === 0 ? 0 : cpuFraction * gomaxprocs * (lastEndKtimeNs - startKtimeNs);
  // Between the ends of two cycles, which are not the moments of the samples: what it used on average.
  const ofCpuNs = ((to.cpuNs - from.cpuNs) * spanNs) / (to.ktimeNs - from.ktimeNs);
  const cpuNs = Math.max(0, takenBy(after) - takenBy(before));
  return {
    cycles,
    forced: after.forcedCycles - before.forcedCycles,
    allocatedBytes: allocatedAfter - allocatedBefore,
    cpuNs,
    ofCpuNs,
    pauseNs: after.pauseTotalNs - before.pauseTotalNs,
  };
}

function throttledOf({ cgroup: before }: Sample, { cgroup: after }: Sample): Measurement['throttled'] {
  if (before.throttling === undefined || after.throttling === undefined) return undefined;
  return {
    periods: after.throttling.periods - before.throttling.periods,
    throttledPeriods: after.throttling.throttledPeriods - before.throttling.throttledPeriods,
    ns: after.throttling.throttledNs - before.throttling.throttledNs,
  };
}
