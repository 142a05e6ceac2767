/**
 * Walks a batch record by record. A record never throws: one that is damaged or of a kind that this version does
 * not know is reported as such, and where its size cannot be trusted the rest of the batch is given up.
 */
import type { Batch } from './batch.ts';
import {
  type EvProcessExec,
  type EvProcessExit,
  type EvSpanEnd,
  evKind,
  readEvHeader,
  readEvProcessExec,
  readEvProcessExit,
  readEvSpanEnd,
  SPAN_BODY_AT,
  spanBodyBytes,
  wireSize,
} from './wire.gen.ts';

/** Why a record was not decoded. */
export type BadRecord = 'record_damaged' | 'record_unknown';

/** Receives the records of a batch in order; arrays in them are views, valid during the call. */
export interface RecordVisitor {
  /** The record lies in the batch at that byte. */
  onSpanEnd(record: EvSpanEnd, at: number): void;
  onProcessExec(record: EvProcessExec): void;
  onProcessExit(record: EvProcessExit): void;
  onBad(reason: BadRecord): void;
}

/** Calls the visitor for every record of the batch, and returns how many there were. */
export function decodeBatch(batch: Batch, visitor: RecordVisitor): number {
  const end = batch.u8.length;
  let records = 0;
  for (let at = 0; at < end; ) {
    const left = end - at;
    const header = left >= wireSize.EV_HEADER ? readEvHeader(batch, at) : undefined;
    if (header === undefined || header.size < wireSize.EV_HEADER || header.size > left) {
      visitor.onBad('record_damaged');
      return records;
    }
    records++;
    decodeRecord(batch, at, header.kind, header.size, visitor);
    at += (header.size + 7) & ~7;
  }
  return records;
}

function decodeRecord(batch: Batch, at: number, kind: number, size: number, visitor: RecordVisitor): void {
  switch (kind) {
    case evKind.EV_SPAN_END: {
      const record = size >= SPAN_BODY_AT ? readEvSpanEnd(batch, at) : undefined;
      const bodyBytes = record && spanBodyBytes[record.family];
      if (record === undefined) visitor.onBad('record_damaged');
      else if (bodyBytes === undefined) visitor.onBad('record_unknown');
      else if (SPAN_BODY_AT + bodyBytes + textBytes(record) !== size) visitor.onBad('record_damaged');
      else visitor.onSpanEnd(record, at);
      return;
    }
    case evKind.EV_PROCESS_EXEC:
      if (size !== wireSize.EV_PROCESS_EXEC) visitor.onBad('record_damaged');
      else visitor.onProcessExec(readEvProcessExec(batch, at));
      return;
    case evKind.EV_PROCESS_EXIT:
      if (size !== wireSize.EV_PROCESS_EXIT) visitor.onBad('record_damaged');
      else visitor.onProcessExit(readEvProcessExit(batch, at));
      return;
    default:
      visitor.onBad('record_unknown');
  }
}

/** Bytes of all texts, which are what is left of the record behind its body. */
function textBytes({ textSizes }: EvSpanEnd): number {
  let sum = 0;
  for (const size of textSizes) sum += size;
  return sum;
}
