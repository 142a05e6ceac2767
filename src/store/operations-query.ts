/** The table of operations, and what one operation came to: sums of minutes where they are whole, else of spans. */
import type { OperationRow, OperationsAnswer, Spent } from '../page-api/answers.ts';
import type { Operation, TimeRange } from '../page-api/query.ts';
import { quantileOf } from './duration-buckets.ts';
import { OTHERS } from './operation-table.ts';
import { MINUTE_US, Rollup } from './rollup.ts';
import { countIn, isSame, rowsIn } from './rows-in.ts';
import { type OperationFacts, overlaps, type Segment } from './segment.ts';
import { causeOfCode, NO_CODE, USES } from './uses.ts';

/** Parts of the time asked for, of which each row has the rate. */
const RATE_PARTS = 30;
/** As many are added up one by one: then times need no whole minutes. */
const EXACT_SPANS_MAX = 300_000;

interface Row {
  readonly operation: Operation;
  readonly rollup: Rollup;
  readonly rate: number[];
}

export function operationsOf(
  segments: readonly Segment[],
  range: TimeRange & { readonly service?: string | undefined },
): OperationsAnswer {
  const near = segments.filter((segment) => overlaps(segment, range));
  const isExact = near.reduce((sum, { spans }) => sum + spans, 0) <= EXACT_SPANS_MAX;
  const parts = partsOfRate(range, isExact);
  const rows = new Map<string, Row>();
  let others = 0;
  for (const segment of near) {
    const byNumber = new Map<number, Row>();
    for (const facts of segment.facts) {
      if (!overlaps(facts, range)) continue;
      if (facts.number === OTHERS) others += countIn(segment, facts, range);
      if (facts.operation === undefined) continue;
      if (range.service !== undefined && facts.operation.service !== range.service) continue;
      byNumber.set(facts.number, rowOf(rows, facts.operation, parts));
    }
    addSegment(segment, range, isExact, byNumber);
  }
  const answers = [...rows.values()].filter(({ rollup }) => rollup.count > 0).map(answerOf);
  return { operations: answers.sort((a, b) => b.sumNs - a.sumNs), others };
}

/** Of one operation alone. */
export function rollupOf(segments: readonly Segment[], operation: Operation, range: TimeRange): Rollup {
  const row: Row = { operation, rollup: new Rollup(), rate: [0] };
  for (const segment of segments) {
    if (!overlaps(segment, range)) continue;
    const facts = segment.facts.find((candidate) => isSame(candidate, operation));
    if (facts) addSegment(segment, range, false, new Map([[facts.number, row]]));
  }
  return row.rollup;
}

function partsOfRate({ fromUs, toUs }: TimeRange, isExact: boolean): number {
  if (isExact) return RATE_PARTS;
  return Math.max(1, Math.min(RATE_PARTS, Math.floor((toUs - fromUs) / MINUTE_US)));
}

function rowOf(rows: Map<string, Row>, operation: Operation, parts: number): Row {
  const key = JSON.stringify([operation.service, operation.name, operation.kind]);
  let row = rows.get(key);
  if (row === undefined) {
    row = { operation, rollup: new Rollup(), rate: Array.from({ length: parts }, () => 0) };
    rows.set(key, row);
  }
  return row;
}

function addSegment(
  segment: Segment,
  range: TimeRange,
  isExact: boolean,
  rows: ReadonlyMap<number, Row>,
): void {
  const minutes = isExact ? undefined : segment.rollups(rows.size === 1 ? [...rows.keys()][0] : undefined);
  if (minutes === undefined) {
    for (const facts of segment.facts) addSpans(segment, facts, range, range, rows.get(facts.number));
    return;
  }
  const firstMinute = Math.ceil(range.fromUs / MINUTE_US);
  const endMinute = Math.floor(range.toUs / MINUTE_US);
  for (const [number, records] of minutes) {
    const row = rows.get(number);
    if (row === undefined) continue;
    for (const record of records) {
      if (record.minute < firstMinute || record.minute >= endMinute) continue;
      record.addTo(row.rollup);
      addRate(row, (record.minute + 0.5) * MINUTE_US, record.count, range);
    }
  }
  // What is left at both ends, or all of it where no minute is whole.
  const edges =
    firstMinute >= endMinute
      ? [range]
      : [
          { fromUs: range.fromUs, toUs: firstMinute * MINUTE_US },
          { fromUs: endMinute * MINUTE_US, toUs: range.toUs },
        ];
  for (const facts of segment.facts) {
    for (const edge of edges) addSpans(segment, facts, edge, range, rows.get(facts.number));
  }
}

function addSpans(
  segment: Segment,
  facts: OperationFacts,
  part: TimeRange,
  whole: TimeRange,
  row: Row | undefined,
): void {
  if (row === undefined || part.fromUs >= part.toUs || !overlaps(facts, part)) return;
  const scan = segment.scan(facts.number);
  let shares: Uint8Array | undefined;
  const sharesOf = () => {
    shares ??= segment.shares(facts.number);
    return shares;
  };
  const { from, to } = rowsIn(scan, part);
  for (let at = from; at < to; at++) {
    row.rollup.add(scan, at, sharesOf);
    addRate(row, scan.startUs[at] as number, 1, whole);
  }
}

function addRate({ rate }: Row, atUs: number, count: number, { fromUs, toUs }: TimeRange): void {
  const part = Math.floor(((atUs - fromUs) / (toUs - fromUs)) * rate.length);
  const at = Math.max(0, Math.min(rate.length - 1, part));
  rate[at] = (rate[at] as number) + count;
}

function answerOf({ operation, rollup, rate }: Row): OperationRow {
  const quantile = (share: number) => quantileOf(rollup.buckets, rollup.count, share);
  return {
    service: operation.service,
    name: operation.name,
    kind: operation.kind,
    count: rollup.count,
    errors: rollup.errors,
    p50Ns: quantile(0.5),
    p95Ns: quantile(0.95),
    p99Ns: quantile(0.99),
    sumNs: rollup.sumNs,
    spent: spentOf(rollup.spentNs),
    causes: causesOf(rollup.causes),
    rate,
  };
}

const spentOf = (spentNs: Float64Array): Spent =>
  Object.fromEntries(
    USES.flatMap((use, index) => (spentNs[index] ? [[use, Math.round(spentNs[index])]] : [])),
  );

function causesOf(causes: Uint32Array): Record<string, number> {
  const named: Record<string, number> = {};
  for (const [code, count] of causes.entries())
    if (count > 0 && code !== NO_CODE) named[causeOfCode(code) ?? 'other'] = count;
  return named;
}
