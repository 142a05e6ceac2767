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
  spanText,
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

const TEXT_AT = wireSize.EV_SPAN_END - wireSize.EV_SPAN_END_TEXT;

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
      const record = size >= TEXT_AT ? readEvSpanEnd(batch, at) : undefined;
      if (record === undefined || !textFits(record, size)) visitor.onBad('record_damaged');
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

/** The strings must lie within the record. */
function textFits(record: EvSpanEnd, size: number): boolean {
  let sum = 0;
  for (let text = 0; text < spanText.TEXT_COUNT; text++) sum += record.textSizes[text] as number;
  return sum === record.textBytes && TEXT_AT + sum === size;
}
