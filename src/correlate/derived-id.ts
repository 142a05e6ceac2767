/** Ids of waits, which have none in their records: by that of the span that they are in, so that each time they are the same. Pure. */
import type { SpanIdWords } from '../wire/batch.ts';

/** 2^32 divided by the golden ratio: its multiples are far apart. */
const GOLDEN = 0x9e37_79b9;
const ROUNDS = 4;

/** The id of the `ordinal`th such span, from 0 on. Of the same ordinal, no two spans have one alike (a Feistel network can be undone). */
export function derivedSpanId([high, low]: SpanIdWords, ordinal: number): SpanIdWords {
  let [left, right] = [high, low];
  for (let round = 1; round <= ROUNDS; round++) {
    const key = Math.imul(ordinal * ROUNDS + round, GOLDEN);
    [left, right] = [right, (left ^ mixed(right ^ key)) >>> 0];
  }
  // Zeros would be no id.
  return left === 0 && right === 0 ? [0, 1] : [left, right];
}

/** The last steps of MurmurHash3, by which each bit changes half of all others. */
function mixed(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2_ae35);
  return twice ^ (twice >>> 16);
}
