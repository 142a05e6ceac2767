/**
 * How long requests of a route usually take: a histogram with buckets that grow by a tenth, which forgets slowly. Tells a slow
 * one from those before it. Bounded.
 */

const FIRST_NS = 10_000;
const GROWTH = Math.log(1.1);
/** Up to 27 minutes. */
const BUCKETS = 200;
/** From so many requests on it is known what is usual. */
const KNOWN_FROM = 50;
/** At so many each counts half from then on. */
const HALVED_AT = 2_000;
/** Nothing that is shorter is slow. */
const SLOW_MIN_NS = 5e6;
/** How much longer than half of them. */
const SLOW_FACTOR = 2;

export class RouteTimes {
  readonly #buckets = new Float32Array(BUCKETS);
  #count = 0;

  /** Was that one slow, by those that were added before? */
  isSlow(durationNs: number): boolean {
    if (durationNs < SLOW_MIN_NS || this.#count < KNOWN_FROM) return false;
    return durationNs > this.#quantile(0.95) && durationNs > SLOW_FACTOR * this.#quantile(0.5);
  }

  add(durationNs: number): void {
    const bucket = Math.floor(Math.log(durationNs / FIRST_NS) / GROWTH);
    const at = Math.min(Math.max(bucket, 0), BUCKETS - 1);
    this.#buckets[at] = (this.#buckets[at] as number) + 1;
    if (++this.#count < HALVED_AT) return;
    this.#count /= 2;
    for (let index = 0; index < BUCKETS; index++) this.#buckets[index] = (this.#buckets[index] as number) / 2;
  }

  /** The end of the bucket in which that share of them is reached. */
  #quantile(share: number): number {
    let left = share * this.#count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#buckets[bucket] as number;
      if (left <= 0) return FIRST_NS * Math.exp(GROWTH * (bucket + 1));
    }
    return Number.POSITIVE_INFINITY;
  }
}
