/** What is known of a slow span when it is judged. Plain data. */
import type { CodeFrame, CodePlace } from '../correlate/code-place.ts';
import type { PoolUse } from '../correlate/db-call.ts';
import type { TargetFacts } from '../correlate/target-facts.ts';
import type { TimeUse } from '../correlate/time-spent.ts';

/** A wait of the span, or of a goroutine for which it has waited. */
export interface WaitEvidence {
  readonly use: TimeUse;
  readonly ns: number;
  /** Who has ended it; 0: nobody, or not known. */
  readonly wakerGoid: number;
  /** That one held the lock all the time. */
  readonly wakerIsHolder: boolean;
  /** For which request that one works, as a person would call it; undefined: for none, or it is not known. */
  readonly wakerName?: string | undefined;
  /** Where it waited, and where the one was that has ended it. */
  readonly place?: CodePlace | undefined;
  readonly wakerPlace?: CodePlace | undefined;
  /** The other end of a connection, `address:port`. */
  readonly peer?: string | undefined;
}

/** A call that the span has made, or a goroutine for which it has waited. */
export interface CallEvidence {
  readonly kind: 'database' | 'upstream';
  /** As a person would call it: `GET api:8080`, `SELECT items`. */
  readonly name: string;
  /** Nanoseconds of the critical path that were spent within it, by the numbers of `enum time_use`. */
  readonly ns: readonly number[];
  /** Of these: until it had a connection of the pool. */
  readonly poolNs: number;
  /** How full that was when the wait began. */
  readonly pool?: PoolUse | undefined;
}

/** Where the span was seen on a processor. */
export interface SampledPlace {
  readonly place: CodePlace;
  readonly samples: number;
}

/** What code stands at a place, innermost first; undefined if that is not known. */
export type CodeAt = (place: CodePlace | undefined) => readonly CodeFrame[] | undefined;

export interface Evidence {
  readonly durationNs: number;
  /** Nanoseconds on the critical path by the numbers of `enum time_use`; the sum is the duration. */
  readonly ns: readonly number[];
  /** The longest first. */
  readonly waits: readonly WaitEvidence[];
  readonly calls: readonly CallEvidence[];
  /** Where it was seen on a processor, the most often first. */
  readonly sampled: readonly SampledPlace[];
  /** Most goroutines that were in the queues behind it when it had waited long for its turn; 0: none, or not known. */
  readonly queued?: number;
  /** Why the world was stopped the longest time, in the runtime's words. */
  readonly stopReason?: string | undefined;
  /** Of the program whose span it is. */
  readonly facts?: TargetFacts | undefined;
}
