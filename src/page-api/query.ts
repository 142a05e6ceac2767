/** What the page asks: by which a store is searched, and what stands in a URL of the API. Pure: shapes only. */

/** Half open: from `fromUs`, before `toUs`; microseconds since 1970. By the start of a span. */
export interface TimeRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** One operation of a service: what a route is to a server, a statement to a database. */
export interface Operation {
  /** `service.name` of the resource. */
  readonly service: string;
  /** The span's name. */
  readonly name: string;
  /** Number of `SpanKind` of OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
}

/** All that is given must be true of a span. */
export interface SearchQuery extends TimeRange {
  readonly service?: string | undefined;
  /** The whole name of the span. */
  readonly name?: string | undefined;
  readonly kind?: number | undefined;
  readonly minNs?: number | undefined;
  readonly maxNs?: number | undefined;
  readonly isError?: boolean | undefined;
  /** `goidspan.wait.top`: what most of the time went to. */
  readonly waitTop?: string | undefined;
  /** `goidspan.verdict.cause`. */
  readonly cause?: string | undefined;
  /** Of the span or its resource, compared as text. */
  readonly attributes?: readonly { readonly key: string; readonly value: string }[] | undefined;
  /** Newest first. */
  readonly limit: number;
}

/** What is asked of one operation; with durations where a part of its scatter has been chosen. */
export interface OperationQuery extends Operation, TimeRange {
  readonly minNs?: number | undefined;
  readonly maxNs?: number | undefined;
}

/**
 * Of a span itself, on whatever goroutine; of its goroutine with the calls that it made there; or of all that is below it in the trace.
 */
export const FLAME_SCOPES = ['span', 'goroutine', 'children'] as const;
export type FlameScope = (typeof FLAME_SCOPES)[number];
