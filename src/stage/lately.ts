/** The ids of spans that have ended lately, as two words each. Bounded: a later one may take the place of an earlier one. */

/** Ids that have no place yet: places are far apart in memory, which is waited for but once where many are filled in a row. */
const PENDING_MAX = 1_024;

export class Lately {
  readonly #ids: Uint32Array;
  readonly #mask: number;
  readonly #pending = new Uint32Array(2 * PENDING_MAX);
  #pendingWords = 0;

  /** `places`: a power of two. */
  constructor(places: number) {
    this.#ids = new Uint32Array(2 * places);
    this.#mask = places - 1;
  }

  /** The place where it stands; below 0 if it does not any more. */
  placeOf(first: number, second: number): number {
    this.#place();
    const place = first & this.#mask;
    return this.#ids[2 * place] === first && this.#ids[2 * place + 1] === second ? place : -1;
  }

  /** Returns the place where it stands. */
  add(first: number, second: number): number {
    const place = first & this.#mask;
    this.#ids[2 * place] = first;
    this.#ids[2 * place + 1] = second;
    return place;
  }

  /** Adds it without finding its place yet. */
  note(first: number, second: number): void {
    if (this.#pendingWords === this.#pending.length) this.#place();
    this.#pending[this.#pendingWords++] = first;
    this.#pending[this.#pendingWords++] = second;
  }

  #place(): void {
    const pending = this.#pending;
    const words = this.#pendingWords;
    for (let word = 0; word < words; word += 2)
      this.add(pending[word] as number, pending[word + 1] as number);
    this.#pendingWords = 0;
  }
}
