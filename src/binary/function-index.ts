/** Which function an address lies in: the rows of the function table (`ftab`), read once and kept: 8 bytes a function. */

import type { AddressSpace } from './address-space.ts';
import { viewOf } from './byte-source.ts';
import { functionsTo, type Pclntab } from './pclntab.ts';

/** Where a function's code and its record in the table are. */
export interface FunctionPlace {
  /** Both in bytes from the start of the text; `end` is the start of the next function. */
  readonly entry: number;
  readonly end: number;
  /** Address of its `runtime._func`. */
  readonly record: number;
}

/** Functions by the address of their code. */
export class FunctionIndex {
  readonly #from: number;
  /** Of each row where its code and where its record is; the last has only the first. */
  readonly #rows: Uint32Array;

  constructor(space: AddressSpace, table: Pclntab) {
    this.#from = table.functionsFrom;
    this.#rows = new Uint32Array(table.functionCount * 2 + 1);
    for (const { vaddr, bytes } of space.chunks(table.functionsFrom, functionsTo(table))) {
      const view = viewOf(bytes);
      const first = (vaddr - table.functionsFrom) / 4;
      for (let i = 0; i * 4 + 4 <= bytes.length; i++) this.#rows[first + i] = view.getUint32(i * 4, true);
    }
  }

  /** Number of functions. */
  get size(): number {
    return (this.#rows.length - 1) / 2;
  }

  /** The function at an offset in the text; undefined if there is none. */
  at(offset: number): FunctionPlace | undefined {
    let [low, high] = [0, this.size];
    if (!(offset >= this.#entryOf(low) && offset < this.#entryOf(high))) return undefined;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#entryOf(middle) <= offset) low = middle;
      else high = middle;
    }
    return this.of(low);
  }

  /** The function with a number. */
  of(index: number): FunctionPlace {
    const record = this.#from + (this.#rows[index * 2 + 1] ?? 0);
    return { entry: this.#entryOf(index), end: this.#entryOf(index + 1), record };
  }

  /** At most so many functions, from everywhere in the program. */
  *some(count: number): Generator<FunctionPlace> {
    const step = Math.max(1, Math.ceil(this.size / count));
    for (let index = 0; index < this.size; index += step) yield this.of(index);
  }

  #entryOf(index: number): number {
    return this.#rows[index * 2] ?? 0;
  }
}
