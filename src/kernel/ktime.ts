/** Kernel time on this side. */
import type { Ktime } from '../wire/batch.ts';

/** Now: `process.hrtime` reads the same clock. */
export function nowKtime(): Ktime {
  return process.hrtime();
}

export function millisecondsBetween([seconds, nanos]: Ktime, [laterSeconds, laterNanos]: Ktime): number {
  return (laterSeconds - seconds) * 1e3 + (laterNanos - nanos) / 1e6;
}
