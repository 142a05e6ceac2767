/** What the runtime's reasons for waiting mean for where a span's time goes: by their texts, since numbers vary by version. */

import { timeLimit, timeUse } from '../wire/wire.gen.ts';

/** One of `enum time_use`, or that the caller decides. */
type ReasonUse = (typeof timeUse)[keyof typeof timeUse] | typeof timeLimit.TIME_BY_CALLER;

/** By the reason's text; what is not here is `TIME_OTHER`. Source: `waitReasonStrings` in runtime/runtime2.go. */
const uses: ReadonlyMap<string, ReasonUse> = new Map<string, ReasonUse>([
  ['IO wait', timeUse.TIME_NETWORK],
  ['chan receive', timeUse.TIME_CHAN_RECEIVE],
  ['chan send', timeUse.TIME_CHAN_SEND],
  ['select', timeUse.TIME_SELECT],
  ['sleep', timeUse.TIME_SLEEP],
  ['sync.Mutex.Lock', timeUse.TIME_MUTEX],
  ['sync.RWMutex.RLock', timeUse.TIME_RWMUTEX],
  ['sync.RWMutex.Lock', timeUse.TIME_RWMUTEX],
  ['sync.Cond.Wait', timeUse.TIME_COND],
  ['sync.WaitGroup.Wait', timeUse.TIME_WAITGROUP],
  ['GC assist marking', timeUse.TIME_GC_ASSIST],
  ['GC assist wait', timeUse.TIME_GC_ASSIST],
  // What a goroutine says that runs, so that its stack may be scanned.
  ['GC mark termination', timeUse.TIME_GC_ASSIST],
  ['flushing proc caches', timeUse.TIME_GC_ASSIST],
  ['stopping the world', timeUse.TIME_GC_STW],
  // A WaitGroup before Go 1.24 or 1.25, a lock before 1.20, a descriptor's lock, or the runtime itself.
  ['semacquire', timeLimit.TIME_BY_CALLER],
  // Stopped by the garbage collector, which scans its stack.
  ['preempted', timeUse.TIME_GC_STW],
]);

/** What a reason says more exactly: `(nil chan)`, `(no cases)`, `(durable)`. */
const detail = / \(.*\)$/;

export function useOfReason(reason: string): ReasonUse {
  return uses.get(reason.replace(detail, '')) ?? timeUse.TIME_OTHER;
}
