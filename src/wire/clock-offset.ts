/** Kernel time to wall time by a measured offset. Pure. */
import type { Ktime } from './batch.ts';

/** What to add to kernel time: whole seconds, and nanoseconds from 0 to 999,999,999. */
export type ClockOffset = readonly [seconds: number, nanos: number];

/** Seconds and nanoseconds since 1970, in integers. */
export function unixOf([seconds, nanos]: Ktime, offset: ClockOffset): [number, number] {
  const sum = nanos + offset[1];
  return sum < 1e9 ? [seconds + offset[0], sum] : [seconds + offset[0] + 1, sum - 1e9];
}
