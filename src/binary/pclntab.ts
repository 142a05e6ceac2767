/**
 * The function table of a Go program (`.gopclntab`), formats of Go 1.18 and 1.20. It survives `-s -w`.
 * Owns finding it and looking names up; does not read source lines (symbolizer.ts).
 * Source: https://github.com/golang/go/blob/go1.26.0/src/internal/abi/symtab.go and runtime/symtab.go (pcHeader).
 */

import { GoidspanError } from '../errors.ts';
import type { AddressSpace } from './address-space.ts';
import { u64, viewOf } from './byte-source.ts';
import type { Elf } from './elf.ts';

/** A function of the program; both addresses as linked (no load bias), `end` is the start of the next one. */
export interface GoFunction {
  readonly name: string;
  readonly entry: number;
  readonly end: number;
}

/** Header of the table, as addresses. */
export interface Pclntab {
  readonly vaddr: number;
  readonly functionCount: number;
  /** Address that function offsets count from; 0 where the linker leaves it to `moduledata` (Go ≥ 1.26, PIE). */
  readonly textStart: number;
  readonly namesFrom: number;
  readonly namesTo: number;
  /** Of each compilation unit, where the names of its files are (`cutab`). */
  readonly unitsFrom: number;
  readonly filesFrom: number;
  /** Values by program counter (`pctab`), up to the functions. */
  readonly valuesFrom: number;
  readonly functionsFrom: number;
  /** Bytes of the smallest instruction, which program counters are counted in. */
  readonly quantum: number;
  /** Records of functions and of inlined calls are as up to Go 1.19. */
  readonly hasOldRecords: boolean;
}

const headerBytes = 72;
const oldRecordsMagic = 0xfffffff0; /* Go 1.18 and 1.19 */
const magics: readonly number[] = [0xfffffff1 /* Go ≥ 1.20 */, oldRecordsMagic];
const oldMagics: readonly number[] = [0xfffffffa /* Go 1.16 and 1.17 */, 0xfffffffb /* Go 1.2 to 1.15 */];
const maxFunctions = 1 << 22;
const sectionNames: readonly string[] = ['.gopclntab', '.data.rel.ro.gopclntab'];

/**
 * Finds the table by its section, else by scanning the segments for its header.
 * @throws GoidspanError `not_go` when there is none, `not_supported_binary` for a format older than Go 1.18.
 */
export function findPclntab(elf: Elf, space: AddressSpace): Pclntab {
  for (const section of elf.sections) {
    if (!sectionNames.includes(section.name)) continue;
    const table = headerAt(space, section.vaddr);
    if (table) return table;
    const magic = space.u32(section.vaddr);
    if (magic !== undefined && oldMagics.includes(magic)) {
      throw new GoidspanError(
        'not_supported_binary',
        'cannot trace the executable: it was built with Go 1.17 or older (build it with Go 1.19 or newer)',
      );
    }
    if (magic !== undefined) {
      throw new GoidspanError(
        'not_supported_binary',
        'cannot trace the executable: its function table has an unknown format (built with garble, or with a newer Go than this release knows?)',
      );
    }
  }
  const found = scan(space);
  if (found) return found;
  throw new GoidspanError(
    'not_go',
    'cannot trace the executable: not a Go program: no .gopclntab (name the Go program itself, not a wrapper)',
  );
}

function scan(space: AddressSpace): Pclntab | undefined {
  const bySuspicion = [...space.segments].sort((a, b) => Number(a.executable) - Number(b.executable));
  for (const magic of magics) {
    const pattern = Buffer.alloc(4);
    pattern.writeUInt32LE(magic);
    for (const segment of bySuspicion) {
      for (const chunk of space.chunks(segment.vaddr, segment.vaddr + segment.fileBytes, 8)) {
        const bytes = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.length);
        for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 4)) {
          const table = (chunk.vaddr + at) % 8 === 0 ? headerAt(space, chunk.vaddr + at) : undefined;
          if (table) return table;
        }
      }
    }
  }
  return undefined;
}

function headerAt(space: AddressSpace, vaddr: number): Pclntab | undefined {
  const bytes = space.read(vaddr, headerBytes);
  const segment = space.segmentOf(vaddr);
  if (!bytes || !segment) return undefined;
  const view = viewOf(bytes);
  const [pad1, pad2, quantum, pointerBytes] = bytes.subarray(4, 8);
  const quantumIsKnown = quantum === 1 || quantum === 4;
  if (!magics.includes(view.getUint32(0, true)) || pad1 || pad2 || !quantumIsKnown || pointerBytes !== 8) {
    return undefined;
  }
  const functionCount = u64(view, 8);
  const names = u64(view, 32);
  const units = u64(view, 40);
  const functions = u64(view, 64);
  const room = segment.vaddr + segment.fileBytes - vaddr;
  const isOrdered = names >= headerBytes && names < units && units < functions;
  if (!isOrdered || functionCount < 1 || functionCount > maxFunctions) return undefined;
  if (functions + functionCount * 8 + 4 > room) return undefined;
  return {
    vaddr,
    functionCount,
    textStart: space.pointer(vaddr + 24) ?? 0,
    namesFrom: vaddr + names,
    namesTo: vaddr + units,
    unitsFrom: vaddr + units,
    filesFrom: vaddr + u64(view, 48),
    valuesFrom: vaddr + u64(view, 56),
    functionsFrom: vaddr + functions,
    quantum,
    hasOldRecords: view.getUint32(0, true) === oldRecordsMagic,
  };
}

/**
 * Looks many names up in one pass over the names and one over the functions.
 * A name that is only inlined, or not linked, is absent from the result. Of a function and the wrapper that gives it
 * the other calling convention, which have one name, the longer is taken: the wrapper is short.
 */
export function lookUpFunctions(
  space: AddressSpace,
  table: Pclntab,
  textStart: number,
  names: Iterable<string>,
): Map<string, GoFunction> {
  const found = new Map<string, GoFunction>();
  const nameByOffset = findNames(space, table, names);
  if (nameByOffset.size === 0) return found;
  const infos = new Window(space);
  let last = 0;
  for (const { bytes } of space.chunks(table.functionsFrom, functionsTo(table), 8)) {
    const view = viewOf(bytes);
    for (let at = 0; at + 12 <= bytes.length; at += 8) {
      const info = table.functionsFrom + view.getUint32(at + 4, true);
      // The linker writes them in order: a damaged table must not send us to and fro.
      if (info <= last) continue;
      last = info;
      const name = nameByOffset.get(infos.u32(info + 4) ?? -1);
      if (name === undefined) continue;
      const entry = textStart + view.getUint32(at, true);
      const end = textStart + view.getUint32(at + 8, true);
      const other = found.get(name);
      if (end - entry > (other ? other.end - other.entry : 0)) found.set(name, { name, entry, end });
    }
  }
  return found;
}

/** Name of the function whose code is at an address; undefined if there is none. */
export function functionNameAt(
  space: AddressSpace,
  table: Pclntab,
  textStart: number,
  vaddr: number,
): string | undefined {
  const entryOf = (index: number) => textStart + (space.u32(table.functionsFrom + index * 8) ?? Number.NaN);
  let [low, high] = [0, table.functionCount];
  if (!(vaddr >= entryOf(low) && vaddr < entryOf(high))) return undefined;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (entryOf(middle) <= vaddr) low = middle;
    else high = middle;
  }
  const info = space.u32(table.functionsFrom + low * 8 + 4);
  const name = info === undefined ? undefined : space.u32(table.functionsFrom + info + 4);
  return name === undefined ? undefined : textAt(space, table.namesFrom + name, table.namesTo);
}

const maxNameBytes = 4096;

/** The text that ends with a zero byte before `to`. */
export function textAt(space: AddressSpace, from: number, to: number): string | undefined {
  const bytes = space.read(from, Math.max(0, Math.min(maxNameBytes, to - from)));
  const end = bytes?.indexOf(0) ?? -1;
  return bytes && end >= 0 ? Buffer.from(bytes.subarray(0, end)).toString('utf8') : undefined;
}

/** Whether one of the texts stands in the table of names. */
export function hasNameLike(space: AddressSpace, table: Pclntab, texts: readonly string[]): boolean {
  const longest = Math.max(...texts.map((text) => text.length));
  for (const { bytes } of space.chunks(table.namesFrom, table.namesTo, longest)) {
    const names = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (texts.some((text) => names.includes(text))) return true;
  }
  return false;
}

/** Where the rows of functions end. */
export function functionsTo(table: Pclntab): number {
  return table.functionsFrom + table.functionCount * 8 + 4;
}

/** Offset in the name table → wanted name. */
function findNames(space: AddressSpace, table: Pclntab, names: Iterable<string>): Map<number, string> {
  const byLength = new Map<number, { name: string; bytes: Uint8Array }[]>();
  let longest = 0;
  for (const name of new Set(names)) {
    const bytes = Buffer.from(name, 'utf8');
    longest = Math.max(longest, bytes.length);
    byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), { name, bytes }]);
  }
  const offsets = new Map<number, string>();
  for (const { vaddr, bytes } of space.chunks(table.namesFrom, table.namesTo, longest + 2)) {
    let start = 0;
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
      const match = byLength.get(end - start)?.find((wanted) => equals(bytes, start, wanted.bytes));
      if (match) offsets.set(vaddr + start - table.namesFrom, match.name);
      start = end + 1;
    }
  }
  return offsets;
}

/** From the last byte: Go's names differ at the end. */
function equals(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = wanted.length - 1; i >= 0; i--) {
    if (bytes[at + i] !== wanted[i]) return false;
  }
  return true;
}

/** Numbers at rising addresses, read through one moving piece of memory. */
class Window {
  readonly #space: AddressSpace;
  #from = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(space: AddressSpace) {
    this.#space = space;
  }

  u32(vaddr: number): number | undefined {
    if (vaddr < this.#from || vaddr + 4 > this.#from + this.#view.byteLength) {
      const bytes = this.#space.read(vaddr, 1 << 15) ?? this.#space.read(vaddr, 4);
      if (!bytes) return undefined;
      this.#from = vaddr;
      this.#view = viewOf(bytes);
    }
    return this.#view.getUint32(vaddr - this.#from, true);
  }
}
