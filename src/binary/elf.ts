/**
 * ELF64 little-endian executables: header, program headers, sections where they exist, notes, dynamic entries.
 * Knows nothing of Go. Every number of the file is treated as hostile.
 * Source: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 */

import { GoidspanError } from '../errors.ts';
import { type ByteSource, readExact, u64, viewOf } from './byte-source.ts';

/** A loadable part of the file (PT_LOAD). */
export interface Segment {
  readonly vaddr: number;
  /** Bytes in memory; those after `fileBytes` are zero. */
  readonly memoryBytes: number;
  readonly fileOffset: number;
  readonly fileBytes: number;
  readonly executable: boolean;
  readonly writable: boolean;
}

/** A named section; absent in files whose section headers were cut off. */
interface Section {
  readonly name: string;
  readonly vaddr: number;
  readonly fileOffset: number;
  readonly bytes: number;
  /** SHT_NOBITS: has no bytes in the file. */
  readonly isEmptyInFile: boolean;
}

/** What the headers of an ELF file say. */
export interface Elf {
  /** `e_machine`: 62 is x86-64, 183 is AArch64. */
  readonly machine: number;
  /** ET_DYN: loaded at an address chosen at run time, with relocated pointers in its data. */
  readonly isPie: boolean;
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
  /** `DT_*` number → value, of the dynamic segment. */
  readonly dynamic: ReadonlyMap<number, number>;
  /** Raw descriptor of the note with this owner and type, if present. */
  note(owner: string, type: number): Uint8Array | undefined;
}

const maxHeaders = 4096;
const maxNoteBytes = 1 << 16;
const maxDynamicBytes = 1 << 16;
const maxNameTableBytes = 1 << 20;
const maxNameBytes = 256;
/** Linkers make 3 to 12. */
const maxSegments = 64;
/** User space of x86-64 and arm64 with 4-level page tables. */
const addressLimit = 2 ** 48;

/**
 * Reads the headers.
 * @throws GoidspanError `bad_binary` when it is not an ELF file or its headers contradict each other,
 * `not_supported_binary` when it is a 32-bit, big-endian or non-executable one.
 */
export function parseElf(source: ByteSource): Elf {
  if (source.size < 64) throw bad('the file is shorter than an ELF header (name an executable file)');
  const head = readExact(source, 0, 64, 'the ELF header');
  const view = viewOf(head);
  if (view.getUint32(0, false) !== 0x7f454c46) {
    throw bad(
      'the file does not begin with the ELF magic (it is a script or another format; name the program itself)',
    );
  }
  if (head[4] !== 2 || head[5] !== 1) {
    throw unsupported('it is not 64-bit little-endian (build it for amd64 or arm64)');
  }
  const type = view.getUint16(16, true);
  if (type !== 2 && type !== 3) {
    throw unsupported('it is not an executable but an object or core file (name the linked program)');
  }
  const programs = programHeaders(source, view);
  const segments = programs.filter((p) => p.type === PT_LOAD).map(toSegment);
  checkSegments(segments, source.size);
  return {
    machine: view.getUint16(18, true),
    isPie: type === 3,
    segments,
    sections: sectionHeaders(source, view),
    dynamic: dynamicEntries(source, programs),
    note: (owner, noteType) => findNote(source, programs, owner, noteType),
  };
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_NOTE = 4;

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly fileOffset: number;
  readonly vaddr: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

function programHeaders(source: ByteSource, head: DataView): ProgramHeader[] {
  const offset = u64(head, 32);
  const entryBytes = head.getUint16(54, true);
  const count = head.getUint16(56, true);
  if (entryBytes !== 56 || count === 0 || count > maxHeaders) {
    throw bad(`its program header table is malformed (${count} entries of ${entryBytes} bytes)`);
  }
  const table = viewOf(readExact(source, offset, count * entryBytes, 'the program headers'));
  return Array.from({ length: count }, (_, i) => {
    const at = i * entryBytes;
    return {
      type: table.getUint32(at, true),
      flags: table.getUint32(at + 4, true),
      fileOffset: u64(table, at + 8),
      vaddr: u64(table, at + 16),
      fileBytes: u64(table, at + 32),
      memoryBytes: u64(table, at + 40),
    };
  });
}

/** So that reading every segment once is reading the file about once. */
function checkSegments(segments: readonly Segment[], fileBytes: number): void {
  const total = segments.reduce((sum, s) => sum + s.fileBytes, 0);
  const isInside = segments.every((s) => s.vaddr + s.memoryBytes < addressLimit);
  if (segments.length === 0 || segments.length > maxSegments || total > 2 * fileBytes || !isInside) {
    throw bad(`its ${segments.length} loadable segments do not make sense (the file is damaged)`);
  }
}

function toSegment(p: ProgramHeader): Segment {
  return {
    vaddr: p.vaddr,
    memoryBytes: p.memoryBytes,
    fileOffset: p.fileOffset,
    fileBytes: Math.min(p.fileBytes, p.memoryBytes),
    executable: (p.flags & 1) !== 0,
    writable: (p.flags & 2) !== 0,
  };
}

/** Sections are a convenience: a table that is absent or does not make sense is the same as none. */
function sectionHeaders(source: ByteSource, head: DataView): Section[] {
  const offset = u64(head, 40);
  const entryBytes = head.getUint16(58, true);
  const count = head.getUint16(60, true);
  const namesIndex = head.getUint16(62, true);
  if (offset === 0 || entryBytes !== 64 || count === 0 || count > maxHeaders || namesIndex >= count)
    return [];
  if (offset + count * entryBytes > source.size) return [];
  const table = viewOf(readExact(source, offset, count * entryBytes, 'the section headers'));
  const namesOffset = u64(table, namesIndex * entryBytes + 24);
  const namesBytes = u64(table, namesIndex * entryBytes + 32);
  if (namesBytes > maxNameTableBytes || namesOffset + namesBytes > source.size) return [];
  const names = readExact(source, namesOffset, namesBytes, 'the section names');
  return Array.from({ length: count }, (_, i) => {
    const at = i * entryBytes;
    return {
      name: cString(names, table.getUint32(at, true)),
      vaddr: u64(table, at + 16),
      fileOffset: u64(table, at + 24),
      bytes: u64(table, at + 32),
      isEmptyInFile: table.getUint32(at + 4, true) === 8,
    };
  });
}

function dynamicEntries(source: ByteSource, programs: readonly ProgramHeader[]): Map<number, number> {
  const entries = new Map<number, number>();
  const header = programs.find((p) => p.type === PT_DYNAMIC);
  if (!header || header.fileOffset + header.fileBytes > source.size) return entries;
  const bytes = Math.min(header.fileBytes, maxDynamicBytes);
  const table = viewOf(readExact(source, header.fileOffset, bytes, 'the dynamic segment'));
  for (let at = 0; at + 16 <= bytes; at += 16) {
    const tag = u64(table, at);
    if (tag === 0) break;
    entries.set(tag, u64(table, at + 8));
  }
  return entries;
}

function findNote(
  source: ByteSource,
  programs: readonly ProgramHeader[],
  owner: string,
  type: number,
): Uint8Array | undefined {
  for (const header of programs) {
    if (header.type !== PT_NOTE || header.fileOffset + header.fileBytes > source.size) continue;
    const bytes = readExact(source, header.fileOffset, Math.min(header.fileBytes, maxNoteBytes), 'a note');
    const view = viewOf(bytes);
    for (let at = 0; at + 12 <= bytes.length; ) {
      const nameBytes = view.getUint32(at, true);
      const descriptionBytes = view.getUint32(at + 4, true);
      const descriptionAt = at + 12 + align4(nameBytes);
      const next = descriptionAt + align4(descriptionBytes);
      if (next > bytes.length) break;
      if (view.getUint32(at + 8, true) === type && cString(bytes, at + 12) === owner) {
        return bytes.slice(descriptionAt, descriptionAt + descriptionBytes);
      }
      at = next;
    }
  }
  return undefined;
}

function align4(n: number): number {
  return Math.ceil(n / 4) * 4;
}

function cString(bytes: Uint8Array, from: number): string {
  if (from >= bytes.length) return '';
  const text = bytes.subarray(from, from + maxNameBytes);
  const end = text.indexOf(0);
  return Buffer.from(end < 0 ? text : text.subarray(0, end)).toString('latin1');
}

function bad(cause: string): GoidspanError {
  return new GoidspanError('bad_binary', `cannot read the executable: ${cause}`);
}

function unsupported(cause: string): GoidspanError {
  return new GoidspanError('not_supported_binary', `cannot trace the executable: ${cause}`);
}
