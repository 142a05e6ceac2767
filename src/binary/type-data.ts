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
const namedStructFlags = tflagNamed | tflagUncommon;
const kindMask = 31;
const kindStruct = 25;
const maxNameBytes = 4096;
const maxFields = 4096;
const descriptorOverlap = 96;

/** Reader of one range of type data. Wrong input gives `undefined`, never an error. */
export class TypeData {
  readonly #space: AddressSpace;
  readonly #range: Range;

  constructor(space: AddressSpace, range: Range) {
    this.#space = space;
    this.#range = range;
  }

  /**
   * Addresses of the named struct types among `names`: `import/path.Type`, as symbols of functions begin. The package may be
   * named otherwise than its path ends: after what stands before a major version, or after a part between hyphens and dots.
   */
  findStructs(names: readonly string[]): Map<string, number> {
    const found = new Map<string, number>();
    const wanted = new Map<string, string>();
    const lengths = new Set<number>();
    for (const name of names) {
      const { path, type } = splitName(name);
      for (const short of packageNames(path)) {
        wanted.set(`${path} ${short}.${type}`, name);
        lengths.add(Buffer.byteLength(`${short}.${type}`));
      }
    }
    const shorts = new Set([...wanted.keys()].map((key) => key.slice(key.indexOf(' ') + 1)));
    const total = new Set(names).size;
    for (const { vaddr, bytes } of this.#space.chunks(this.#range.from, this.#range.to, descriptorOverlap)) {
      const view = viewOf(bytes);
      for (let at = (8 - (vaddr % 8)) % 8; at + typeBytes <= bytes.length; at += 8) {
        const flags = bytes[at + tflagAt] ?? 0;
        if ((flags & namedStructFlags) !== namedStructFlags) continue;
        if (((bytes[at + kindAt] ?? 0) & kindMask) !== kindStruct) continue;
        const short = this.#nameOfLength(view.getInt32(at + nameAt, true), flags & tflagExtraStar, lengths);
        if (short === undefined || !shorts.has(short)) continue;
        const name = wanted.get(`${this.#structPackage(vaddr + at)} ${short}`);
        if (name !== undefined && !found.has(name)) found.set(name, vaddr + at);
        if (found.size === total) return found;
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

  /** Import path of a named struct type; undefined when there is no such type at the address. */
  #structPackage(vaddr: number): string | undefined {
    const head = this.#space.read(vaddr, uncommonAt + 16);
    if (!head || ((head[kindAt] ?? 0) & kindMask) !== kindStruct) return undefined;
    if (((head[tflagAt] ?? 0) & namedStructFlags) !== namedStructFlags) return undefined;
    return this.#nameAtOffset(viewOf(head).getInt32(uncommonAt, true));
  }

  /** The type name at an offset, without the extra star, if it has one of the lengths. */
  #nameOfLength(offset: number, extraStar: number, lengths: ReadonlySet<number>): string | undefined {
    const vaddr = this.#range.from + offset;
    const length = offset > 0 && vaddr < this.#range.to ? this.#space.byte(vaddr + 1) : undefined;
    const star = extraStar === 0 ? 0 : 1;
    if (length === undefined || !lengths.has(length - star)) return undefined;
    return this.#nameText(vaddr)?.slice(star);
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

function splitName(name: string): { path: string; type: string } {
  const dot = name.lastIndexOf('.');
  return { path: name.slice(0, dot), type: name.slice(dot + 1) };
}

/** What a package at that path may be named. */
function packageNames(path: string): Set<string> {
  const elements = path.split('/');
  const last = elements.at(-1) ?? '';
  const named = /^v\d+$/.test(last) ? (elements.at(-2) ?? last) : last;
  return new Set([last, named, ...named.split(/[-.]/)]);
}
