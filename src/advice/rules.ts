/**
 * What there is to advise: one rule for each thing that may be set. Data, with a test each. A rule says nothing where one of the
 * facts that it is about is not known, and no number without the measurement that it comes from.
 */
import type { Measurement, PoolMeasurement } from './measurement.ts';
import { bytes, figures, percent, seconds } from './quantities.ts';

export type Setting = 'GOGC' | 'GOMEMLIMIT' | 'GOMAXPROCS' | 'CPU limit' | 'MaxOpenConns';

export interface Advice {
  readonly setting: Setting;
  /** As it is. */
  readonly from: string;
  /** As it should be; absent where no measurement says how much. */
  readonly to?: string;
  /** What was measured. */
  readonly because: string;
}

export interface AdviceRule {
  readonly setting: Setting;
  readonly advise: (measured: Measurement) => readonly Advice[];
}

/** Less of the CPU for the collector is usual. */
const GC_SHARE_MAX = 0.15;
/** … and less of the requests' time for helping it. */
const ASSIST_SHARE_MAX = 0.1;
/** What is aimed at. */
const GC_SHARE_AIM = 0.05;
/** Larger values save little more: the collector's share falls with their inverse. */
const GOGC_MAX = 800;
/** The runtime lets a heap grow to so much at GOGC=100, however little of it is in use. */
const HEAP_MIN = 4 * 2 ** 20;
/** Of what GOGC lets the heap grow by, it grows by at least so much, or it is not GOGC that has it collected. */
const GROWTH_SHARE_MIN = 0.4;
const USUAL_GOGC = 100;
/** A change by less is none. */
const CHANGE_MIN = 1.2;
/** Of the memory that there is, the heap should take no more: stacks, the rest of the program and peaks need some, too. */
const HEAP_SHARE_MAX = 0.7;
/** Of the memory that a cgroup allows, the Go runtime may know of. */
const LIMIT_SHARE = 0.9;
/** Fewer requests say little. */
const REQUESTS_MIN = 20;
/** Fewer periods of the quota, likewise. */
const PERIODS_MIN = 20;
const THROTTLED_SHARE_MAX = 0.1;
const RUNNABLE_SHARE_MAX = 0.3;
/** All that its threads may use. */
const BUSY_SHARE = 0.85;
const POOL_WAITS_MIN = 10;
/** Of the calls' time, spent on the wait for a connection. */
const POOL_SHARE_MAX = 0.2;

const sumOf = (values: Readonly<Record<string, number>>): number =>
  Object.values(values).reduce((sum, value) => sum + value, 0);

/** Of the requests' time; undefined where there were too few. */
function requestShare({ requests, requestNs }: Measurement, key: string): number | undefined {
  const all = sumOf(requestNs);
  return requests < REQUESTS_MIN || all === 0 ? undefined : (requestNs[key] ?? 0) / all;
}

const gcShareOf = ({ collector }: Measurement): number | undefined =>
  collector && collector.ofCpuNs > 0 ? Math.min(1, collector.cpuNs / collector.ofCpuNs) : undefined;

/** The collector takes more than it should. */
function isCollectingMuch(measured: Measurement): boolean {
  const assists = requestShare(measured, 'gc.assist') ?? 0;
  return (gcShareOf(measured) ?? 0) >= GC_SHARE_MAX || assists >= ASSIST_SHARE_MAX;
}

/** `the garbage collector took 61 % of the CPU (12 s of 20 s, in 340 cycles, which stopped the program for 80 ms)`, and the like of those who help. */
function collectorText(measured: Measurement): string {
  const { collector } = measured;
  const share = gcShareOf(measured);
  const assists = requestShare(measured, 'gc.assist');
  const taken =
    collector === undefined || share === undefined
      ? []
      : [
          `the garbage collector took ${percent(share)} of the CPU (${seconds(collector.cpuNs)} of ${seconds(collector.ofCpuNs)}, in ${collector.cycles} cycles, which stopped the program for ${seconds(collector.pauseNs)})`,
        ];
  const helped =
    assists === undefined ? [] : [`${percent(assists)} of the requests' time went to helping it`];
  return [...taken, ...helped].join('; ');
}

/** The least of what bounds its memory. */
const roomOf = ({ hostMemoryBytes, cgroupMemoryBytes, memoryLimitBytes }: Measurement): number =>
  Math.min(hostMemoryBytes, cgroupMemoryBytes ?? hostMemoryBytes, memoryLimitBytes ?? hostMemoryBytes);

/** What the heap grows to before it is collected; the runtime's least is in proportion to GOGC, too. */
const heapGoal = (liveHeapBytes: number, gcPercent: number): number =>
  Math.max(liveHeapBytes * (1 + gcPercent / 100), (HEAP_MIN * gcPercent) / 100);

/** A multiple of 10, and above 200 of 50. */
const rounded = (gcPercent: number): number =>
  gcPercent <= 200 ? Math.ceil(gcPercent / 10) * 10 : Math.ceil(gcPercent / 50) * 50;

/**
 * Whether it is GOGC that has the collector begin: the heap then grows by about as much between two cycles as it is to. If it is
 * by much less, the memory limit has, or the program itself.
 */
function isByGogc({ collector, gcPercent, liveHeapBytes }: Measurement): boolean {
  if (collector === undefined || liveHeapBytes === undefined || gcPercent === undefined || gcPercent < 0)
    return false;
  const growth = collector.allocatedBytes / collector.cycles;
  return growth >= GROWTH_SHARE_MIN * (heapGoal(liveHeapBytes, gcPercent) - liveHeapBytes);
}

const isForced = ({ cycles, forced }: NonNullable<Measurement['collector']>): boolean => 2 * forced >= cycles;

function adviseGogc(measured: Measurement): readonly Advice[] {
  const { collector, gcPercent, liveHeapBytes, memoryLimitBytes } = measured;
  if (collector === undefined || gcPercent === undefined || gcPercent < 0) return [];
  if (liveHeapBytes === undefined || memoryLimitBytes === undefined || !isCollectingMuch(measured)) return [];
  if (!isByGogc(measured) || isForced(collector)) return [];
  const others = Math.max(0, collector.ofCpuNs - collector.cpuNs);
  const aim = (others * GC_SHARE_AIM) / (1 - GC_SHARE_AIM);
  const wanted = aim > 0 ? (Math.max(1, gcPercent) * collector.cpuNs) / aim : GOGC_MAX;
  const room = (HEAP_SHARE_MAX * roomOf(measured)) / liveHeapBytes - 1;
  const to = Math.min(rounded(Math.min(wanted, GOGC_MAX)), Math.floor(room * 10) * 10);
  if (to < CHANGE_MIN * Math.max(1, gcPercent)) return [];
  return [
    {
      setting: 'GOGC',
      from: String(gcPercent),
      to: String(to),
      because: `${collectorText(measured)}; ${bytes(liveHeapBytes)} of the heap are in use, so that it will grow to about ${bytes(heapGoal(liveHeapBytes, to))}`,
    },
  ];
}

/** Where the heap may grow beyond what the cgroup allows, and the runtime does not know. */
function adviseMissingMemoryLimit(measured: Measurement): readonly Advice[] {
  const { cgroupMemoryBytes, memoryLimitBytes, liveHeapBytes, gcPercent } = measured;
  if (typeof cgroupMemoryBytes !== 'number' || memoryLimitBytes !== null) return [];
  if (liveHeapBytes === undefined || gcPercent === undefined || gcPercent < 0) return [];
  const goal = heapGoal(liveHeapBytes, gcPercent);
  const to = Math.floor((LIMIT_SHARE * cgroupMemoryBytes) / 2 ** 20);
  // If so much is in use that it would only be collected all the time, more memory is what it needs.
  if (goal < LIMIT_SHARE * cgroupMemoryBytes || liveHeapBytes > HEAP_SHARE_MAX * cgroupMemoryBytes) return [];
  return [
    {
      setting: 'GOMEMLIMIT',
      from: 'off',
      to: `${to}MiB`,
      because: `${bytes(liveHeapBytes)} of the heap are in use, which at GOGC=${gcPercent} grows to ${bytes(goal)} before it is collected; the cgroup allows ${bytes(cgroupMemoryBytes)}`,
    },
  ];
}

/** Where the limit, not GOGC, has it collected all the time: what is in use, with what is not of the heap, is close to it. */
function adviseTightMemoryLimit(measured: Measurement): readonly Advice[] {
  const { cgroupMemoryBytes, hostMemoryBytes, memoryLimitBytes, liveHeapBytes, collector, gcPercent } =
    measured;
  if (typeof memoryLimitBytes !== 'number' || liveHeapBytes === undefined || collector === undefined)
    return [];
  if (gcPercent === undefined || !isCollectingMuch(measured)) return [];
  if (isByGogc(measured) || isForced(collector)) return [];
  const room = LIMIT_SHARE * Math.min(hostMemoryBytes, cgroupMemoryBytes ?? hostMemoryBytes);
  // So that the heap may grow as far as it would without a limit, beside all that is there now.
  const to = Math.min(
    memoryLimitBytes + heapGoal(liveHeapBytes, gcPercent < 0 ? USUAL_GOGC : gcPercent),
    room,
  );
  if (to < CHANGE_MIN * memoryLimitBytes) return [];
  return [
    {
      setting: 'GOMEMLIMIT',
      from: bytes(memoryLimitBytes).replace(' ', ''),
      to: `${Math.ceil(to / 2 ** 20)}MiB`,
      because: `${collectorText(measured)}; it began again each time that ${bytes(collector.allocatedBytes / collector.cycles)} were allocated, with ${bytes(liveHeapBytes)} of the heap in use`,
    },
  ];
}

const throttledText = ({ periods, throttledPeriods, ns }: NonNullable<Measurement['throttled']>): string =>
  `the quota was used up in ${percent(throttledPeriods / periods)} of its periods (${throttledPeriods} of ${periods}), and threads were held back for ${seconds(ns)}`;

/** What is held back by its quota, and by how many threads at once it uses it up. */
function adviseThrottled(setting: 'GOMAXPROCS' | 'CPU limit'): AdviceRule['advise'] {
  return ({ gomaxprocs, cpuLimit, throttled }) => {
    if (gomaxprocs === undefined || typeof cpuLimit !== 'number' || throttled === undefined) return [];
    if (throttled.periods < PERIODS_MIN) return [];
    if (throttled.throttledPeriods < THROTTLED_SHARE_MAX * throttled.periods) return [];
    const limit = `${figures(cpuLimit)} CPU`;
    const fitting = Math.max(1, Math.ceil(cpuLimit));
    if (setting === 'CPU limit') {
      if (gomaxprocs > fitting) return [];
      return [{ setting, from: limit, because: `${throttledText(throttled)}, at GOMAXPROCS=${gomaxprocs}` }];
    }
    if (gomaxprocs <= fitting) return [];
    const because = `its cgroup allows ${limit}; ${throttledText(throttled)}`;
    return [{ setting, from: String(gomaxprocs), to: String(fitting), because }];
  };
}

/** Where requests wait for a turn while there are processors that it does not use. */
function adviseMoreProcessors(measured: Measurement): readonly Advice[] {
  const { gomaxprocs, processors, cpuLimit, cpuNs, seconds: lasted } = measured;
  const waiting = requestShare(measured, 'runnable');
  if (gomaxprocs === undefined || processors === undefined || cpuLimit === undefined) return [];
  const to = Math.min(processors, cpuLimit === null ? processors : Math.ceil(cpuLimit));
  const used = cpuNs / 1e9 / lasted;
  if (waiting === undefined || waiting < RUNNABLE_SHARE_MAX || to <= gomaxprocs) return [];
  if (used < BUSY_SHARE * gomaxprocs) return [];
  return [
    {
      setting: 'GOMAXPROCS',
      from: String(gomaxprocs),
      to: String(to),
      because: `${percent(waiting)} of the requests' time was spent waiting for a turn among its goroutines, while it used ${figures(used)} of the ${to} processors that it may use`,
    },
  ];
}

function advisePool(
  { name, max, calls, callNs, waits, waitNs }: PoolMeasurement,
  lasted: number,
): readonly Advice[] {
  if (waits < POOL_WAITS_MIN || waitNs < POOL_SHARE_MAX * callNs) return [];
  // As many as there were calls at once, on average (Little's law): those that waited, and those that had one.
  const atOnce = callNs / 1e9 / lasted;
  const to = Math.max(max + 1, Math.ceil(atOnce));
  return [
    {
      setting: 'MaxOpenConns',
      from: String(max),
      to: String(to),
      because: `${waits} of ${calls} calls to ${name} waited for a connection, ${seconds(waitNs / waits)} on average, ${percent(waitNs / callNs)} of their time; ${figures(atOnce)} calls at once wanted one`,
    },
  ];
}

export const ADVICE_RULES: readonly AdviceRule[] = [
  {
    setting: 'MaxOpenConns',
    advise: ({ pools, seconds: lasted }) => pools.flatMap((pool) => advisePool(pool, lasted)),
  },
  { setting: 'GOMAXPROCS', advise: adviseThrottled('GOMAXPROCS') },
  { setting: 'CPU limit', advise: adviseThrottled('CPU limit') },
  { setting: 'GOMAXPROCS', advise: adviseMoreProcessors },
  { setting: 'GOMEMLIMIT', advise: adviseTightMemoryLimit },
  { setting: 'GOMEMLIMIT', advise: adviseMissingMemoryLimit },
  { setting: 'GOGC', advise: adviseGogc },
];

/** All that there is to advise; nothing where nothing is wrong, or not known. */
export const adviceOn = (measured: Measurement): Advice[] =>
  ADVICE_RULES.flatMap(({ advise }) => advise(measured));

/** What advice would be about, and is not known. */
export function unknownIn({
  gomaxprocs,
  gcPercent,
  memoryLimitBytes,
  cpuLimit,
  cgroupMemoryBytes,
}: Measurement): string[] {
  const known = {
    GOMAXPROCS: gomaxprocs,
    GOGC: gcPercent,
    GOMEMLIMIT: memoryLimitBytes,
    'the CPU limit of its cgroup': cpuLimit,
    'the memory limit of its cgroup': cgroupMemoryBytes,
  };
  return Object.entries(known).flatMap(([name, value]) => (value === undefined ? name : []));
}
