/**
 * Values of a function by program counter (`pctab`): its files, lines and inlined calls, of which each entry says up to where
 * it holds. A table that is damaged ends early.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/symtab.go (pcvalue, step, readvarint).
 */

import type { AddressSpace } from './address-space.ts';
import type { Pclntab } from './pclntab.ts';

/** More than a function of 4 MB has. */
const maxEntries = 1 << 18;
const windowBytes = 512;
const maxVarintBytes = 5;

/** One decoded table; program counters are bytes from the function's entry. */
export class PcValues {
  readonly #ends: readonly number[];
  readonly #values: readonly number[];

  /** Reads the table at an offset in `pctab`, as far as the function goes. */
  static read(space: AddressSpace, table: Pclntab, offset: number, functionBytes: number): PcValues {
    const bytes = new Bytes(space, table.valuesFrom + offset, table.functionsFrom);
    const ends: number[] = [];
    const values: number[] = [];
    // An offset of zero stands for no table.
    for (let end = 0, value = -1; offset > 0 && end < functionBytes && ends.length < maxEntries; ) {
      const change = bytes.varint();
      const step = bytes.varint();
      if (change === undefined || step === undefined || (change === 0 && end > 0)) break;
      value = (value + (-(change & 1) ^ (change >>> 1))) | 0;
      end += step * table.quantum;
      ends.push(end);
      values.push(value);
    }
    return new PcValues(ends, values);
  }

  private constructor(ends: readonly number[], values: readonly number[]) {
    this.#ends = ends;
    this.#values = values;
  }

  /** Number of its entries. */
  get size(): number {
    return this.#ends.length;
  }

  /** The value at a program counter; -1, as in Go, where the table has none. */
  at(pc: number): number {
    let [low, high] = [0, this.#ends.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] ?? 0) <= pc) low = middle + 1;
      else high = middle;
    }
    return this.#values[low] ?? -1;
  }
}

/** Bytes in order, read in small pieces. */
class Bytes {
  readonly #space: AddressSpace;
  readonly #to: number;
  #next: number;
  #window: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(space: AddressSpace, from: number, to: number) {
    this.#space = space;
    this.#next = from;
    this.#to = to;
  }

  /** A 32-bit number of 7 bits a byte; undefined behind the last byte. */
  varint(): number | undefined {
    let value = 0;
    for (let i = 0; i < maxVarintBytes; i++) {
      const byte = this.#byte();
      if (byte === undefined) return undefined;
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return value >>> 0;
    }
    return undefined;
  }

  #byte(): number | undefined {
    if (this.#at === this.#window.length) {
      const length = Math.min(windowBytes, this.#to - this.#next);
      const bytes = length > 0 ? this.#space.read(this.#next, length) : undefined;
      if (!bytes) return undefined;
      this.#next += length;
      this.#window = bytes;
      this.#at = 0;
    }
    return this.#window[this.#at++];
  }
}
