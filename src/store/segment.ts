/** A part of the store as queries see it, whether it is being written or is whole. */
import type { Operation, TimeRange } from '../page-api/query.ts';
import type { PlaceColumns, ScanColumns } from './columns.ts';
import type { RollupRecord } from './rollup.ts';

/** Of an operation within a segment: enough to tell that none of its spans can be meant. */
export interface OperationFacts {
  /** Its number in the segment. */
  readonly number: number;
  /** Undefined: those that are not told apart. */
  readonly operation: Operation | undefined;
  readonly count: number;
  readonly errors: number;
  readonly minStartUs: number;
  readonly maxStartUs: number;
  readonly minNs: number;
  readonly maxNs: number;
  /** A bit for each code that occurs (see `bitOf`). */
  readonly tops: number;
  readonly causes: number;
}

/** The bit of a code in a set of codes; those beyond 30 share one. */
export const bitOf = (code: number): number => 1 << Math.min(code, 30);

export interface Segment {
  readonly number: number;
  readonly spans: number;
  /** Infinities if there are no spans. */
  readonly minStartUs: number;
  readonly maxStartUs: number;
  readonly facts: readonly OperationFacts[];
  scan(operation: number): ScanColumns;
  /** `USE_COUNT` columns, one after the other. */
  shares(operation: number): Uint8Array;
  /** Only where it has spans. */
  places(operation: number): PlaceColumns;
  /** `ID_BYTES` of each. */
  ids(operation: number): Uint8Array;
  /** Bytes of an `ExportTraceServiceRequest`. */
  chunk(chunk: number): Uint8Array;
  /** False: another one has them, and none can be read here. */
  readonly hasSpans: boolean;
  /** Spans of a trace may be among those that it tells of, by its key. */
  mayHaveTrace(traceKey: number): boolean;
  /** Chunks that may hold spans of a trace, by its key; none where it has no spans. */
  chunksOfTrace(traceKey: number): readonly number[];
  readonly hasStacks: boolean;
  /** Parts with stacks that may have something of a trace, by its key: each a `StackBatch`. */
  stacksOfTrace(traceKey: number): readonly Uint8Array[];
  /** Of all operations or of one. Undefined while it is being written: there are none yet. */
  rollups(
    operation?: number,
  ): Iterable<readonly [operation: number, records: Iterable<RollupRecord>]> | undefined;
  close(): void;
}

export const overlaps = (
  part: { readonly minStartUs: number; readonly maxStartUs: number },
  range: TimeRange,
): boolean => part.minStartUs < range.toUs && part.maxStartUs >= range.fromUs;
