/**
 * The slow ways to memory as a histogram of the metrics API, which takes calls one by one: each collection records what has
 * come since the one before, a call as the mean of its bucket, in bounded time. Owns what has been recorded.
 */
import type { Attributes, Histogram } from '@opentelemetry/api';
import type { DurationBucket, TargetStats } from '../tracer/api.ts';
import { allocLimit } from '../wire/wire.gen.ts';
import { targetAttributes } from './target-attributes.ts';

/** Of a collection, over all targets: each takes a microsecond of the main thread. Of more calls it is an even sample. */
export const RECORDED_MAX = 2_000;

/** Upper bounds of the kernel's buckets but the last, in nanoseconds: with those of the histogram none is torn apart. */
export const ALLOCATION_BOUNDS_NS: readonly number[] = Array.from(
  { length: allocLimit.ALLOC_BUCKETS_MAX - 1 },
  (_, bucket) => 2 ** (allocLimit.ALLOC_FIRST_BIT + bucket),
);

/** A bucket of one function of one target, as far as it was taken in. */
interface Taken {
  calls: number;
  totalNs: number;
  /** Part of a call that is still due, below 1. */
  due: number;
}

interface New {
  readonly attributes: Attributes;
  readonly calls: number;
  readonly meanNs: number;
  readonly taken: Taken;
}

export class AllocationHistogram {
  /** By target, then by function and bucket. */
  readonly #taken = new Map<number, Map<string, Taken>>();

  /** Records what is new. Throws what the histogram throws. */
  record(targets: readonly TargetStats[], histogram: Histogram): void {
    this.#forgetAllBut(new Set(targets.map(({ targetId }) => targetId)));
    const all = targets.flatMap((target) => this.#newOf(target));
    const calls = all.reduce((sum, one) => sum + one.calls, 0);
    const share = Math.min(1, RECORDED_MAX / calls);
    for (const { attributes, calls, meanNs, taken } of all) {
      taken.due += calls * share;
      for (; taken.due >= 1; taken.due--) histogram.record(meanNs / 1e9, attributes);
    }
  }

  #newOf(target: TargetStats): New[] {
    return slowWaysOf(target).flatMap(([name, buckets]) => {
      const attributes = allocationAttributes(target, name);
      return buckets.flatMap((bucket) => {
        const taken = this.#takenOf(target.targetId, `${name} ${bucket.aboveNs}`);
        const calls = bucket.calls - taken.calls;
        // The kernel adds to the sum a moment later.
        if (calls <= 0) return [];
        const meanNs = within(bucket, (bucket.totalNs - taken.totalNs) / calls);
        Object.assign(taken, { calls: bucket.calls, totalNs: bucket.totalNs });
        return [{ attributes, calls, meanNs, taken }];
      });
    });
  }

  #takenOf(targetId: number, key: string): Taken {
    const ofTarget = this.#taken.get(targetId) ?? new Map<string, Taken>();
    const taken = ofTarget.get(key) ?? { calls: 0, totalNs: 0, due: 0 };
    this.#taken.set(targetId, ofTarget.set(key, taken));
    return taken;
  }

  #forgetAllBut(targetIds: ReadonlySet<number>): void {
    for (const targetId of this.#taken.keys()) if (!targetIds.has(targetId)) this.#taken.delete(targetId);
  }
}

/** The functions that a target has called, with their buckets. */
export function slowWaysOf({ slowAllocations }: TargetStats): [string, readonly DurationBucket[]][] {
  return Object.entries<readonly DurationBucket[]>({ ...slowAllocations });
}

/** Whose call it was, and of what. */
export function allocationAttributes(target: TargetStats, name: string): Attributes {
  return { ...targetAttributes(target), 'code.function.name': name };
}

/** Calls and time of a bucket may have been read at different moments. */
function within({ aboveNs }: DurationBucket, meanNs: number): number {
  const most = ALLOCATION_BOUNDS_NS.find((bound) => bound > aboveNs) ?? Infinity;
  return Math.min(Math.max(meanNs, aboveNs + 1), most);
}
