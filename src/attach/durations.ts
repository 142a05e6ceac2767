/**
 * How long things have taken in one target: what its slot in the kernel counts, less what the target before has left there.
 * Owns no slot: it is told when there is one, and when it goes.
 */
import { durationsLimit } from '../wire/wire.gen.ts';

/** What took about as long as each other. */
export interface DurationBucket {
  /** Each took longer than so many nanoseconds. */
  readonly aboveNs: number;
  readonly calls: number;
  /** What they took together. */
  readonly totalNs: number;
}

const { DURATION_BUCKETS_MAX, DURATION_FIRST_BIT } = durationsLimit;
const aboveNs = Array.from({ length: DURATION_BUCKETS_MAX }, (_, bucket) =>
  bucket === 0 ? 0 : 2 ** (DURATION_FIRST_BIT + bucket - 1),
);

/** What the slot counts, as words; a `struct durations` has twice `DURATION_BUCKETS_MAX`. */
export type SlotWords = BigUint64Array;

/** The buckets of the `struct durations` of that number in a slot that hold anything, since an earlier look at it. */
export function bucketsSince(now: SlotWords, before: SlotWords, which = 0): DurationBucket[] {
  const counts = which * 2 * DURATION_BUCKETS_MAX;
  const since = (word: number): number => Number((now[word] ?? 0n) - (before[word] ?? 0n));
  return aboveNs
    .map((above, bucket) => ({
      aboveNs: above,
      calls: since(counts + bucket),
      totalNs: since(counts + DURATION_BUCKETS_MAX + bucket),
    }))
    .filter(({ calls }) => calls > 0);
}

export class DurationWatch<T> {
  readonly #read: () => SlotWords;
  readonly #tell: (now: SlotWords, before: SlotWords) => T;
  #before: SlotWords | undefined;
  #last: T | undefined;

  /** `tell` makes of two looks at the slot what is told. */
  constructor(read: () => SlotWords, tell: (now: SlotWords, before: SlotWords) => T) {
    this.#read = read;
    this.#tell = tell;
  }

  /** From now on they are measured, or again. */
  begin(): void {
    this.#before ??= this.#read();
    this.#last = undefined;
  }

  /** The slot is about to be another target's. */
  end(): void {
    this.#last = this.current();
  }

  /** Since the first begin; undefined before it. */
  current(): T | undefined {
    if (this.#last || !this.#before) return this.#last;
    return this.#tell(this.#read(), this.#before);
  }
}
