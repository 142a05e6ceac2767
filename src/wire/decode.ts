/**
 * Walks a batch record by record. A record never throws: one that is damaged or of a kind that this version does
 * not know is reported as such, and where its size cannot be trusted the rest of the batch is given up.
 */
import type { Batch } from './batch.ts';
import {
  type EvSpanEnd,
  evKind,
  fixedRecords,
  type RecordHandlers,
  readEvHeader,
  readEvSpanEnd,
  SPAN_BODY_AT,
  SPAN_TEXT_SIZES_AT,
  SPAN_TIME_BYTES,
  spanBodyBytes,
  spanFlag,
  textLimit,
  wireSize,
} from './wire.gen.ts';

/** Why a record was not decoded. */
export type BadRecord = 'record_damaged' | 'record_unknown';

/** Hears of the kinds that it has a handler for, and of what could not be decoded; views are valid during the call. */
export interface RecordVisitor extends RecordHandlers {
  bad(reason: BadRecord): void;
}

/** Calls the visitor for every record of the batch, and returns how many there were. */
export function decodeBatch(batch: Batch, visitor: RecordVisitor): number {
  const end = batch.u8.length;
  let records = 0;
  for (let at = 0; at < end; ) {
    const left = end - at;
    const header = left >= wireSize.EV_HEADER ? readEvHeader(batch, at) : undefined;
    if (header === undefined || header.size < wireSize.EV_HEADER || header.size > left) {
      visitor.bad('record_damaged');
      return records;
    }
    records++;
    decodeRecord(batch, at, header.kind, header.size, visitor);
    at += (header.size + 7) & ~7;
  }
  return records;
}

function decodeRecord(batch: Batch, at: number, kind: number, size: number, visitor: RecordVisitor): void {
  if (kind === evKind.EV_SPAN_END) {
    decodeSpan(batch, at, size, visitor);
    return;
  }
  const known = (fixedRecords as Readonly<Record<number, FixedRecord>>)[kind];
  if (known === undefined) visitor.bad('record_unknown');
  else if (size !== known.bytes) visitor.bad('record_damaged');
  else visitor[known.handler]?.(known.read(batch, at) as never, at);
}

type FixedRecord = (typeof fixedRecords)[keyof typeof fixedRecords];

function decodeSpan(batch: Batch, at: number, size: number, visitor: RecordVisitor): void {
  const record = size >= SPAN_BODY_AT ? readEvSpanEnd(batch, at) : undefined;
  const bodyBytes = record && spanBodyBytes[record.family];
  if (record === undefined) visitor.bad('record_damaged');
  else if (bodyBytes === undefined) visitor.bad('record_unknown');
  else if (sizeOf(record, SPAN_BODY_AT + bodyBytes + textBytes(batch, at)) !== size)
    visitor.bad('record_damaged');
  else visitor.spanEnd?.(record, at);
}

/** Bytes of a span whose texts end there. */
function sizeOf({ header }: EvSpanEnd, textsEnd: number): number {
  return header.flags & spanFlag.SPAN_FLAG_TIME ? ((textsEnd + 7) & ~7) + SPAN_TIME_BYTES : textsEnd;
}

/** Bytes of all texts, which are what is left of the record behind its body. */
function textBytes({ u16 }: Batch, at: number): number {
  const first = (at + SPAN_TEXT_SIZES_AT) >>> 1;
  let sum = 0;
  for (let text = 0; text < textLimit.SPAN_TEXTS_MAX; text++) sum += u16[first + text] as number;
  return sum;
}
