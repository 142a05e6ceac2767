/** Spans of one operation as points: each error and each of the slowest hundredth, of the others as many as there is room for. */
import { type ScatterAnswer, SPAN_IS_ERROR } from '../page-api/answers.ts';
import type { OperationQuery } from '../page-api/query.ts';
import type { ScanColumns } from './columns.ts';
import { partsOf, rowsIn } from './rows-in.ts';
import type { Segment } from './segment.ts';
import { spanIdAt, traceIdAt } from './span-rows.ts';

/** Of the points, at least so many are ordinary spans: without them nothing could be compared. */
const ORDINARY_SHARE = 0.25;
const SLOW_SHARE = 0.01;

/** Rows of a segment that are meant. */
export interface Picked {
  readonly segment: Segment;
  readonly operation: number;
  readonly scan: ScanColumns;
  readonly rows: Uint32Array;
}

/** Those of the operation in the time and the durations that are asked for. */
export function pick(segments: readonly Segment[], query: OperationQuery): Picked[] {
  const { minNs = 0, maxNs = Number.POSITIVE_INFINITY } = query;
  const picked: Picked[] = [];
  for (const { segment, facts } of partsOf(segments, query, query)) {
    if (facts.maxNs < minNs || facts.minNs > maxNs) continue;
    const scan = segment.scan(facts.number);
    const { from, to } = rowsIn(scan, query);
    const rows = new Uint32Array(to - from);
    let count = 0;
    for (let row = from; row < to; row++) {
      const ns = scan.durationNs[row] as number;
      if (ns >= minNs && ns <= maxNs) rows[count++] = row;
    }
    if (count > 0) picked.push({ segment, operation: facts.number, scan, rows: rows.subarray(0, count) });
  }
  return picked;
}

export function scatterOf(
  segments: readonly Segment[],
  query: OperationQuery & { readonly points: number },
): ScatterAnswer {
  const picked = pick(segments, query);
  const of = picked.reduce((sum, { rows }) => sum + rows.length, 0);
  const isShown = showing(picked, of, query.points);
  const columns = {
    traceId: [] as string[],
    spanId: [] as string[],
    startUs: [] as number[],
    durationNs: [] as number[],
    flags: [] as number[],
  };
  for (const { segment, operation, scan, rows } of picked) {
    let ids: Uint8Array | undefined;
    for (const row of rows) {
      if (!isShown(scan, row)) continue;
      ids ??= segment.ids(operation);
      columns.traceId.push(traceIdAt(ids, row));
      columns.spanId.push(spanIdAt(ids, row));
      columns.startUs.push(scan.startUs[row] as number);
      columns.durationNs.push(scan.durationNs[row] as number);
      columns.flags.push(scan.flags[row] as number);
    }
  }
  return { ...columns, of };
}

/** Says of each row, in their order, whether it is shown. */
function showing(
  picked: readonly Picked[],
  of: number,
  points: number,
): (scan: ScanColumns, row: number) => boolean {
  if (of <= points) return () => true;
  const slowNs = slowest(picked, of);
  const isSpecial = (scan: ScanColumns, row: number) =>
    ((scan.flags[row] as number) & SPAN_IS_ERROR) !== 0 || (scan.durationNs[row] as number) > slowNs;
  let special = 0;
  for (const { scan, rows } of picked) for (const row of rows) if (isSpecial(scan, row)) special++;
  const ordinary = of - special;
  const room = Math.max(points - special, Math.ceil(points * ORDINARY_SHARE));
  // Errors may be all there is.
  const takeSpecial = everyOf(special, Math.max(1, points - Math.min(room, ordinary)));
  const takeOrdinary = everyOf(ordinary, room);
  return (scan, row) => (isSpecial(scan, row) ? takeSpecial() : takeOrdinary());
}

/** True `wanted` times of `of`, evenly; always if there are no more. */
function everyOf(of: number, wanted: number): () => boolean {
  const step = Math.min(1, wanted / of);
  let sum = 0;
  return () => {
    sum += step;
    if (sum < 1 - 1e-9) return false;
    sum -= 1;
    return true;
  };
}

/** The duration above which there is at most a hundredth. */
function slowest(picked: readonly Picked[], of: number): number {
  const durations = new Float64Array(of);
  let at = 0;
  for (const { scan, rows } of picked)
    for (const row of rows) durations[at++] = scan.durationNs[row] as number;
  return smallest(durations, Math.min(of - 1, Math.ceil(of * (1 - SLOW_SHARE)) - 1));
}

/** The value that would be at `place` if they were sorted (Hoare's selection). */
function smallest(values: Float64Array, place: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >>> 1] as number;
    let left = low;
    let right = high;
    while (left <= right) {
      while ((values[left] as number) < pivot) left++;
      while ((values[right] as number) > pivot) right--;
      if (left > right) break;
      const value = values[left] as number;
      values[left++] = values[right] as number;
      values[right--] = value;
    }
    if (place <= right) high = right;
    else if (place >= left) low = left;
    else break;
  }
  return values[place] as number;
}
