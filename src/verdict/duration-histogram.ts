/** How long requests took: a histogram with buckets that grow by a tenth, from 10 µs to 27 minutes. */

const FIRST_NS = 10_000;
const GROWTH = Math.log(1.1);
const BUCKETS = 200;

export class DurationHistogram {
  readonly #buckets = new Float32Array(BUCKETS);
  #count = 0;

  /** No whole number once it was scaled. */
  get count(): number {
    return this.#count;
  }

  add(durationNs: number): void {
    const at = Math.min(Math.max(Math.floor(placeOf(durationNs)), 0), BUCKETS - 1);
    this.#buckets[at] = (this.#buckets[at] as number) + 1;
    this.#count++;
  }

  addAll(other: DurationHistogram): void {
    if (other.#count === 0) return;
    for (let at = 0; at < BUCKETS; at++) this.#add(at, other.#buckets[at] as number);
    this.#count += other.#count;
  }

  /** Each counts so much of what it did. */
  scale(factor: number): void {
    this.#count *= factor;
    for (let at = 0; at < BUCKETS; at++) this.#buckets[at] = (this.#buckets[at] as number) * factor;
  }

  clear(): void {
    this.#count = 0;
    this.#buckets.fill(0);
  }

  /** The end of the bucket in which that share of them is reached. */
  quantileEnd(share: number): number {
    const { bucket } = this.#find(share);
    return bucket < BUCKETS ? durationAt(bucket + 1) : Number.POSITIVE_INFINITY;
  }

  /** Where that share of them is reached, as if those of a bucket were spread over it. */
  quantile(share: number): number {
    const { bucket, part } = this.#find(share);
    return durationAt(bucket + part);
  }

  /** How many took as long, as if those of a bucket were spread over it. */
  countFrom(durationNs: number): number {
    const place = Math.max(placeOf(durationNs), 0);
    const first = Math.floor(place);
    let count = (first + 1 - place) * (this.#buckets[first] ?? 0);
    for (let at = first + 1; at < BUCKETS; at++) count += this.#buckets[at] as number;
    return count;
  }

  #add(at: number, count: number): void {
    this.#buckets[at] = (this.#buckets[at] as number) + count;
  }

  #find(share: number): { readonly bucket: number; readonly part: number } {
    let left = share * this.#count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const here = this.#buckets[bucket] as number;
      if (left <= here) return { bucket, part: here > 0 ? left / here : 0 };
      left -= here;
    }
    return { bucket: BUCKETS, part: 0 };
  }
}

const placeOf = (durationNs: number): number => Math.log(durationNs / FIRST_NS) / GROWTH;

const durationAt = (place: number): number => FIRST_NS * Math.exp(GROWTH * place);
