/** What the spans of one operation came to in a time: by the minute it is kept, so that an hour is a sum of sixty. */
import { SPAN_HAS_BREAKDOWN, SPAN_IS_ERROR } from '../page-api/answers.ts';
import type { ScanColumns } from './columns.ts';
import { BUCKET_COUNT, bucketOf } from './duration-buckets.ts';
import { USE_COUNT, WHOLE } from './uses.ts';
import { VarintReader, VarintWriter } from './varints.ts';

export const MINUTE_US = 60_000_000;
const CODES = 256;

/** A sum over spans. */
export class Rollup {
  count = 0;
  errors = 0;
  sumNs = 0;
  /** By use. */
  readonly spentNs = new Float64Array(USE_COUNT);
  /** By code. */
  readonly causes = new Uint32Array(CODES);
  readonly buckets = new Uint32Array(BUCKET_COUNT);

  /** Adds a row; `shares` are asked for where it has any. */
  add(columns: ScanColumns, row: number, sharesOf: () => Uint8Array): void {
    const ns = columns.durationNs[row] as number;
    const flags = columns.flags[row] as number;
    this.count++;
    this.sumNs += ns;
    if (flags & SPAN_IS_ERROR) this.errors++;
    (this.causes[columns.cause[row] as number] as number)++;
    (this.buckets[bucketOf(ns)] as number)++;
    if ((flags & SPAN_HAS_BREAKDOWN) === 0) return;
    const shares = sharesOf();
    for (let use = 0, at = row; use < USE_COUNT; use++, at += columns.count) {
      const share = shares[at] as number;
      if (share !== 0) this.spentNs[use] = (this.spentNs[use] as number) + (share / WHOLE) * ns;
    }
  }

  clear(): void {
    this.count = this.errors = this.sumNs = 0;
    this.spentNs.fill(0);
    this.causes.fill(0);
    this.buckets.fill(0);
  }
}

/** A kept minute, to be added or passed over. */
export interface RollupRecord {
  readonly minute: number;
  readonly count: number;
  addTo(rollup: Rollup): void;
}

export function writeRollup(writer: VarintWriter, minute: number, rollup: Rollup): void {
  writer.write(minute);
  writer.write(rollup.count);
  const body = new VarintWriter();
  body.write(rollup.errors);
  body.write(rollup.sumNs);
  writeSparse(body, rollup.spentNs);
  writeSparse(body, rollup.causes);
  writeSparse(body, rollup.buckets);
  writer.writeBytes(body.bytes());
}

/** The minutes of an operation. */
export function* readRollups(bytes: Uint8Array): Iterable<RollupRecord> {
  const reader = new VarintReader(bytes);
  while (!reader.isAtEnd) {
    const minute = reader.read();
    const count = reader.read();
    const body = reader.readBytes();
    yield {
      minute,
      count,
      addTo: (rollup) => {
        const fields = new VarintReader(body);
        rollup.count += count;
        rollup.errors += fields.read();
        rollup.sumNs += fields.read();
        addSparse(fields, rollup.spentNs);
        addSparse(fields, rollup.causes);
        addSparse(fields, rollup.buckets);
      },
    };
  }
}

/** Pairs of how many are passed over and what then comes; those that are 0 are not written. */
function writeSparse(writer: VarintWriter, values: Float64Array | Uint32Array): void {
  let pairs = 0;
  for (const value of values) if (value !== 0) pairs++;
  writer.write(pairs);
  let last = -1;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (value === 0) continue;
    writer.write(index - last - 1);
    writer.write(Math.round(value));
    last = index;
  }
}

function addSparse(reader: VarintReader, values: Float64Array | Uint32Array): void {
  let index = -1;
  for (let pairs = reader.read(); pairs > 0; pairs--) {
    index += reader.read() + 1;
    values[index] = (values[index] as number) + reader.read();
  }
}
