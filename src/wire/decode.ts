/**
 * Walks a batch record by record. A record never throws: one that is damaged or of a kind that this version does
 * not know is reported as such, and where its size cannot be trusted the rest of the batch is given up.
 */
import type { Batch } from './batch.ts';
import { familyAt, fieldAt } from './fields.ts';
import {
  type EvSpanEnd,
  evKind,
  fixedRecords,
  headerAt,
  type RecordHandlers,
  readEvSpanEnd,
  SPAN_BODY_AT,
  SPAN_TEXT_SIZES_AT,
  spanBodyBytes,
  spanTailBytes,
  textLimit,
  wireSize,
} from './wire.gen.ts';

const TRACE_FLAGS_AT = fieldAt('EV_SPAN_END', 'trace_flags');
const SAMPLED = 1;

/** Whether the record is that of a span, and not told only to be counted. */
export const isSampled = ({ traceFlags }: Pick<EvSpanEnd, 'traceFlags'>): boolean =>
  (traceFlags & SAMPLED) !== 0;

/** The same of the record that begins there. */
export const isSampledAt = ({ u8 }: Batch, at: number): boolean =>
  ((u8[at + TRACE_FLAGS_AT] as number) & SAMPLED) !== 0;

/** Why a record was not decoded. */
export type BadRecord = 'record_damaged' | 'record_unknown';

/** Hears of the kinds that it has a handler for, and of what could not be decoded; views are valid during the call. */
export interface RecordVisitor extends RecordHandlers {
  bad(reason: BadRecord): void;
}

/** Calls the visitor for every record of the batch, and returns how many there were. */
export function decodeBatch(batch: Batch, visitor: RecordVisitor): number {
  return eachRecord(batch, visitor, (at, kind, size) => decodeRecord(batch, at, kind, size, visitor));
}

/** Calls `take` for every record of the batch that lies in it as a whole, and returns how many there were. */
export function eachRecord(
  { u8, u16, u32 }: Batch,
  visitor: Pick<RecordVisitor, 'bad'>,
  take: (at: number, kind: number, size: number) => void,
): number {
  const end = u8.length;
  let records = 0;
  for (let at = 0; at < end; ) {
    const left = end - at;
    const size = left >= wireSize.EV_HEADER ? (u32[(at + headerAt.size) >>> 2] as number) : 0;
    if (size < wireSize.EV_HEADER || size > left) {
      visitor.bad('record_damaged');
      return records;
    }
    records++;
    take(at, u16[(at + headerAt.kind) >>> 1] as number, size);
    at += (size + 7) & ~7;
  }
  return records;
}

/** Calls the visitor for the record at byte `at`. */
export function decodeRecord(
  batch: Batch,
  at: number,
  kind: number,
  size: number,
  visitor: RecordVisitor,
): void {
  if (kind === evKind.EV_SPAN_END) {
    const fault = faultOfSpan(batch, at, size);
    if (fault === undefined) visitor.spanEnd?.(readEvSpanEnd(batch, at), at);
    else visitor.bad(fault);
    return;
  }
  const known = (fixedRecords as Readonly<Record<number, FixedRecord>>)[kind];
  if (known === undefined) visitor.bad('record_unknown');
  else if (size !== known.bytes) visitor.bad('record_damaged');
  else visitor[known.handler]?.(known.read(batch, at) as never, at);
}

type FixedRecord = (typeof fixedRecords)[keyof typeof fixedRecords];

/** Why the record of a span cannot be read; undefined if it can. */
export function faultOfSpan(batch: Batch, at: number, size: number): BadRecord | undefined {
  if (size < SPAN_BODY_AT) return 'record_damaged';
  const bodyBytes = spanBodyBytes[familyAt(batch, at)];
  if (bodyBytes === undefined) return 'record_unknown';
  const textsEnd = SPAN_BODY_AT + bodyBytes + textBytes(batch.u16, at);
  const tail = spanTailBytes(batch.u16[(at + headerAt.flags) >>> 1] as number);
  const bytes = tail > 0 ? ((textsEnd + 7) & ~7) + tail : textsEnd;
  return bytes === size ? undefined : 'record_damaged';
}

/** Bytes of all texts, which are what is left of the record behind its body. */
function textBytes(u16: Uint16Array, at: number): number {
  const first = (at + SPAN_TEXT_SIZES_AT) >>> 1;
  let sum = 0;
  for (let text = 0; text < textLimit.SPAN_TEXTS_MAX; text++) sum += u16[first + text] as number;
  return sum;
}
