/**
 * What has happened, as plain data: the output of `correlate` and the input of `span`.
 * Owns the types only; says nothing of OpenTelemetry and nothing of how the kernel told us.
 */

import type { Ktime, SpanIdWords, TraceIdWords } from '../wire/batch.ts';

export type { Ktime, SpanIdWords, TraceIdWords };

/** How a span came to its end. All but `returned` and `hijacked` are errors. */
export type SpanEnding =
  /** The call returned, with or without an error of its own. */
  | 'returned'
  /** A server handler panicked or its goroutine called `runtime.Goexit`. */
  | 'panicked'
  /** A server handler took over the connection (`http.Hijacker`). */
  | 'hijacked'
  /** The client of a server span went away before the response was complete. */
  | 'disconnected'
  /** The goroutine died with the span still open. */
  | 'goroutine_exited'
  /** The process ended, or replaced its program, with the span still open. */
  | 'process_exited';

/** What is known of an HTTP exchange. A string that is absent was not readable or not sent. */
export interface HttpExchange {
  /** `GET` where it was empty, which is what `net/http` takes it for, or not readable. */
  readonly method: string;
  /** There was no method in the record; a server request always has one. */
  readonly methodIsUnread?: boolean;
  /** Client spans: from the URL. Server spans: `https` if the connection is TLS. */
  readonly scheme?: string | undefined;
  /** Server: the Host header. Client: the URL's host, with port if it names one. */
  readonly host?: string | undefined;
  /** Decoded path, as `url.URL.Path`. */
  readonly path: string;
  /** Raw query without `?`. */
  readonly query?: string | undefined;
  /** `http.Request.Pattern` as registered, e.g. `GET /users/{id}` (Go ≥ 1.23, server only). */
  readonly pattern?: string | undefined;
  /** Absent when no response was made. */
  readonly statusCode?: number | undefined;
  readonly protocolMajor: number;
  readonly protocolMinor: number;
  /** Bytes of the response body that the handler wrote (server only). */
  readonly responseBodyBytes?: number | undefined;
  /** `http.Request.RemoteAddr`, `host:port` (server only). */
  readonly peer?: string | undefined;
  /** How many times `net/http` sent the request again inside the one call (client only). */
  readonly resendCount?: number | undefined;
  /** Link-time address of the Go type of the returned error (client only); `0` when there was none. */
  readonly errorTypeAddr: number;
}

/** A finished span. */
export interface SpanFact {
  readonly role: 'server' | 'client';
  /** Number of the target process: unique for the life of the tracer, never reused. */
  readonly targetId: number;
  readonly traceId: TraceIdWords;
  readonly spanId: SpanIdWords;
  /** Absent for the root of a trace. */
  readonly parentSpanId?: SpanIdWords | undefined;
  /** The parent came with the request (`traceparent`), so it lives in another process or SDK. */
  readonly parentIsRemote: boolean;
  /** W3C trace flags; bit 0 is `sampled` and is always set on a span that got here. */
  readonly traceFlags: number;
  /** W3C `tracestate` of the remote parent. */
  readonly traceState?: string | undefined;
  /** The ended span whose context this goroutine had inherited: a new trace, linked to it. */
  readonly link?: { readonly traceId: TraceIdWords; readonly spanId: SpanIdWords } | undefined;
  readonly start: Ktime;
  readonly end: Ktime;
  readonly goid: number;
  /** Goroutine that created this one; 0 when unknown (Go < 1.21) or none. */
  readonly parentGoid: number;
  /** OS thread on which the span ended. */
  readonly threadId: number;
  readonly ending: SpanEnding;
  readonly http: HttpExchange;
  /** Names of the strings above that were cut to fit into the record. */
  readonly cut: readonly ('method' | 'host' | 'path' | 'query' | 'pattern' | 'peer' | 'traceState')[];
}
