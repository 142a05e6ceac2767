/** Where spans are kept and looked up. The page knows nothing else of them. */
import type {
  CompareAnswer,
  FlameAnswer,
  OperationsAnswer,
  ScatterAnswer,
  SearchAnswer,
  SpanAnswer,
  StacksAnswer,
  StoreState,
  TraceAnswer,
} from './answers.ts';
import type { FlameScope, OperationQuery, SearchQuery, TimeRange } from './query.ts';

/** What became of a request. */
export interface StoreResult {
  readonly stored: number;
  /** Spans that were refused, and why: the first reason, in words. */
  readonly rejected: number;
  readonly reason?: string;
}

export interface SpanReader {
  /** Services with spans in that time, sorted. */
  services(range: TimeRange): Promise<readonly string[]>;
  operations(range: TimeRange & { readonly service?: string | undefined }): Promise<OperationsAnswer>;
  /** At most about `points` of an operation's spans. */
  scatter(query: OperationQuery & { readonly points: number }): Promise<ScatterAnswer>;
  /** Those within `query`'s durations and time against the others of the operation from `around`. */
  compare(query: OperationQuery & { readonly around: TimeRange }): Promise<CompareAnswer>;
  search(query: SearchQuery): Promise<SearchAnswer>;
  /** Undefined: there is none of that id. */
  trace(traceId: string): Promise<TraceAnswer | undefined>;
  span(traceId: string, spanId: string): Promise<SpanAnswer | undefined>;
  /** Where the time of a span went in its code. Undefined: there is no such span. */
  flame(traceId: string, spanId: string, scope: FlameScope): Promise<FlameAnswer | undefined>;
  /** Where the spans of a trace were seen in their code. */
  stacks(traceId: string): Promise<StacksAnswer>;
  /** The bytes of a trace as an `ExportTraceServiceRequest` in parts of at most `partBytes`, if they fit. */
  traceBytes(traceId: string, partBytes: number): AsyncIterable<Uint8Array>;
  state(): Promise<StoreState>;
  close(): Promise<void>;
}

export interface SpanStore extends SpanReader {
  /**
   * Keeps the spans of an `ExportTraceServiceRequest` (protobuf, not compressed). When it resolves they survive the end of the process.
   * Never throws for what is in the bytes: broken spans are refused and counted.
   * @throws {GoidspanError} `store_full`: more waits than may wait; `cannot_write`: the disk refuses, and dropping the oldest was no help.
   */
  append(request: Uint8Array): Promise<StoreResult>;
}
