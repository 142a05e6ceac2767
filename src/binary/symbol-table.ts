/**
 * Addresses of variables by the symbol table that linkers leave and `-s` or `strip` removes. Treats it as hostile.
 * Source: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html
 */

import { type ByteSource, readExact, u64, viewOf } from './byte-source.ts';
import type { Elf } from './elf.ts';

const entryBytes = 24;
const valueAt = 8;
const typeMask = 15;
const sttObject = 1;
/** A Go program of 100 MB has about a million symbols. */
const maxEntriesBytes = 24 << 22;
const pieceBytes = entryBytes << 12;

/** Those of `names` that it has. */
export function findSymbols(source: ByteSource, elf: Elf, names: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>();
  const [symbols, texts] = ['.symtab', '.strtab'].map((name) => elf.sections.find((s) => s.name === name));
  if (!symbols || !texts || symbols.bytes > maxEntriesBytes) return found;
  if (symbols.fileOffset + symbols.bytes > source.size || texts.fileOffset + texts.bytes > source.size)
    return found;
  const offsets = offsetsOf(source, texts, names);
  const end = symbols.bytes - (symbols.bytes % entryBytes);
  for (let at = 0; at < end && found.size < names.size; at += pieceBytes) {
    const bytes = Math.min(pieceBytes, end - at);
    const view = viewOf(readExact(source, symbols.fileOffset + at, bytes, 'the symbol table'));
    for (let entry = 0; entry < bytes; entry += entryBytes) {
      const name = offsets.get(view.getUint32(entry, true));
      if (name !== undefined && (view.getUint8(entry + 4) & typeMask) === sttObject) {
        found.set(name, u64(view, entry + valueAt));
      }
    }
  }
  return found;
}

const scanBytes = 1 << 20;

/** Where the names are in the table of names. */
function offsetsOf(
  source: ByteSource,
  { fileOffset, bytes }: { readonly fileOffset: number; readonly bytes: number },
  names: ReadonlySet<string>,
): Map<number, string> {
  const wanted = [...names].map((name) => ({ name, text: Buffer.from(`\0${name}\0`, 'latin1') }));
  const overlap = Math.max(0, ...wanted.map(({ text }) => text.length));
  const offsets = new Map<number, string>();
  for (let at = 0; at < bytes; at += scanBytes) {
    const length = Math.min(scanBytes + overlap, bytes - at);
    const piece = Buffer.from(readExact(source, fileOffset + at, length, 'the names of symbols'));
    for (const { name, text } of wanted) {
      for (let hit = piece.indexOf(text); hit >= 0; hit = piece.indexOf(text, hit + 1)) {
        offsets.set(at + hit + 1, name);
      }
    }
  }
  return offsets;
}
