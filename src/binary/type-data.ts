/**
 * Go's run-time type descriptors as they lie in the binary: names, kinds, struct fields. Needs no version, no symbols.
 * Types are found by name, in one pass over the type data, so unexported and unreferenced ones are found as well.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/internal/abi/type.go (Type, StructType, UncommonType, Name).
 */

import type { AddressSpace } from './address-space.ts';
import { u64, viewOf } from './byte-source.ts';
import type { Range } from './moduledata.ts';

/** A field of a struct type; `offset` in bytes from the start of the struct. */
export interface StructField {
  readonly name: string;
  readonly offset: number;
}

// Byte offsets in a type descriptor (the same since Go 1.14; struct fields since 1.19).
const typeBytes = 48;
const tflagAt = 20;
const kindAt = 23;
const nameAt = 40;
const fieldsAt = 56;
const uncommonAt = 80;
const fieldBytes = 24;

const tflagUncommon = 1;
const tflagExtraStar = 2;
const tflagNamed = 4;
const kindMask = 31;
const kindPointer = 22;
const kindStruct = 25;
const star = 0x2a;
const maxNameBytes = 4096;
const maxFields = 4096;
const descriptorOverlap = 96;
/** A look into 64 kB spares nearly all of one million map look-ups. */
const filterMask = 0xffff;

/** Reader of one range of type data. Wrong input gives `undefined`, never an error. */
export class TypeData {
  readonly #space: AddressSpace;
  readonly #range: Range;

  constructor(space: AddressSpace, range: Range) {
    this.#space = space;
    this.#range = range;
  }

  /**
   * Addresses of the named struct types among `names` (`import/path.Type`; the package's name must be the last
   * element of its path, as in the standard library).
   */
  findStructs(names: Iterable<string>): Map<string, number> {
    const found = new Map<string, number>();
    const wanted = new Map<string, string[]>();
    for (const name of names) {
      const short = name.slice(name.lastIndexOf('/') + 1);
      wanted.set(short, [...(wanted.get(short) ?? []), name]);
    }
    const shortByOffset = this.#findNames([...wanted.keys()]);
    if (shortByOffset.size === 0) return found;
    const mayBeWanted = new Uint8Array(filterMask + 1);
    for (const offset of shortByOffset.keys()) mayBeWanted[offset & filterMask] = 1;
    for (const { vaddr, bytes } of this.#space.chunks(this.#range.from, this.#range.to, descriptorOverlap)) {
      const view = viewOf(bytes);
      for (let at = (8 - (vaddr % 8)) % 8; at + typeBytes <= bytes.length; at += 8) {
        const nameOffset = view.getInt32(at + nameAt, true);
        if (mayBeWanted[nameOffset & filterMask] === 0) continue;
        const short = shortByOffset.get(nameOffset);
        if (short === undefined) continue;
        const path = this.#structPackage(vaddr + at);
        const name = wanted.get(short)?.find((n) => path !== undefined && n === qualify(path, short));
        if (name !== undefined && !found.has(name)) found.set(name, vaddr + at);
      }
    }
    return found;
  }

  /** The fields of the struct type at an address; undefined when they do not fit into it (Go ≤ 1.18, damage). */
  fieldsOf(vaddr: number): StructField[] | undefined {
    const head = this.#space.read(vaddr, uncommonAt);
    const fields = this.#space.pointer(vaddr + fieldsAt);
    if (!head || fields === undefined) return undefined;
    const structBytes = u64(viewOf(head), 0);
    const count = u64(viewOf(head), fieldsAt + 8);
    if (count > maxFields) return undefined;
    const result: StructField[] = [];
    for (let i = 0; i < count; i++) {
      const at = fields + i * fieldBytes;
      const name = this.#nameText(this.#space.pointer(at) ?? -1);
      const offset = this.#space.word(at + 16);
      if (name === undefined || offset === undefined || offset > structBytes) return undefined;
      result.push({ name, offset });
    }
    return result;
  }

  /** The name that `%T` prints for the type whose descriptor is at the address, e.g. `*net.OpError`. */
  typeNameAt(vaddr: number): string | undefined {
    if (vaddr < this.#range.from || vaddr >= this.#range.to || vaddr % 8 !== 0) return undefined;
    const head = this.#space.read(vaddr, typeBytes);
    if (!head) return undefined;
    const kind = (head[kindAt] ?? 0) & kindMask;
    const name = this.#nameAtOffset(viewOf(head).getInt32(nameAt, true));
    if (name === undefined || name === '' || kind === 0 || kind > 26) return undefined;
    const hasExtraStar = ((head[tflagAt] ?? 0) & tflagExtraStar) !== 0;
    return hasExtraStar ? name.slice(1) : name;
  }

  /** Import path of the package that declares the type, or the type it points to, at the address. */
  packageOf(vaddr: number): string | undefined {
    const head = this.#space.read(vaddr, typeBytes);
    if (!head) return undefined;
    const kind = (head[kindAt] ?? 0) & kindMask;
    if (kind === kindPointer) {
      const element = this.#space.pointer(vaddr + typeBytes);
      const elementHead = element === undefined ? undefined : this.#space.read(element, typeBytes);
      if (element === undefined || !elementHead) return undefined;
      return ((elementHead[kindAt] ?? 0) & kindMask) === kindPointer ? undefined : this.packageOf(element);
    }
    return kind === kindStruct ? this.#structPackage(vaddr) : undefined;
  }

  /** Import path of a named struct type; undefined when there is no such type at the address. */
  #structPackage(vaddr: number): string | undefined {
    const head = this.#space.read(vaddr, uncommonAt + 16);
    if (!head || ((head[kindAt] ?? 0) & kindMask) !== kindStruct) return undefined;
    const flags = head[tflagAt] ?? 0;
    if ((flags & tflagNamed) === 0 || (flags & tflagUncommon) === 0) return undefined;
    return this.#nameAtOffset(viewOf(head).getInt32(uncommonAt, true));
  }

  /** Offset in the type data → which of the texts has a name there, with or without a leading star. */
  #findNames(texts: readonly string[]): Map<number, string> {
    const offsets = new Map<number, string>();
    const patterns = texts.map((text) => ({ text, pattern: Buffer.from(text, 'utf8') }));
    for (const chunk of this.#space.chunks(this.#range.from, this.#range.to, 256)) {
      const bytes = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.length);
      for (const { text, pattern } of patterns) {
        for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) {
          const start = bytes[at - 1] === star ? at - 1 : at;
          // Before the text stand its length and a flag byte.
          if (bytes[start - 1] !== at + pattern.length - start) continue;
          offsets.set(chunk.vaddr + start - 2 - this.#range.from, text);
        }
      }
    }
    return offsets;
  }

  #nameAtOffset(offset: number): string | undefined {
    const vaddr = this.#range.from + offset;
    return offset > 0 && vaddr < this.#range.to ? this.#nameText(vaddr) : undefined;
  }

  /** A name is a flag byte, a length of 7 bits a byte, and the text. */
  #nameText(vaddr: number): string | undefined {
    const head = this.#space.read(vaddr, 3);
    if (!head) return undefined;
    const [, low = 0, high = 0] = head;
    const isShort = low < 0x80;
    const length = isShort ? low : (low & 0x7f) | ((high & 0x7f) << 7);
    if (length > maxNameBytes || (!isShort && high >= 0x80)) return undefined;
    const text = this.#space.read(vaddr + (isShort ? 2 : 3), length);
    return text && Buffer.from(text).toString('utf8');
  }
}

function qualify(path: string, short: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1) + short;
}
