/** Something of spans that have ended lately, by their ids as two words. Bounded: a later one may take the place of an earlier one. */

export class Lately<T> {
  readonly #ids: Uint32Array;
  readonly #values: (T | undefined)[];
  readonly #mask: number;

  /** `places`: a power of two. */
  constructor(places: number) {
    this.#ids = new Uint32Array(2 * places);
    this.#values = new Array(places).fill(undefined);
    this.#mask = places - 1;
  }

  get(first: number, second: number): T | undefined {
    const place = first & this.#mask;
    const isIt = this.#ids[2 * place] === first && this.#ids[2 * place + 1] === second;
    return isIt ? this.#values[place] : undefined;
  }

  set(first: number, second: number, value: T): void {
    const place = first & this.#mask;
    this.#ids[2 * place] = first;
    this.#ids[2 * place + 1] = second;
    this.#values[place] = value;
  }
}
