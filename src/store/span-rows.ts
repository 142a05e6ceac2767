/** What spans are found by, as columns: one entry of each is a row, which is a span. */
import type { ScannedSpan } from './scan-request.ts';
import { USE_COUNT } from './uses.ts';

/** Trace id and span id. */
export const ID_BYTES = 24;
const TRACE_ID_BYTES = 16;
const FIRST_CAPACITY = 1024;
/** Bytes of a row as they are written, without its chunk. */
const ROW_BYTES = 8 + 8 + 4 + 4 + 2 + 1 + 1 + 1 + USE_COUNT + ID_BYTES;

/** Columns that grow. The arrays may be longer than `count`, and are others after a `push`. */
export class SpanRows {
  count = 0;
  /** Microseconds since 1970. */
  startUs: Float64Array;
  durationNs: Float64Array;
  /** First four bytes of a hash of the trace id. */
  traceKey: Uint32Array;
  /** Where the span begins in its chunk, with its tag. */
  offset: Uint32Array;
  chunk: Uint32Array;
  /** Number of its operation in the segment. */
  operation: Uint16Array;
  flags: Uint8Array;
  top: Uint8Array;
  cause: Uint8Array;
  /** `USE_COUNT` of each row. */
  shares: Uint8Array;
  /** `ID_BYTES` of each row. */
  ids: Uint8Array;

  constructor(capacity = FIRST_CAPACITY) {
    this.startUs = new Float64Array(capacity);
    this.durationNs = new Float64Array(capacity);
    this.traceKey = new Uint32Array(capacity);
    this.offset = new Uint32Array(capacity);
    this.chunk = new Uint32Array(capacity);
    this.operation = new Uint16Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.top = new Uint8Array(capacity);
    this.cause = new Uint8Array(capacity);
    this.shares = new Uint8Array(capacity * USE_COUNT);
    this.ids = new Uint8Array(capacity * ID_BYTES);
  }

  push(bytes: Uint8Array, span: ScannedSpan, flags: number, operation: number, offset: number): void {
    const row = this.count;
    this.#reserve(1);
    this.startUs[row] = span.startUs;
    this.durationNs[row] = span.durationNs;
    this.traceKey[row] = traceKeyAt(bytes, span.traceIdAt);
    this.offset[row] = offset;
    this.operation[row] = operation;
    this.flags[row] = flags;
    this.top[row] = span.top;
    this.cause[row] = span.cause;
    this.shares.set(span.shares, row * USE_COUNT);
    const id = row * ID_BYTES;
    for (let index = 0; index < TRACE_ID_BYTES; index++)
      this.ids[id + index] = bytes[span.traceIdAt + index] as number;
    for (let index = 0; index < ID_BYTES - TRACE_ID_BYTES; index++)
      this.ids[id + TRACE_ID_BYTES + index] = bytes[span.spanIdAt + index] as number;
    this.count++;
  }

  clear(): void {
    this.count = 0;
  }

  /** The rows from `from` on as bytes in which `addBytes` finds them again. */
  bytesFrom(from: number): Uint8Array {
    const count = this.count - from;
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(count * ROW_BYTES).buffer);
    let at = 0;
    for (const [column, width] of this.#columns()) {
      const entry = column.BYTES_PER_ELEMENT * width;
      bytes.set(new Uint8Array(column.buffer, column.byteOffset + from * entry, count * entry), at);
      at += count * entry;
    }
    return bytes;
  }

  /** Takes in the rows of a chunk. False if the bytes are none. */
  addBytes(bytes: Uint8Array, chunk: number): boolean {
    const added = bytes.length / ROW_BYTES;
    if (!Number.isInteger(added)) return false;
    this.#reserve(added);
    const row = this.count;
    let at = 0;
    for (const [column, width] of this.#columns()) {
      const entry = column.BYTES_PER_ELEMENT * width;
      const to = new Uint8Array(column.buffer, column.byteOffset + row * entry, added * entry);
      to.set(bytes.subarray(at, at + added * entry));
      at += added * entry;
    }
    this.chunk.fill(chunk, row, row + added);
    this.count += added;
    return true;
  }

  /** Those that are written, in the order of the format, and how many entries of each a row has. */
  #columns(): readonly (readonly [Float64Array | Uint32Array | Uint16Array | Uint8Array, number])[] {
    return [
      [this.startUs, 1],
      [this.durationNs, 1],
      [this.traceKey, 1],
      [this.offset, 1],
      [this.operation, 1],
      [this.flags, 1],
      [this.top, 1],
      [this.cause, 1],
      [this.shares, USE_COUNT],
      [this.ids, ID_BYTES],
    ];
  }

  #reserve(more: number): void {
    const needed = this.count + more;
    if (needed <= this.startUs.length) return;
    const larger = new SpanRows(Math.max(needed, this.startUs.length * 2));
    for (const [index, [column]] of larger.#columns().entries()) {
      column.set((this.#columns()[index] as [Uint8Array, number])[0]);
    }
    larger.chunk.set(this.chunk);
    this.startUs = larger.startUs;
    this.durationNs = larger.durationNs;
    this.traceKey = larger.traceKey;
    this.offset = larger.offset;
    this.chunk = larger.chunk;
    this.operation = larger.operation;
    this.flags = larger.flags;
    this.top = larger.top;
    this.cause = larger.cause;
    this.shares = larger.shares;
    this.ids = larger.ids;
  }
}

/** First four bytes of a hash (FNV-1a) of the 16 bytes at a place: not of the id itself, whose first ones are often times. */
export function traceKeyAt(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  for (let index = at; index < at + 16; index++)
    hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
  return hash >>> 0;
}

const hexOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('hex');

/** Of the column of ids. */
export const traceIdAt = (ids: Uint8Array, row: number): string =>
  hexOf(ids, row * ID_BYTES, row * ID_BYTES + TRACE_ID_BYTES);
export const spanIdAt = (ids: Uint8Array, row: number): string =>
  hexOf(ids, row * ID_BYTES + TRACE_ID_BYTES, (row + 1) * ID_BYTES);
