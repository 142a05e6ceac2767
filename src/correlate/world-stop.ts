/** A record of the time in which a Go program's world was stopped, as plain data. */
import { nanosBetween } from '../wire/batch.ts';
import { type EvGcStop, wireLimit } from '../wire/wire.gen.ts';

/** No goroutine of the target ran. */
export interface WorldStop {
  readonly targetId: number;
  /** How long, in nanoseconds. */
  readonly lastedNs: number;
  /** Why, in the runtime's words, e.g. `GC mark termination`; absent before Go 1.21, and for a reason that is not known. */
  readonly reason?: string;
  /** For the garbage collector; undefined if the reason is not known. */
  readonly isForGc?: boolean;
  /** The goroutine that has stopped it; 0: none, or not known. */
  readonly goid: number;
}

/** Why it is stopped when the collector begins to mark, and when it has marked all. */
export const GC_BEGINS = 'GC sweep termination';
export const GC_ENDS = 'GC mark termination';

/** `stwReason` by its numbers since Go 1.21: https://github.com/golang/go/blob/go1.26.0/src/runtime/proc.go */
const reasons: readonly (string | undefined)[] = [
  undefined,
  GC_ENDS,
  GC_BEGINS,
  'write heap dump',
  'goroutine profile',
  'goroutine profile cleanup',
  'all goroutines stack trace',
  'read mem stats',
  'AllThreadsSyscall',
  'GOMAXPROCS',
  'start trace',
  'stop trace',
];

/** In the runtime's words. */
export const stopReason = (number: number): string | undefined =>
  number === wireLimit.STOP_REASON_UNKNOWN ? undefined : reasons[number];

export function worldStop({ header, startKtimeNs, endKtimeNs, goid, reason }: EvGcStop): WorldStop {
  const name = stopReason(reason);
  return {
    targetId: header.targetId,
    lastedNs: nanosBetween(startKtimeNs, endKtimeNs),
    ...(name !== undefined && { reason: name, isForGc: name.startsWith('GC ') }),
    goid,
  };
}
