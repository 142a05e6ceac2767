/**
 * How long the slow ways to memory have taken in one target: what its slot in the kernel counts, less what the target before
 * has left there. Owns no slot: it is told when there is one, and when it goes.
 */
import { allocLimit } from '../wire/wire.gen.ts';

/** Calls that took about as long as each other. */
export interface DurationBucket {
  /** Each took longer than so many nanoseconds. */
  readonly aboveNs: number;
  readonly calls: number;
  /** What they took together. */
  readonly totalNs: number;
}

/** By the function of the Go runtime, as it names it; buckets that hold nothing are left out. */
export interface SlowAllocations {
  /** A new span of a size class: swept, or made by the heap. */
  readonly 'runtime.(*mcentral).cacheSpan': readonly DurationBucket[];
  /** New pages: for a large object, or within the other one, whose time it then is, too. */
  readonly 'runtime.(*mheap).alloc': readonly DurationBucket[];
}

const { ALLOC_BUCKETS_MAX, ALLOC_FIRST_BIT } = allocLimit;
const aboveNs = Array.from({ length: ALLOC_BUCKETS_MAX }, (_, bucket) =>
  bucket === 0 ? 0 : 2 ** (ALLOC_FIRST_BIT + bucket - 1),
);

export class SlowAllocationWatch {
  readonly #read: () => BigUint64Array;
  #before: BigUint64Array | undefined;
  #last: SlowAllocations | undefined;

  /** @param read  the `struct slow_allocs` of the slot */
  constructor(read: () => BigUint64Array) {
    this.#read = read;
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
  current(): SlowAllocations | undefined {
    if (this.#last || !this.#before) return this.#last;
    return difference(this.#read(), this.#before);
  }
}

/** Of two values of `struct slow_allocs`. */
function difference(now: BigUint64Array, before: BigUint64Array): SlowAllocations {
  const since = (word: number): number => Number((now[word] ?? 0n) - (before[word] ?? 0n));
  const bucketsAt = (calls: number): DurationBucket[] =>
    aboveNs
      .map((above, bucket) => ({
        aboveNs: above,
        calls: since(calls + bucket),
        totalNs: since(calls + ALLOC_BUCKETS_MAX + bucket),
      }))
      .filter(({ calls: some }) => some > 0);
  return {
    'runtime.(*mcentral).cacheSpan': bucketsAt(0),
    'runtime.(*mheap).alloc': bucketsAt(2 * ALLOC_BUCKETS_MAX),
  };
}
