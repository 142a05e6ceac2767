/**
 * The program's memory as the linker laid it out: link-time addresses → bytes, through PT_LOAD and relocations.
 * Reads in pages and keeps a bounded number of them. Knows nothing of Go.
 */

import { type ByteSource, readExact, u64, viewOf } from './byte-source.ts';
import type { Elf, Segment } from './elf.ts';
import { type Relocations, readRelocations } from './relocations.ts';

const scanBytes = 1 << 20;

/** How much is read at once and kept. */
interface Paging {
  readonly pageBytes: number;
  readonly maxPages: number;
}

const usualPages: Paging = { pageBytes: 1 << 16, maxPages: 128 };
/** For those who ask for a few bytes here and there: what is around them is of no use. */
const smallPages: Paging = { pageBytes: 1 << 12, maxPages: 1 << 11 };

/** A piece of memory given out by {@link AddressSpace.chunks}. */
export interface Chunk {
  readonly vaddr: number;
  readonly bytes: Uint8Array;
}

/** Random and sequential access by link-time address. Nothing here throws for a wrong address: it is `undefined`. */
export class AddressSpace {
  readonly segments: readonly Segment[];
  readonly #source: ByteSource;
  readonly #elf: Elf;
  readonly #paging: Paging;
  readonly #pages = new Map<number, Uint8Array>();
  #relocations: Relocations | undefined;
  #lastSegment: Segment | undefined;

  constructor(source: ByteSource, elf: Elf, paging = usualPages) {
    this.#source = source;
    this.#elf = elf;
    this.#paging = paging;
    this.segments = elf.segments.filter((s) => s.fileOffset + s.fileBytes <= source.size);
  }

  /** The same memory for reading a few bytes at many places; gives out at most 4 kB at a time. */
  inSmallPages(): AddressSpace {
    return new AddressSpace(this.#source, this.#elf, smallPages);
  }

  /** File offset of an address that has a byte in the file. */
  fileOffsetOf(vaddr: number): number | undefined {
    const segment = this.segmentOf(vaddr);
    return segment && segment.fileOffset + (vaddr - segment.vaddr);
  }

  /** The segment in whose file part the address lies. */
  segmentOf(vaddr: number): Segment | undefined {
    const last = this.#lastSegment;
    if (last && vaddr >= last.vaddr && vaddr < last.vaddr + last.fileBytes) return last;
    const found = this.segments.find((s) => vaddr >= s.vaddr && vaddr < s.vaddr + s.fileBytes);
    if (found) this.#lastSegment = found;
    return found;
  }

  /** Exactly `length` bytes of one segment, at most a page long; else undefined. */
  read(vaddr: number, length: number): Uint8Array | undefined {
    const { pageBytes } = this.#paging;
    const segment = this.segmentOf(vaddr);
    if (!segment || length > pageBytes || vaddr + length > segment.vaddr + segment.fileBytes)
      return undefined;
    const offset = segment.fileOffset + (vaddr - segment.vaddr);
    const page = Math.floor(offset / pageBytes);
    const start = offset - page * pageBytes;
    if (start + length <= pageBytes) return this.#page(page).subarray(start, start + length);
    const joined = new Uint8Array(length);
    const first = this.#page(page).subarray(start);
    joined.set(first);
    joined.set(this.#page(page + 1).subarray(0, length - first.length), first.length);
    return joined;
  }

  /** One byte, without a copy. */
  byte(vaddr: number): number | undefined {
    const segment = this.segmentOf(vaddr);
    if (!segment) return undefined;
    const { pageBytes } = this.#paging;
    const offset = segment.fileOffset + (vaddr - segment.vaddr);
    return this.#page(Math.floor(offset / pageBytes))[offset % pageBytes];
  }

  /** Unsigned 32-bit value. */
  u32(vaddr: number): number | undefined {
    const bytes = this.read(vaddr, 4);
    return bytes && viewOf(bytes).getUint32(0, true);
  }

  /** A 64-bit value as the file holds it. */
  word(vaddr: number): number | undefined {
    const bytes = this.read(vaddr, 8);
    return bytes && u64(viewOf(bytes), 0);
  }

  /** A pointer as it will be at run time, less the load bias. */
  pointer(vaddr: number): number | undefined {
    return this.relocations.at(vaddr) ?? this.word(vaddr);
  }

  /** The relocations, read on first use; empty for a program linked to a fixed address. */
  get relocations(): Relocations {
    this.#relocations ??= readRelocations(this.#source, this.#elf, (vaddr) => this.fileOffsetOf(vaddr));
    return this.#relocations;
  }

  /**
   * The file-backed bytes of `[from, to)` in order, in pieces of about 1 MB; each piece after the first repeats
   * the last `overlap` bytes of the one before, so that nothing is cut in two. A piece is valid until the next one.
   */
  *chunks(from: number, to: number, overlap = 0): Generator<Chunk> {
    const segment = this.segmentOf(from);
    if (!segment) return;
    const end = Math.min(to, segment.vaddr + segment.fileBytes);
    const scratch = new Uint8Array(Math.max(0, Math.min(scanBytes, end - from)));
    for (let at = from; at < end; ) {
      const length = Math.min(scanBytes, end - at);
      const offset = segment.fileOffset + (at - segment.vaddr);
      yield { vaddr: at, bytes: readExact(this.#source, offset, length, 'a segment', scratch) };
      if (at + length >= end) return;
      at += length - overlap;
    }
  }

  #page(index: number): Uint8Array {
    const cached = this.#pages.get(index);
    if (cached) return cached;
    const { pageBytes, maxPages } = this.#paging;
    const oldest = this.#pages.keys().next();
    if (this.#pages.size >= maxPages && !oldest.done) this.#pages.delete(oldest.value);
    const offset = index * pageBytes;
    const length = Math.min(pageBytes, this.#source.size - offset);
    const bytes = readExact(this.#source, offset, length, 'a segment');
    this.#pages.set(index, bytes);
    return bytes;
  }
}
