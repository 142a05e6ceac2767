import { describe, expect, it } from 'vitest';
import { derivedSpanId } from '../../src/correlate/derived-id.ts';
import type { SpanIdWords } from '../../src/wire/batch.ts';
import { Random } from '../support/random.ts';

const bitsOf = (word: number): number => word.toString(2).replaceAll('0', '').length;
const text = (id: SpanIdWords): string => id.join();

describe('the id of a span of which no record tells', () => {
  it('is that of whoever replays the recording, in later versions too', () => {
    expect(derivedSpanId([0x00f067aa, 0x0ba902b7], 0)).toEqual([1_231_357_481, 3_178_221_168]);
  });

  it('is of two words of 32 bits, and none is that of another, of the same span or of one that is next to it', () => {
    const random = new Random(3);
    const seen = new Set<string>();
    const spans = 500;
    for (let span = 0; span < spans; span++) {
      const id: SpanIdWords = span % 2 ? [0, span] : [random.u32(), random.u32()];
      seen.add(text(id));
      for (let ordinal = 0; ordinal < 40; ordinal++) {
        const derived = derivedSpanId(id, ordinal);
        expect(derived.every((word) => word === word >>> 0)).toBe(true);
        seen.add(text(derived));
      }
    }
    expect(seen.size).toBe(spans * 41);
  });

  it('is never zeros, which would be none', () => {
    expect(derivedSpanId(spanOf([0, 0], 0), 0)).toEqual([0, 1]);
    expect(derivedSpanId(spanOf([8, 9], 3), 3)).toEqual([8, 9]);
  });

  it('has half of its bits changed by any bit', () => {
    const random = new Random(4);
    let changed = 0;
    const rounds = 400;
    for (let round = 0; round < rounds; round++) {
      const id: SpanIdWords = [random.u32(), random.u32()];
      const bit = 1 << random.below(32);
      const other: SpanIdWords = round % 2 ? [(id[0] ^ bit) >>> 0, id[1]] : [id[0], (id[1] ^ bit) >>> 0];
      const [one, two] = [derivedSpanId(id, 5), derivedSpanId(other, 5)];
      changed += bitsOf((one[0] ^ two[0]) >>> 0) + bitsOf((one[1] ^ two[1]) >>> 0);
    }
    expect(changed / rounds).toBeGreaterThan(30);
    expect(changed / rounds).toBeLessThan(34);
  });
});

/** The span of which that id is derived: each of the four rounds undone, the last first. */
function spanOf([high, low]: SpanIdWords, ordinal: number): SpanIdWords {
  const mixed = (word: number): number => {
    const once = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
    const twice = Math.imul(once ^ (once >>> 13), 0xc2b2_ae35);
    return twice ^ (twice >>> 16);
  };
  let [left, right] = [high, low];
  for (let round = 4; round >= 1; round--) {
    const key = Math.imul(ordinal * 4 + round, 0x9e37_79b9);
    [left, right] = [(right ^ mixed(left ^ key)) >>> 0, left];
  }
  return [left, right];
}
