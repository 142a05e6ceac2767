/** A histogram of durations in buckets that grow with them: sixteen to a doubling, so that what is read of it is at most 2.2 % off. */

const BUCKETS_A_DOUBLING = 16;
/** Up to 2^53 ns. */
export const BUCKET_COUNT = 53 * BUCKETS_A_DOUBLING + 1;

export const bucketOf = (ns: number): number => (ns < 1 ? 0 : Math.floor(Math.log2(ns) * BUCKETS_A_DOUBLING));

/** The duration below which a share of them is; 0 of nothing. */
export function quantileOf(buckets: Uint32Array, count: number, share: number): number {
  let left = Math.ceil(count * share);
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    left -= buckets[bucket] as number;
    if (left <= 0 && count > 0) return Math.round(2 ** ((bucket + 0.5) / BUCKETS_A_DOUBLING));
  }
  return 0;
}

/** How many are shorter than that, those of its own bucket by half. */
export function countBelow(buckets: Uint32Array, ns: number): number {
  const own = bucketOf(ns);
  let below = (buckets[own] as number) / 2;
  for (let bucket = 0; bucket < own; bucket++) below += buckets[bucket] as number;
  return Math.floor(below);
}
