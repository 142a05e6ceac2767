/**
 * What has happened, as plain data: the output of `correlate` and the input of `span`.
 * Owns the types only; says nothing of OpenTelemetry and nothing of how the kernel told us.
 */

import type { Ktime, SpanIdWords, TraceIdWords } from '../wire/batch.ts';
import type { SpanConnection, SpanFamily, SpanKindName } from '../wire/wire.gen.ts';
import type { Bodies } from './body-readers.ts';
import type { TimeSpent } from './time-spent.ts';
import type { Verdict } from './verdict.ts';

export type { Ktime, SpanFamily, SpanIdWords, TraceIdWords };

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

/** Its root has failed, or was slow, or its trace id was drawn; the first of these that is so. */
export type KeptReason = 'error' | 'slow' | 'ratio';

/** On which side of an operation a span stands. */
export type { SpanKindName };

/** What spans of all families have. */
interface SpanCore {
  readonly kind: 'span';
  readonly spanKind: SpanKindName;
  /** Number of the target process: unique for the life of the tracer, never reused. */
  readonly targetId: number;
  readonly traceId: TraceIdWords;
  readonly spanId: SpanIdWords;
  /** Absent for the root of a trace. */
  readonly parentSpanId?: SpanIdWords | undefined;
  /** The parent came with the request (`traceparent`), so it lives in another process or SDK. */
  readonly parentIsRemote: boolean;
  /** The parent is a span of an OpenTelemetry SDK in the target; `same`: and about the same operation. */
  readonly sdk?: 'parent' | 'same' | undefined;
  /** With `sdk`: the span of ours around both, in the same process; absent of a local root. */
  readonly aroundSpanId?: SpanIdWords | undefined;
  /** W3C trace flags; bit 0 is `sampled`: without it the fact is told only to be counted, and is no span. */
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
  /** Run-time address of the Go type of the error that the call returned; `0` when there was none. */
  readonly errorTypeAddr: number;
  /** The body is one object in all facts that say the same, so that what is made of it may be kept with it. */
  readonly isBodyShared?: boolean;
  /** What recurs of the body, if it is known to: one object in all facts that have it, so that what is made of it may be kept. */
  readonly recurring?: object | undefined;
  /** Names of the texts that were cut to fit into the record. */
  readonly cut: readonly string[];
  /** What happened on the connection that it was served over or made its call over; absent where that is not known. */
  readonly connection?: SpanConnection | undefined;
  /** Where its time went; absent where that was not watched from its start to its end. */
  readonly time?: TimeSpent | undefined;
  /** Where its time went on its critical path, as `time.ns`; absent where it waited for nobody that worked for it. */
  readonly criticalNs?: readonly number[] | undefined;
  /** How deep its program was looked at, where that was not as deep as was asked for, or deeper. */
  readonly level?: string | undefined;
  /** Why it was slow; absent where it was not, or where that is not clear. */
  readonly verdict?: Verdict | undefined;
  /** Why its trace is kept, where others are dropped. */
  readonly kept?: KeptReason | undefined;
  /** Waits in it that were long enough to be told, but are not, since there were many longer ones. */
  readonly waitsDropped?: number | undefined;
  /** Waits in it that are told as its events. */
  readonly waitEvents?: readonly SpanFactOf<'wait'>[] | undefined;
}

/** A finished span of one family. */
export interface SpanFactOf<Family extends SpanFamily> extends SpanCore {
  readonly family: Family;
  readonly body: Bodies[Family];
}

/** A finished span. */
export type SpanFact = { [Family in SpanFamily]: SpanFactOf<Family> }[SpanFamily];
