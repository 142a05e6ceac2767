/**
 * Where the fields of the runtime's global structs are that no type data describes, since nothing allocates them. By Go
 * release, because nothing in a program says it; a test compares with what DWARF says of each release.
 */

export interface RuntimeLayout {
  /** `runtime.schedt`: how many goroutine structs are free to be used again (their sum), how many are the runtime's own, how many are in the global queue. */
  readonly sched: {
    readonly lock: number;
    readonly ngsys: number;
    readonly runqsize: number;
    readonly gFree: readonly number[];
  };
  /** `runtime.gcControllerState`. */
  readonly gcController: {
    readonly gcPercent: number;
    readonly memoryLimit: number;
    readonly heapLive: number;
    readonly heapMarked: number;
    readonly totalAlloc: number;
  };
}

const gcController121 = { gcPercent: 0, memoryLimit: 8, heapLive: 104, heapMarked: 152, totalAlloc: 296 };
const sched120 = { lock: 24, ngsys: 72, runqsize: 120, gFree: [184] };
const go121: RuntimeLayout = { sched: sched120, gcController: gcController121 };
const go126: RuntimeLayout = {
  sched: { lock: 32, ngsys: 96, runqsize: 144, gFree: [200, 216] },
  gcController: gcController121,
};

const layouts: Readonly<Record<string, RuntimeLayout>> = {
  '1.19': {
    sched: { lock: 24, ngsys: 72, runqsize: 112, gFree: [176] },
    gcController: { gcPercent: 0, memoryLimit: 8, heapLive: 136, heapMarked: 184, totalAlloc: 328 },
  },
  '1.20': {
    sched: sched120,
    gcController: { gcPercent: 0, memoryLimit: 8, heapLive: 80, heapMarked: 128, totalAlloc: 272 },
  },
  '1.21': go121,
  '1.22': go121,
  '1.23': go121,
  '1.24': go121,
  '1.25': { sched: { lock: 32, ngsys: 80, runqsize: 128, gFree: [184, 200] }, gcController: gcController121 },
  '1.26': go126,
  '1.27': go126,
};

/** Of a released Go, by what it says of itself; undefined of others: releases that are not known, development versions, experiments. */
export function runtimeLayout(goVersion: string | undefined): RuntimeLayout | undefined {
  const [, minor] = /^go(1\.\d+)(?:\.\d+|rc\d+)?$/.exec(goVersion ?? '') ?? [];
  return minor === undefined ? undefined : layouts[minor];
}

/**
 * Fields of `runtime.mstats` from `numgc` on, or before it; the same in all releases since 1.19.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/mstats.go (mstats).
 */
export const FROM_NUMGC = {
  pauseTotalNs: -4_104,
  pauseNs: -4_096,
  pauseEnd: -2_048,
  numForcedGc: 4,
  gcCpuFraction: 8,
  lastGcNanotime: 16,
} as const;

/** Of `runtime.p.gFree`, how many there are: behind the head of the list. */
export const GFREE_SIZE_AT = 8;
