/** How long the slow ways to memory have taken in one target, by function. */
import { bucketsSince, type DurationBucket, type SlotWords } from './durations.ts';

/** By the function of the Go runtime, as it names it; buckets that hold nothing are left out. */
export interface SlowAllocations {
  /** A new span of a size class: swept, or made by the heap. */
  readonly 'runtime.(*mcentral).cacheSpan': readonly DurationBucket[];
  /** New pages: for a large object, or within the other one, whose time it then is, too. */
  readonly 'runtime.(*mheap).alloc': readonly DurationBucket[];
}

/** Of two looks at the `struct slow_allocs` of its slot. */
export const slowAllocationsSince = (now: SlotWords, before: SlotWords): SlowAllocations => ({
  'runtime.(*mcentral).cacheSpan': bucketsSince(now, before, 0),
  'runtime.(*mheap).alloc': bucketsSince(now, before, 1),
});
