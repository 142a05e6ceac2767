/**
 * Pointers that the loader writes into the data of a position-independent executable: `R_‹arch›_RELATIVE` of DT_RELA.
 * Kept as two arrays (16 bytes a pointer). Packed ones (DT_RELR) need no table: their value is in place.
 */

import { type ByteSource, readExact, u64, viewOf } from './byte-source.ts';
import type { Elf } from './elf.ts';

/** Link-time address of a pointer → the link-time address that it holds. */
export interface Relocations {
  /** The value that the loader will put at `vaddr` (without load bias), if it puts one there. */
  at(vaddr: number): number | undefined;
  /** Addresses at which `value` will be put, lowest first. */
  placesOf(value: number): number[];
}

const DT_RELA = 7;
const DT_RELASZ = 8;
const entryBytes = 24;
const chunkEntries = 32_768;
/** 2 M pointers (32 MB): over three times those of an 85 MB program. */
const maxRelocations = 2_000_000;
const relativeTypes = new Set([8 /* R_X86_64_RELATIVE */, 1027 /* R_AARCH64_RELATIVE */]);

/** Reads the table; `toFileOffset` maps its address. A table that does not lie in the file is the same as none. */
export function readRelocations(
  source: ByteSource,
  elf: Elf,
  toFileOffset: (vaddr: number) => number | undefined,
): Relocations {
  const vaddr = elf.dynamic.get(DT_RELA);
  const bytes = elf.dynamic.get(DT_RELASZ) ?? 0;
  const fileOffset = vaddr === undefined ? undefined : toFileOffset(vaddr);
  if (fileOffset === undefined || fileOffset + bytes > source.size) return none;
  const count = Math.min(Math.floor(bytes / entryBytes), maxRelocations);
  let places = new Float64Array(count);
  let values = new Float64Array(count);
  let used = 0;
  let sorted = true;
  for (let first = 0; first < count; first += chunkEntries) {
    const entries = Math.min(chunkEntries, count - first);
    const at = fileOffset + first * entryBytes;
    const view = viewOf(readExact(source, at, entries * entryBytes, 'the relocations'));
    for (let i = 0; i < entries * entryBytes; i += entryBytes) {
      if (!relativeTypes.has(view.getUint32(i + 8, true))) continue;
      const place = u64(view, i);
      if (used > 0 && place < (places[used - 1] ?? 0)) sorted = false;
      places[used] = place;
      values[used] = u64(view, i + 16);
      used++;
    }
  }
  places = places.subarray(0, used);
  values = values.subarray(0, used);
  return new RelocationTable(places, values, sorted);
}

const none: Relocations = { at: () => undefined, placesOf: () => [] };

class RelocationTable implements Relocations {
  readonly #places: Float64Array;
  readonly #values: Float64Array;
  readonly #isSorted: boolean;

  constructor(places: Float64Array, values: Float64Array, isSorted: boolean) {
    this.#places = places;
    this.#values = values;
    this.#isSorted = isSorted;
  }

  at(vaddr: number): number | undefined {
    // No linker is known to leave them unsorted.
    if (!this.#isSorted) return this.#values[this.#places.indexOf(vaddr)];
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#places[middle] ?? 0) < vaddr) low = middle + 1;
      else high = middle;
    }
    return this.#places[low] === vaddr ? this.#values[low] : undefined;
  }

  placesOf(value: number): number[] {
    const found: number[] = [];
    for (let i = this.#values.indexOf(value); i >= 0; i = this.#values.indexOf(value, i + 1)) {
      found.push(this.#places[i] ?? 0);
    }
    return found;
  }
}
