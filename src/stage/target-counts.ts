/** What is counted of one target in the stage. */
import type { TimeSpent } from '../correlate/time-spent.ts';
import type { Cause } from '../correlate/verdict.ts';
import { timeLimit } from '../wire/wire.gen.ts';

export class TargetCounts {
  spans = 0;
  /** Slow requests, by why they were slow. */
  readonly verdicts: Partial<Record<Cause, number>> = {};
  /** Nanoseconds of requests, by the numbers of the uses; empty if their time was never known. */
  readonly requestNs: number[] = [];

  addVerdict(cause: Cause): void {
    this.verdicts[cause] = (this.verdicts[cause] ?? 0) + 1;
  }

  addRequest({ ns }: TimeSpent): void {
    for (let use = 0; use < timeLimit.TIME_USES_MAX; use++) {
      this.requestNs[use] = (this.requestNs[use] ?? 0) + (ns[use] as number);
    }
  }
}
