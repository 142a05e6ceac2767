/** Where a field stands in the records of a kind, for who looks at one before it is decoded. */
import { evKind, familyNames, type SpanFamily, wireLayout } from './wire.gen.ts';

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

function placeOf(field: readonly [at: number, bytes: number] | undefined, name: string): number {
  if (field === undefined) throw new TypeError(`${name} is no field of a record`);
  return field[0];
}
