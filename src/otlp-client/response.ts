/**
 * The few messages that a collector answers with. Pure; their bytes are hostile: nothing here throws, loops over more
 * than it was given, or keeps a text of unbounded length.
 */
import { oneLine } from '../export/export-failure.ts';

/** `partial_success` of an `Export…ServiceResponse`: all zero and empty when everything was taken. */
export interface ExportResponse {
  readonly rejectedItems: number;
  readonly message: string;
}

/** A `google.rpc.Status`. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  /** `retry_delay` of a `google.rpc.RetryInfo` among its details, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Fields of https://github.com/open-telemetry/opentelemetry-proto/blob/v1.7.0/opentelemetry/proto/collector/trace/v1/trace_service.proto;
 * those of metrics and logs have the same numbers. Undefined for what is not such a message.
 */
export function readExportResponse(bytes: Uint8Array): ExportResponse | undefined {
  const partial = bytesIn(readFields(bytes), 1);
  if (!partial) return readFields(bytes) && { rejectedItems: 0, message: '' };
  const fields = readFields(partial);
  return fields && { rejectedItems: integerIn(fields, 1), message: textIn(fields, 2) };
}

/** Fields of https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto. */
export function readStatus(bytes: Uint8Array): RpcStatus | undefined {
  const fields = readFields(bytes);
  if (!fields) return undefined;
  const delays = fields
    .filter(({ number }) => number === 3)
    .map(({ value }) => (typeof value === 'number' ? undefined : retryDelayOf(value)));
  return {
    code: integerIn(fields, 1),
    message: textIn(fields, 2),
    retryAfterMs: delays.find((delay) => delay !== undefined),
  };
}

/** An `Any` of a RetryInfo: type_url = 1, value = 2; its retry_delay = 1 is a Duration of seconds = 1 and nanos = 2. */
function retryDelayOf(any: Uint8Array): number | undefined {
  const fields = readFields(any);
  if (!fields || !textIn(fields, 1).endsWith('/google.rpc.RetryInfo')) return undefined;
  const duration = readFields(bytesIn(readFields(bytesIn(fields, 2)), 1));
  if (!duration) return undefined;
  return integerIn(duration, 1) * 1000 + Math.ceil(integerIn(duration, 2) / 1e6);
}

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** An honest answer has a few. */
const MAX_FIELDS = 1024;

/** The varint and length-delimited fields; undefined for bytes that are no protobuf message. */
function readFields(bytes: Uint8Array | undefined): Field[] | undefined {
  if (!bytes) return undefined;
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    if (fields.length >= MAX_FIELDS) return undefined;
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (!(number > 0)) return undefined;
    const kind = tag % 8;
    if (kind === 0) {
      const value = varint();
      if (Number.isNaN(value)) return undefined;
      fields.push({ number, value });
      continue;
    }
    const length = kind === 2 ? varint() : kind === 1 ? 8 : kind === 5 ? 4 : Number.NaN;
    if (!(at + length <= bytes.length)) return undefined;
    if (kind === 2) fields.push({ number, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

/** The last one of a number counts, as protobuf has it. */
function bytesIn(fields: Field[] | undefined, number: number): Uint8Array | undefined {
  const value = fields?.findLast((field) => field.number === number)?.value;
  return typeof value === 'number' ? undefined : value;
}

/** Not negative: a negative int64 is a varint of over 2^63. */
function integerIn(fields: Field[], number: number): number {
  const value = fields.findLast((field) => field.number === number)?.value;
  return typeof value === 'number' && value < 2 ** 63 ? value : 0;
}

/** More than `oneLine` keeps of them. */
const MAX_TEXT_BYTES = 1024;

function textIn(fields: Field[], number: number): string {
  return oneLine(Buffer.from(bytesIn(fields, number)?.subarray(0, MAX_TEXT_BYTES) ?? []).toString('utf8'));
}
