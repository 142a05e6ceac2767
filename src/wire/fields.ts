/** Where a field stands in the records of a kind, for who looks at one before it is decoded. */
import type { Batch } from './batch.ts';
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

/** Bytes of a text of the span whose record begins at `at`. */
export const textSizeAt = ({ u16 }: Batch, at: number, text: number): number =>
  u16[((at + SPAN_TEXT_SIZES_AT) >>> 1) + text] as number;

/** Where the text begins. */
export function textStartAt(batch: Batch, at: number, text: number): number {
  let start = at + SPAN_BODY_AT + (spanBodyBytes[batch.u8[at + FAMILY_AT] as number] ?? 0);
  for (let before = 0; before < text; before++) start += textSizeAt(batch, at, before);
  return start;
}

function placeOf(field: readonly [at: number, bytes: number] | undefined, name: string): number {
  if (field === undefined) throw new TypeError(`${name} is no field of a record`);
  return field[0];
}
