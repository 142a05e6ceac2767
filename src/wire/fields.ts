/** Where a field stands in the records of a kind, for who looks at one before it is decoded. */
import { evKind, wireLayout } from './wire.gen.ts';

/**
 * Bytes from the beginning of the record.
 * @throws {TypeError} for a name that is none.
 */
export function fieldAt(kind: keyof typeof evKind, name: string): number {
  const field = wireLayout.records[evKind[kind]]?.fields[name];
  if (field === undefined) throw new TypeError(`${name} is no field of ${kind}`);
  return field[0];
}
