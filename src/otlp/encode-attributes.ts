/** Attributes as `KeyValue`s: what the API allows, and whatever else a host may have put there. Never throws on data. */
import { cutText } from '../span/cut-text.ts';
import { anyValue, keyValue, values } from './fields.ts';
import type { ProtoWriter } from './proto-writer.ts';

/** Deeper values, and those that hold themselves, are sent without a value from here on. */
const DEPTH_MAX = 16;
const INT64_MIN = -(2 ** 63);
const INT64_END = 2 ** 63;

/** Writes up to `countMax` attributes; returns how many were dropped. Texts are cut to `lengthMax`. */
export function writeAttributes(
  writer: ProtoWriter,
  field: number,
  attributes: Readonly<Record<string, unknown>>,
  countMax: number,
  lengthMax: number,
): number {
  const keys = Object.keys(attributes);
  // Read together: half the time of one by one.
  const all = Object.values(attributes);
  const count = Math.min(keys.length, countMax);
  for (let index = 0; index < count; index++) {
    writeKeyValue(writer, field, keys[index] as string, all[index], lengthMax);
  }
  return keys.length - count;
}

/** Writes one attribute; what OTLP has no place for goes without a value. `depth` is that of what holds it. */
export function writeKeyValue(
  writer: ProtoWriter,
  field: number,
  key: string,
  value: unknown,
  lengthMax: number,
  depth = 0,
): void {
  if (typeof value === 'string') {
    writer.textPair(field, key, cutText(value, lengthMax));
    return;
  }
  if (typeof value === 'number' && isInt64(value)) {
    writer.intPair(field, key, value);
    return;
  }
  const pair = writer.begin(field);
  writer.string(keyValue.key, key);
  const start = writer.begin(keyValue.value);
  writeValue(writer, value, lengthMax, depth);
  writer.end(start);
  writer.end(pair);
}

/** Leaves the value empty for what OTLP has no place for: null, functions, symbols. */
function writeValue(writer: ProtoWriter, value: unknown, lengthMax: number, depth: number): void {
  switch (typeof value) {
    case 'string':
      writer.string(anyValue.string, cutText(value, lengthMax));
      break;
    case 'number':
      if (isInt64(value)) writer.int(anyValue.int, value);
      else writer.double(anyValue.double, value);
      break;
    case 'boolean':
      writer.uint(anyValue.bool, Number(value));
      break;
    case 'object':
      if (value !== null && depth < DEPTH_MAX) writeObject(writer, value, lengthMax, depth + 1);
  }
}

function writeObject(writer: ProtoWriter, value: object, lengthMax: number, depth: number): void {
  if (value instanceof Uint8Array) {
    writer.bytes(anyValue.bytes, value);
    return;
  }
  const isArray = Array.isArray(value);
  const start = writer.begin(isArray ? anyValue.array : anyValue.kvlist);
  if (isArray) {
    for (const element of value) {
      const at = writer.begin(values);
      writeValue(writer, element, lengthMax, depth);
      writer.end(at);
    }
  } else {
    for (const key of Object.keys(value)) {
      writeKeyValue(writer, values, key, (value as Record<string, unknown>)[key], lengthMax, depth);
    }
  }
  writer.end(start);
}

function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= INT64_MIN && value < INT64_END;
}
