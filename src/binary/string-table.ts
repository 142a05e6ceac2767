/**
 * Arrays of Go strings that name the runtime's numbers, such as `runtime.waitReasonStrings`, found by their first
 * elements: they have neither type data nor, in a stripped program, a symbol.
 */

import type { AddressSpace } from './address-space.ts';
import { u64, viewOf } from './byte-source.ts';

/** Pointer and length. */
const elementBytes = 16;
const maxElements = 64;
const maxTextBytes = 64;
const isText = /^[A-Za-z][\w .,:()/-]*$/;

/** The strings of the array that begins with those of `first`, by their number; undefined if there is none. */
export function findStringTable(
  space: AddressSpace,
  first: readonly string[],
): readonly string[] | undefined {
  for (const vaddr of candidates(space, first)) {
    const texts = textsAt(space, vaddr, first.length);
    if (texts.every((text, index) => text === first[index])) {
      return [...first, ...textsBehind(space, vaddr + first.length * elementBytes)];
    }
  }
  return undefined;
}

/** Where strings of these lengths follow each other; in data that is written to, since the linker puts such arrays there. */
function* candidates(space: AddressSpace, first: readonly string[]): Generator<number> {
  const lengths = first.map((text) => text.length);
  const bytesMin = first.length * elementBytes;
  for (const segment of space.segments.filter((s) => s.writable)) {
    const end = segment.vaddr + segment.fileBytes;
    for (const { vaddr, bytes } of space.chunks(segment.vaddr, end, bytesMin)) {
      const view = viewOf(bytes);
      for (let at = (8 - (vaddr % 8)) % 8; at + bytesMin <= bytes.length; at += 8) {
        if (hasLengths(view, at + 8, lengths)) yield vaddr + at;
      }
    }
  }
}

function hasLengths(view: DataView, at: number, lengths: readonly number[]): boolean {
  return lengths.every((length, index) => u64(view, at + index * elementBytes) === length);
}

function textsAt(space: AddressSpace, vaddr: number, count: number): (string | undefined)[] {
  return Array.from({ length: count }, (_, index) => textAt(space, vaddr + index * elementBytes));
}

/** As many as are texts, none twice: the array's length stands nowhere. */
function textsBehind(space: AddressSpace, from: number): string[] {
  const texts: string[] = [];
  for (let vaddr = from; texts.length < maxElements; vaddr += elementBytes) {
    const text = textAt(space, vaddr);
    if (text === undefined || !isText.test(text) || texts.includes(text)) break;
    texts.push(text);
  }
  return texts;
}

function textAt(space: AddressSpace, vaddr: number): string | undefined {
  const length = space.word(vaddr + 8);
  if (length === 0) return '';
  const pointer = space.pointer(vaddr);
  const isSound = pointer !== undefined && length !== undefined && length <= maxTextBytes;
  const bytes = isSound ? space.read(pointer, length) : undefined;
  return bytes && Buffer.from(bytes).toString('latin1');
}
