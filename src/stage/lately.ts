/** The ids of spans that have ended lately, as two words each. Bounded: a later one may take the place of an earlier one. */

export class Lately {
  readonly #ids: Uint32Array;
  readonly #mask: number;

  /** `places`: a power of two. */
  constructor(places: number) {
    this.#ids = new Uint32Array(2 * places);
    this.#mask = places - 1;
  }

  /** The place where it stands; below 0 if it does not any more. */
  placeOf(first: number, second: number): number {
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
}
