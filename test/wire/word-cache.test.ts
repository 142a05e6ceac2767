import { describe, expect, it } from 'vitest';
import { WordCache } from '../../src/wire/word-cache.ts';
import { Random } from '../support/random.ts';

/** Finds, or makes and keeps if that is worth while. */
function use(cache: WordCache<string>, words: Uint32Array, salt: number, made: string): string | undefined {
  const known = cache.find(words, 0, words.length, salt);
  if (known === undefined && cache.isWanted) cache.keep(words, 0, words.length, salt, made);
  return known;
}

describe('a cache of what was made of words', () => {
  it('keeps what is asked for the second time', () => {
    const cache = new WordCache<string>();
    const words = Uint32Array.of(1, 2, 3);
    expect([1, 2, 3].map((time) => use(cache, words, 0, `made ${time}`))).toEqual([
      undefined,
      undefined,
      'made 2',
    ]);
  });

  it('never gives what was made of other words, of another salt, or of a part', () => {
    const cache = new WordCache<string>();
    const random = new Random(1);
    let found = 0;
    for (let round = 0; round < 200_000; round++) {
      const words = Uint32Array.from({ length: 1 + random.below(3) }, () => random.below(40));
      const salt = random.below(3);
      const name = `${salt}: ${words}`;
      const known = use(cache, words, salt, name);
      if (known === undefined) continue;
      found++;
      expect(known).toBe(name);
    }
    expect(found).toBeGreaterThan(1_000);
  });

  it('does not look at what is too long to come again', () => {
    const cache = new WordCache<string>();
    const words = new Uint32Array(1_000);
    expect([1, 2, 3].map(() => use(cache, words, 0, 'made'))).toEqual([undefined, undefined, undefined]);
  });
});
