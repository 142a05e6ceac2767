/** Where a field stands in the records of a kind, for who looks at one before it is decoded. */
import { type Batch, between64 } from './batch.ts';
import {
  evKind,
  familyNames,
  SPAN_BODY_AT,
  SPAN_TEXT_SIZES_AT,
  type SpanFamily,
  spanBodyBytes,
  wireLayout,
} from './wire.gen.ts';

/**
 * Bytes from the beginning of the record.
 * @throws {TypeError} for a name that is none.
 */
export function fieldAt(kind: keyof typeof evKind, name: string): number {
  return placeOf(wireLayout.records[evKind[kind]]?.fields[name], `${kind}.${name}`);
}

/** Likewise, of a field that spans of the family have. */
export function bodyFieldAt(family: SpanFamily, name: string): number {
  const number = Object.entries(familyNames).find(([, known]) => known === family)?.[0];
  return placeOf(wireLayout.families[Number(number)]?.fields[name], `${family}.${name}`);
}

const FAMILY_AT = fieldAt('EV_SPAN_END', 'family');
const START_AT = fieldAt('EV_SPAN_END', 'start_ktime_ns');
const END_AT = fieldAt('EV_SPAN_END', 'end_ktime_ns');

/** The number of the family of the span whose record begins at `at`. */
export const familyAt = ({ u8 }: Batch, at: number): number => u8[at + FAMILY_AT] as number;

/** How long it lasted, in nanoseconds. */
export const durationNsAt = ({ u32 }: Batch, at: number): number =>
  between64(u32, at + START_AT, at + END_AT);

/** Bytes of a text of the span whose record begins at `at`. */
export const textSizeAt = ({ u16 }: Batch, at: number, text: number): number =>
  u16[((at + SPAN_TEXT_SIZES_AT) >>> 1) + text] as number;

/** Where the text begins. */
export function textStartAt(batch: Batch, at: number, text: number): number {
  let start = at + SPAN_BODY_AT + (spanBodyBytes[familyAt(batch, at)] ?? 0);
  for (let before = 0; before < text; before++) start += textSizeAt(batch, at, before);
  return start;
}

function placeOf(field: readonly [at: number, bytes: number] | undefined, name: string): number {
  if (field === undefined) throw new TypeError(`${name} is no field of a record`);
  return field[0];
}
