/**
 * `runtime.firstmoduledata`: where the program's text and type data are. Found by content, never by Go version.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/symtab.go (moduledata) and the same of 1.19, 1.20, 1.27.
 */

import type { AddressSpace } from './address-space.ts';
import { u64, viewOf } from './byte-source.ts';
import type { Elf } from './elf.ts';
import type { Pclntab } from './pclntab.ts';

/** A piece of the address space. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What the tracer needs of moduledata, as link-time addresses. */
export interface ModuleData {
  readonly vaddr: number;
  /** `runtime.text`: function offsets count from here. */
  readonly text: number;
  /** Where type data may lie, most likely first; each must be proven by a type found in it. */
  readonly typeRanges: readonly Range[];
  /** Where data of functions may begin (`go:func.*`); must be proven by what is found in it. */
  readonly functionData: readonly number[];
}

// Byte offsets of the part that has been the same since Go 1.18.
const namesSlice = 8;
const minpc = 160;
const text = 176;
const data = 208;
const enoptrbss = 248;
/** After it: [covctrs, ecovctrs (≥ 1.20)], end, gcdata, gcbss, types, [typedesclen (≥ 1.27)], etypes. */
const afterBss = 256;
const searchedBytes = 448;
const maxCandidates = 4096;
const maxTypeRanges = 8;

/** Finds it, or undefined when nothing fits (then there are no struct offsets either). */
export function findModuleData(elf: Elf, space: AddressSpace, table: Pclntab): ModuleData | undefined {
  for (const vaddr of candidates(elf, space, table.vaddr)) {
    const found = moduleDataAt(space, vaddr, table);
    if (found) return found;
  }
  return undefined;
}

/** Places that hold a pointer to the function table. */
function* candidates(elf: Elf, space: AddressSpace, target: number): Generator<number> {
  const section = elf.sections.find((s) => s.name === '.go.module');
  if (section) yield section.vaddr;
  yield* space.relocations.placesOf(target).slice(0, maxCandidates);
  const pattern = Buffer.alloc(8);
  pattern.writeBigUInt64LE(BigInt(target));
  let left = maxCandidates;
  for (const segment of space.segments) {
    if (!segment.writable) continue;
    for (const chunk of space.chunks(segment.vaddr, segment.vaddr + segment.fileBytes, 8)) {
      const bytes = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.length);
      for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) {
        if (left-- === 0) return;
        if ((chunk.vaddr + at) % 8 === 0) yield chunk.vaddr + at;
      }
    }
  }
}

function moduleDataAt(space: AddressSpace, vaddr: number, table: Pclntab): ModuleData | undefined {
  const pointer = (offset: number) => space.pointer(vaddr + offset) ?? 0;
  if (pointer(0) !== table.vaddr || pointer(namesSlice) !== table.namesFrom) return undefined;
  const bytes = space.read(vaddr, searchedBytes) ?? space.read(vaddr, afterBss);
  if (!bytes) return undefined;
  const view = viewOf(bytes);
  const namesBytes = u64(view, namesSlice + 8);
  if (namesBytes !== u64(view, namesSlice + 16) || namesBytes > table.namesTo - table.namesFrom)
    return undefined;
  const textStart = pointer(text);
  if (!space.segmentOf(textStart)?.executable || pointer(minpc) < textStart) return undefined;
  const words = Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => pointer(i * 8));
  return { vaddr, text: textStart, typeRanges: typeRanges(space, words), functionData: dataOf(space, words) };
}

/** The known layouts first, then any neighbouring pair of addresses that could be one in a layout to come. */
function typeRanges(space: AddressSpace, words: readonly number[]): Range[] {
  const at = (offset: number) => words[offset / 8] ?? 0;
  const ranges: Range[] = [];
  const add = (from: number, to: number) => {
    const segment = space.segmentOf(from);
    const isInside = segment !== undefined && to > from && to <= segment.vaddr + segment.fileBytes;
    if (isInside && !ranges.some((r) => r.from === from && r.to === to)) ranges.push({ from, to });
  };
  const isEnd = (offset: number) =>
    at(offset) >= at(enoptrbss) && at(offset + 8) < at(data) && at(offset + 16) < at(data);
  for (const end of [afterBss, afterBss + 16]) {
    if (!isEnd(end)) continue;
    add(at(end + 24), at(end + 32));
    add(at(end + 24), at(end + 40));
  }
  for (let offset = afterBss; offset < words.length * 8; offset += 8) add(at(offset), at(offset + 8));
  return ranges.slice(0, maxTypeRanges);
}

/** Every address in the part that differs between versions. */
function dataOf(space: AddressSpace, words: readonly number[]): number[] {
  return [...new Set(words.slice(afterBss / 8))].filter((word) => space.segmentOf(word) !== undefined);
}
