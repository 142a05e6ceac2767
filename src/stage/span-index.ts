/**
 * Values by span ids, as they stand in records: two words each. A table of numbers, for millions of changes a second, of which
 * none makes an object. Ids are random: their bits are their hash.
 */

/** A power of two. */
const PLACES_MIN = 1_024;

export class SpanIndex<T> {
  /** Two words a place. */
  #ids = new Uint32Array(2 * PLACES_MIN);
  /** Undefined where a place is free. */
  #values: (T | undefined)[] = new Array(PLACES_MIN).fill(undefined);
  #mask = PLACES_MIN - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(first: number, second: number): T | undefined {
    return this.#values[this.#placeOf(first, second)];
  }

  set(first: number, second: number, value: T): void {
    const place = this.#placeOf(first, second);
    const isNew = this.#values[place] === undefined;
    this.#ids[2 * place] = first;
    this.#ids[2 * place + 1] = second;
    this.#values[place] = value;
    if (isNew && ++this.#size * 2 > this.#mask) this.#grow();
  }

  delete(first: number, second: number): void {
    const place = this.#placeOf(first, second);
    if (this.#values[place] === undefined) return;
    this.#values[place] = undefined;
    this.#size--;
    this.#closeGap(place);
  }

  /** Where the id stands, or the free place where it would. */
  #placeOf(first: number, second: number): number {
    const ids = this.#ids;
    let place = first & this.#mask;
    while (this.#values[place] !== undefined && (ids[2 * place] !== first || ids[2 * place + 1] !== second)) {
      place = (place + 1) & this.#mask;
    }
    return place;
  }

  /** What stands behind a place that became free moves there, if it had to pass it. */
  #closeGap(free: number): void {
    const ids = this.#ids;
    let gap = free;
    for (let place = (free + 1) & this.#mask; this.#values[place] !== undefined; ) {
      const home = (ids[2 * place] as number) & this.#mask;
      if (((place - home) & this.#mask) >= ((place - gap) & this.#mask)) {
        ids[2 * gap] = ids[2 * place] as number;
        ids[2 * gap + 1] = ids[2 * place + 1] as number;
        this.#values[gap] = this.#values[place];
        this.#values[place] = undefined;
        gap = place;
      }
      place = (place + 1) & this.#mask;
    }
  }

  #grow(): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#ids = new Uint32Array(2 * ids.length);
    this.#values = new Array(2 * values.length).fill(undefined);
    this.#mask = values.length * 2 - 1;
    this.#size = 0;
    for (const [place, value] of values.entries()) {
      if (value !== undefined) this.set(ids[2 * place] as number, ids[2 * place + 1] as number, value);
    }
  }
}
