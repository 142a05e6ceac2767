/**
 * What was made of words before, for words that come again: the spans of a service say the same few things of ever other
 * ids and times. Bounded; knows nothing of what the words mean.
 */

/** A power of two: the cache has one place for each value of a hash. */
const PLACES = 2_048;
/** More are seldom the same twice. */
export const WORDS_MAX = 256;

interface Place<T> {
  readonly words: Uint32Array;
  readonly salt: number;
  readonly made: T;
}

export class WordCache<T> {
  readonly #places: (Place<T> | undefined)[] = new Array(PLACES).fill(undefined);
  /** Hash of the words that were last looked for in a place: only what comes twice is kept. */
  readonly #wanted = new Int32Array(PLACES);
  #hash = 0;
  #isWanted = false;

  /** What was kept for the words from `from` up to `to`, and for the same `salt`. */
  find(words: Uint32Array, from: number, to: number, salt: number): T | undefined {
    this.#isWanted = false;
    if (to - from > WORDS_MAX) return undefined;
    const hash = hashOf(words, from, to, salt);
    const index = hash & (PLACES - 1);
    const place = this.#places[index];
    if (place !== undefined && place.salt === salt && isSame(place.words, words, from, to)) return place.made;
    this.#hash = hash;
    this.#isWanted = this.#wanted[index] === hash;
    this.#wanted[index] = hash;
    return undefined;
  }

  /** Whether `keep` is worth while: `find` has missed the words for the second time. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Keeps what was made of the words that `find` has just missed. */
  keep(words: Uint32Array, from: number, to: number, salt: number, made: T): void {
    this.#places[this.#hash & (PLACES - 1)] = { words: words.slice(from, to), salt, made };
  }
}

/** By words; the upper bits, in which most of it ends up, come down at the end. */
function hashOf(words: Uint32Array, from: number, to: number, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let index = from; index < to; index++) {
    hash = Math.imul(hash ^ (words[index] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isSame(kept: Uint32Array, words: Uint32Array, from: number, to: number): boolean {
  if (kept.length !== to - from) return false;
  for (let index = 0; index < kept.length; index++) if (kept[index] !== words[from + index]) return false;
  return true;
}
