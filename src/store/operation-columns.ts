/** Rows grouped by their operation, and how the columns of one are written. */
import { SPAN_IS_ERROR } from '../page-api/answers.ts';
import type { Operation } from '../page-api/query.ts';
import type { PlaceColumns, ScanColumns } from './columns.ts';
import { bitOf, type OperationFacts } from './segment.ts';
import { ID_BYTES, type SpanRows } from './span-rows.ts';
import { USE_COUNT } from './uses.ts';

/** All columns of one operation. */
export interface OperationColumns {
  readonly facts: OperationFacts;
  readonly scan: ScanColumns;
  readonly shares: Uint8Array;
  readonly places: PlaceColumns;
  readonly ids: Uint8Array;
}

const TWO_POW_32 = 2 ** 32;

/** By the numbers of the operations; one without rows is left out. */
export function groupRows(
  rows: SpanRows,
  operations: readonly (Operation | undefined)[],
): OperationColumns[] {
  const { count } = rows;
  const starts = new Uint32Array(operations.length + 1);
  for (let row = 0; row < count; row++) (starts[(rows.operation[row] as number) + 1] as number)++;
  for (let number = 0; number < operations.length; number++)
    starts[number + 1] = (starts[number + 1] as number) + (starts[number] as number);
  const next = starts.slice();
  const order = new Uint32Array(count);
  for (let row = 0; row < count; row++) order[(next[rows.operation[row] as number] as number)++] = row;
  return operations.flatMap((operation, number) => {
    const of = order.subarray(starts[number], starts[number + 1]);
    return of.length === 0 ? [] : [columnsOf(rows, of, number, operation)];
  });
}

function columnsOf(
  rows: SpanRows,
  order: Uint32Array,
  number: number,
  operation: Operation | undefined,
): OperationColumns {
  const { startUs } = rows;
  order.sort((a, b) => (startUs[a] as number) - (startUs[b] as number));
  const count = order.length;
  const scan = {
    count,
    startUs: new Float64Array(count),
    durationNs: new Float64Array(count),
    flags: new Uint8Array(count),
    top: new Uint8Array(count),
    cause: new Uint8Array(count),
  };
  const shares = new Uint8Array(count * USE_COUNT);
  const places = { chunk: new Uint32Array(count), offset: new Uint32Array(count) };
  const ids = new Uint8Array(count * ID_BYTES);
  const facts = {
    number,
    operation,
    count,
    errors: 0,
    minStartUs: startUs[order[0] as number] as number,
    maxStartUs: startUs[order[count - 1] as number] as number,
    minNs: Number.POSITIVE_INFINITY,
    maxNs: 0,
    tops: 0,
    causes: 0,
  };
  for (let at = 0; at < count; at++) {
    const row = order[at] as number;
    const ns = rows.durationNs[row] as number;
    const flags = rows.flags[row] as number;
    const top = rows.top[row] as number;
    const cause = rows.cause[row] as number;
    scan.startUs[at] = startUs[row] as number;
    scan.durationNs[at] = ns;
    scan.flags[at] = flags;
    scan.top[at] = top;
    scan.cause[at] = cause;
    places.chunk[at] = rows.chunk[row] as number;
    places.offset[at] = rows.offset[row] as number;
    for (let index = 0; index < ID_BYTES; index++)
      ids[at * ID_BYTES + index] = rows.ids[row * ID_BYTES + index] as number;
    for (let use = 0; use < USE_COUNT; use++)
      shares[use * count + at] = rows.shares[row * USE_COUNT + use] as number;
    if (flags & SPAN_IS_ERROR) facts.errors++;
    if (ns < facts.minNs) facts.minNs = ns;
    if (ns > facts.maxNs) facts.maxNs = ns;
    facts.tops |= bitOf(top);
    facts.causes |= bitOf(cause);
  }
  return { facts, scan, shares, places, ids };
}

/** Times as the lower halves of what they are after the first, and the upper ones only where there are any. */
export function scanBytes({ facts, scan }: OperationColumns): Uint8Array {
  const { count } = scan;
  const parts = [
    ...halvesOf(scan.startUs, count, facts.minStartUs),
    ...halvesOf(scan.durationNs, count, 0),
    scan.flags,
    scan.top,
    scan.cause,
  ];
  return Buffer.concat(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
}

/** The bytes of `scanBytes` again; undefined if they are too few. */
export function scanOf(bytes: Uint8Array, { count, minStartUs }: OperationFacts): ScanColumns | undefined {
  // Of its own memory, so that words may be read where they are.
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const parts = new Parts(whole);
  const startUs = parts.numbers(count, minStartUs);
  const durationNs = parts.numbers(count, 0);
  const [flags, top, cause] = [parts.bytes(count), parts.bytes(count), parts.bytes(count)];
  return startUs && durationNs && flags && top && cause
    ? { count, startUs, durationNs, flags, top, cause }
    : undefined;
}

export function placeBytes({ chunk, offset }: PlaceColumns): Uint8Array {
  return Buffer.concat(
    [chunk, offset].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)),
  );
}

export function placesOf(bytes: Uint8Array, count: number): PlaceColumns {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return {
    chunk: new Uint32Array(whole.buffer, whole.byteOffset, count),
    offset: new Uint32Array(whole.buffer, whole.byteOffset + 4 * count, count),
  };
}

/** A word that says whether there are upper halves, the lower ones, the upper ones. */
function halvesOf(values: Float64Array, count: number, base: number): Uint32Array[] {
  const low = new Uint32Array(count + 1);
  const high = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    const value = (values[row] as number) - base;
    low[row + 1] = value % TWO_POW_32;
    if (value < TWO_POW_32) continue;
    high[row] = Math.floor(value / TWO_POW_32);
    low[0] = 1;
  }
  return low[0] === 1 ? [low, high] : [low];
}

class Parts {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bytes(length: number): Uint8Array | undefined {
    if (this.#at + length > this.#bytes.length) return undefined;
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  numbers(count: number, base: number): Float64Array | undefined {
    const low = this.#words(count + 1);
    const high = low?.[0] === 1 ? this.#words(count) : undefined;
    if (low === undefined || (low[0] === 1 && high === undefined)) return undefined;
    const values = new Float64Array(count);
    if (high === undefined) {
      for (let row = 0; row < count; row++) values[row] = base + (low[row + 1] as number);
    } else {
      for (let row = 0; row < count; row++)
        values[row] = base + (low[row + 1] as number) + (high[row] as number) * TWO_POW_32;
    }
    return values;
  }

  #words(count: number): Uint32Array | undefined {
    const bytes = this.bytes(count * 4);
    return bytes && new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  }
}
