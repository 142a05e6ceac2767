/** Which rows of an operation are meant. Rows are in the order of their starts. */
import type { Operation, TimeRange } from '../page-api/query.ts';
import type { ScanColumns } from './columns.ts';
import type { OperationFacts, Segment } from './segment.ts';
import { overlaps } from './segment.ts';

export interface RowRange {
  readonly from: number;
  readonly to: number;
}

export function rowsIn({ startUs, count }: ScanColumns, { fromUs, toUs }: TimeRange): RowRange {
  return { from: firstAtLeast(startUs, count, fromUs), to: firstAtLeast(startUs, count, toUs) };
}

function firstAtLeast(values: Float64Array, count: number, wanted: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many spans of an operation are in a time. */
export function countIn(segment: Segment, facts: OperationFacts, range: TimeRange): number {
  if (!overlaps(facts, range)) return 0;
  if (facts.minStartUs >= range.fromUs && facts.maxStartUs < range.toUs) return facts.count;
  const { from, to } = rowsIn(segment.scan(facts.number), range);
  return to - from;
}

export const isSame = (facts: OperationFacts, { service, name, kind }: Operation): boolean =>
  facts.operation?.service === service && facts.operation.name === name && facts.operation.kind === kind;

/** The parts of an operation in which spans of a time may be: a segment each, since it has each operation once. */
export function* partsOf(
  segments: readonly Segment[],
  operation: Operation,
  range: TimeRange,
): Iterable<{ readonly segment: Segment; readonly facts: OperationFacts }> {
  for (const segment of segments) {
    if (!overlaps(segment, range)) continue;
    for (const facts of segment.facts)
      if (isSame(facts, operation) && overlaps(facts, range)) yield { segment, facts };
  }
}
