/**
 * Records of another layout in that of this version: what has the same name goes to its new place, what is new is zero,
 * what is gone is left out. Records and layouts may be hostile: what cannot be converted becomes a record that the
 * decoder takes for damaged. Pure.
 */
import type { Fields, WireLayout } from '../wire/layout.ts';
import { evKind, spanFlag, wireLayout } from '../wire/wire.gen.ts';

const HEADER_BYTES = 16;
/** Of the header: `kind`, `flags`, `size`. */
const KIND_AT = 0;
const FLAGS_AT = 2;
const SIZE_AT = 4;
/** Records of spans that have no family are of this one, the first that there was. */
const FIRST_FAMILY = 1;

const wholeOf = (bytes: number): number => (bytes + 7) & ~7;

export class RecordConverter {
  readonly #from: WireLayout;
  readonly #to: WireLayout;

  constructor(from: WireLayout, to = wireLayout) {
    this.#from = from;
    this.#to = to;
  }

  /** The records of a batch one by one, in a buffer of its own. */
  convert(batch: ArrayBuffer): ArrayBuffer {
    const parts: Uint8Array[] = [];
    const view = new DataView(batch);
    for (let at = 0; at < batch.byteLength; ) {
      const left = batch.byteLength - at;
      const size = left < HEADER_BYTES ? 0 : view.getUint32(at + SIZE_AT, true);
      if (size < HEADER_BYTES || size > left) {
        // Not even where the next one begins is known: as in a batch that needs no conversion.
        parts.push(new Uint8Array(batch.slice(at)));
        break;
      }
      parts.push(this.#record(new Uint8Array(batch, at, size)));
      at += wholeOf(size);
    }
    return joined(parts);
  }

  #record(record: Uint8Array): Uint8Array {
    const kind = uint(record, KIND_AT, 2);
    const from = this.#from.records[kind];
    const to = this.#to.records[kind];
    // The decoder counts a kind that it does not know.
    if (from === undefined || to === undefined) return withSize(record.slice());
    if (record.length < from.bytes) return damaged(record);
    if (kind === evKind.EV_SPAN_END) return this.#span(record) ?? damaged(record);
    const out = new Uint8Array(to.bytes);
    copyFields(record, from.fields, out, to.fields);
    return withSize(out);
  }

  #span(record: Uint8Array): Uint8Array | undefined {
    const [from, to] = [this.#from, this.#to].map(({ records }) => records[evKind.EV_SPAN_END]);
    if (from === undefined || to === undefined) return undefined;
    const { family: familyAt, text_sizes: sizesAt, text_cut: cutAt } = from.fields;
    const family = familyAt ? uint(record, ...familyAt) : FIRST_FAMILY;
    const [fromFamily, toFamily] = [this.#from.families[family], this.#to.families[family]];
    if (fromFamily === undefined || toFamily === undefined || sizesAt === undefined) return undefined;
    const tails = tailsOf(record, this.#from);
    const end = record.length - tails.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const texts = textsOf(record, from.bytes + fromFamily.bytes, fromFamily.texts, sizesAt, cutAt, end);
    if (texts === undefined) return undefined;
    const kept = toFamily.texts.map((name) => texts.get(name));
    const head = to.bytes + toFamily.bytes;
    const textsEnd = head + kept.reduce((sum, text) => sum + (text?.bytes.length ?? 0), 0);
    const toTails = tails.flatMap(({ name, bytes, fields }) => {
      const to = this.#to[name];
      return to ? [{ bytes, fields, to }] : [];
    });
    const tailBytes = toTails.reduce((sum, { to }) => sum + to.bytes, 0);
    const out = new Uint8Array(tailBytes > 0 ? wholeOf(textsEnd) + tailBytes : textsEnd);
    copyFields(record, from.fields, out, to.fields);
    copyFields(record, fromFamily.fields, out, toFamily.fields);
    if (to.fields['family']) out[to.fields['family'][0]] = family;
    writeTexts(out, head, kept, to.fields);
    let tailAt = wholeOf(textsEnd);
    for (const { bytes, fields, to } of toTails) {
      copyFields(bytes, fields, out.subarray(tailAt), to.fields);
      tailAt += to.bytes;
    }
    return withSize(out);
  }
}

/** What a record may have behind its texts, in this order, by the flag that says so. */
const TAILS = [
  ['connection', spanFlag.SPAN_FLAG_CONNECTION],
  ['time', spanFlag.SPAN_FLAG_TIME],
] as const;

interface Tail {
  readonly name: (typeof TAILS)[number][0];
  readonly bytes: Uint8Array;
  readonly fields: Fields;
}

function tailsOf(record: Uint8Array, layout: WireLayout): readonly Tail[] {
  const flags = uint(record, FLAGS_AT, 2);
  const tails: Tail[] = [];
  let end = record.length;
  for (const [name, flag] of TAILS.toReversed()) {
    const tail = layout[name];
    if (tail === undefined || !(flags & flag) || tail.bytes >= end) continue;
    tails.unshift({ name, bytes: record.subarray(end - tail.bytes, end), fields: tail.fields });
    end -= tail.bytes;
  }
  return tails;
}

interface Text {
  readonly bytes: Uint8Array;
  readonly isCut: boolean;
}

/** The texts of a record by their names; undefined if they do not lie within it. */
function textsOf(
  record: Uint8Array,
  head: number,
  names: readonly string[],
  [sizesAt, sizesBytes]: readonly [number, number],
  cutAt: readonly [number, number] | undefined,
  end: number,
): Map<string, Text> | undefined {
  const texts = new Map<string, Text>();
  const cut = cutAt ? uint(record, ...cutAt) : 0;
  let at = head;
  for (const [index, name] of names.entries()) {
    const size = 2 * index < sizesBytes ? uint(record, sizesAt + 2 * index, 2) : 0;
    texts.set(name, { bytes: record.subarray(at, at + size), isCut: (cut & (1 << index)) !== 0 });
    at += size;
  }
  return at === end || (end < record.length && wholeOf(at) === end) ? texts : undefined;
}

function writeTexts(
  out: Uint8Array,
  head: number,
  texts: readonly (Text | undefined)[],
  { text_sizes: sizes, text_cut: cut, text_bytes: sum }: Fields,
): void {
  let at = head;
  let cutBits = 0;
  for (const [index, text] of texts.entries()) {
    const bytes = text?.bytes ?? new Uint8Array();
    out.set(bytes, at);
    at += bytes.length;
    if (sizes) putUint(out, sizes[0] + 2 * index, 2, bytes.length);
    if (text?.isCut) cutBits |= 1 << index;
  }
  if (cut) putUint(out, ...cut, cutBits);
  if (sum) putUint(out, ...sum, at - head);
}

/** A number that has become wider is filled up with zeros: all of them are little-endian. */
function copyFields(from: Uint8Array, fromFields: Fields, to: Uint8Array, toFields: Fields): void {
  for (const [name, [at, bytes]] of Object.entries(toFields)) {
    const source = fromFields[name];
    if (source) to.set(from.subarray(source[0], source[0] + Math.min(bytes, source[1])), at);
  }
}

/** A record without a body: too short for every kind that has one. */
function damaged(record: Uint8Array): Uint8Array {
  return withSize(record.slice(0, HEADER_BYTES));
}

function withSize(record: Uint8Array): Uint8Array {
  putUint(record, SIZE_AT, 4, record.length);
  return record;
}

function uint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = size - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}

function putUint(bytes: Uint8Array, at: number, size: number, value: number): void {
  for (let index = 0; index < size; index++) bytes[at + index] = (value >>> (8 * index)) & 0xff;
}

function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + wholeOf(part.length), 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += wholeOf(part.length);
  }
  return all.buffer;
}
