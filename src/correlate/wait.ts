/** What a span record says of a wait of its goroutine. */
import type { EvSpanEnd } from '../wire/wire.gen.ts';
import type { BodyReader } from './body-reader.ts';
import { type TimeUse, timeUseOf } from './time-spent.ts';

/** What waits for the same have in common. */
export interface RecurringWait {
  /** For what the goroutine waited. */
  readonly use: TimeUse;
}

/** A wait that lasted long enough to be told by itself. */
export interface Wait extends RecurringWait {
  /** The goroutine that has ended it; 0: none, or not known. */
  readonly wakerGoid: number;
  /** Nanoseconds at its end, from when it was woken until it ran. */
  readonly readyNs: number;
}

/** Reads the body of a record of the family wait. */
export const waitReader: BodyReader<RecurringWait, Wait> = {
  varying: ['waker_goid', 'ready_ns'],

  readRecurring: ({ wait }: EvSpanEnd): RecurringWait => ({ use: timeUseOf(wait.use) }),

  readBody: ({ use }: RecurringWait, { wait }: EvSpanEnd): Wait => ({
    use,
    wakerGoid: wait.wakerGoid,
    readyNs: wait.readyNs,
  }),
};
