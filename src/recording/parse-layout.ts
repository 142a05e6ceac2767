/** Whether what a recording says of its layout is one. Pure; hostile. */

/** A record is far smaller, and has far fewer fields. */
const BYTES_MAX = 1 << 16;
const ENTRIES_MAX = 1 << 10;

export function isLayout(value: unknown): boolean {
  if (!isTable(value)) return false;
  const { records, families, connection, time } = value;
  return (
    isTable(records) &&
    Object.values(records).every(isRecord) &&
    isTable(families) &&
    Object.values(families).every(
      (family) => isRecord(family) && isTable(family) && areNames(family['texts']),
    ) &&
    [connection, time].every((tail) => tail === undefined || isRecord(tail))
  );
}

function isRecord(value: unknown): boolean {
  if (!isTable(value)) return false;
  const { bytes, fields } = value;
  return isSize(bytes) && isTable(fields) && Object.values(fields).every(isPlace);
}

function isPlace(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isSize);
}

function areNames(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length <= ENTRIES_MAX && value.every((name) => typeof name === 'string')
  );
}

function isSize(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= BYTES_MAX;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length <= ENTRIES_MAX
  );
}
