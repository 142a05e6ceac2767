/**
 * Events of an execution trace as Go 1.22 and later write it, by the numbers and with the arguments that internal/trace/tracev2 of
 * Go's own source gives them (https://go.dev/src/internal/trace/tracev2/events.go). Only what is read here has a name.
 */

/** The number in the head of a file, `go 1.26 trace`: of the Go that has changed the format last. */
export const VERSIONS: readonly number[] = [22, 23, 25, 26];
/** From here on a trace tells what time it was. */
export const CLOCK_SINCE = 25;

export const EVENT = {
  batch: 1,
  stacks: 2,
  stack: 3,
  strings: 4,
  string: 5,
  cpuSamples: 6,
  frequency: 8,
  goCreate: 14,
  goCreateSyscall: 15,
  goStart: 16,
  goDestroy: 17,
  goDestroySyscall: 18,
  goStop: 19,
  goBlock: 20,
  goUnblock: 21,
  goSyscallBegin: 22,
  goSyscallEnd: 23,
  goSyscallEndBlocked: 24,
  goStatus: 25,
  goSwitch: 45,
  goSwitchDestroy: 46,
  goCreateBlocked: 47,
  goStatusStack: 48,
  experimentalBatch: 49,
  sync: 50,
  clockSnapshot: 51,
  endOfGeneration: 52,
} as const;

/** Of an event of a thread by its number: how many arguments it has, its time first. */
const ARGUMENTS: Readonly<Record<number, number>> = {
  // Processors: of how many there are, start, stop, steal, status.
  ...numbered(9, [3, 3, 1, 4, 3]),
  ...numbered(EVENT.goCreate, [4, 2, 3, 1, 1, 3, 3, 4, 3, 1, 1, 4]),
  // The stopped world, the collector, its sweeping, help for it, the heap.
  ...numbered(26, [3, 1, 2, 3, 2, 2, 2, 3, 2, 2, 1, 2, 2]),
  // Labels, tasks, regions, logs.
  ...numbered(39, [2, 5, 3, 4, 4, 5]),
  ...numbered(EVENT.goSwitch, [3, 3, 4, 5]),
  // Of experiments: spans, objects and stacks on the heap.
  ...numbered(128, [4, 4, 2, 3, 3, 2, 3, 3, 2]),
};

function numbered(first: number, counts: readonly number[]): Record<number, number> {
  return Object.fromEntries(counts.map((count, at) => [first + at, count]));
}

/** Undefined: no thread has such an event. */
export const argumentsOf = (event: number): number | undefined => ARGUMENTS[event];
