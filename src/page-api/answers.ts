/**
 * What the page is answered: shapes of JSON. Times are microseconds since 1970 (`…Us`), durations nanoseconds (`…Ns`), both below
 * 2^53; ids are lower-case hex. Where there are many of a kind they come as columns of equal length: no object for each.
 */
import type { AgentState } from './agent-state.ts';
import type { FlameScope, Operation } from './query.ts';

/** Nanoseconds by the name of what they were spent on (`cpu`, `mutex`, …), without zeros. */
export type Spent = Readonly<Record<string, number>>;

/** How much was looked at for an answer. */
export interface Searched {
  readonly spans: number;
  /** Of how many in the time asked for; more than `spans` where a limit of time has ended the search. */
  readonly of: number;
  /** Only spans of so many traces were looked at, the newest that a Jaeger has found. */
  readonly traces?: number;
}

export interface OperationRow extends Operation {
  readonly count: number;
  readonly errors: number;
  readonly p50Ns: number;
  readonly p95Ns: number;
  readonly p99Ns: number;
  readonly sumNs: number;
  /** Sum over those spans that say so; empty if none does. */
  readonly spent: Spent;
  /** Spans by verdict cause, without zeros. */
  readonly causes: Readonly<Record<string, number>>;
  /** Spans in equal parts of the time asked for, oldest first. */
  readonly rate: readonly number[];
}

export interface OperationsAnswer {
  readonly operations: readonly OperationRow[];
  /** Spans of operations beyond what is told apart. */
  readonly others: number;
  /** All that is known of operations is their names: then `operations` is empty, and figures are not to be had. */
  readonly named?: readonly Operation[];
}

/** Bits of `flags` in columns of spans. */
export const SPAN_IS_ERROR = 1;
/** It has a breakdown (`goidspan.breakdown`). */
export const SPAN_HAS_BREAKDOWN = 2;

export interface ScatterAnswer {
  readonly traceId: readonly string[];
  readonly spanId: readonly string[];
  readonly startUs: readonly number[];
  readonly durationNs: readonly number[];
  readonly flags: readonly number[];
  /** How many there are: each error and each of the slowest hundredth is shown, of the others a sample. */
  readonly of: number;
}

/** One side of a comparison. */
export interface CompareSide {
  readonly spans: number;
  readonly p50Ns: number;
  /** Mean share of the duration, 0 to 1, over those with a breakdown. */
  readonly shares: Readonly<Record<string, number>>;
}

/** Something that is more frequent on one side; shares of the sampled spans of each, 0 to 1. */
export interface Difference {
  readonly kind: 'spent' | 'attribute' | 'resource';
  /** Name of what time was spent on, or key of the attribute. */
  readonly key: string;
  /** Of an attribute. */
  readonly value?: string;
  readonly inside: number;
  readonly outside: number;
}

/** Those in the chosen durations and time (`inside`) against the others of the operation. Largest difference first. */
export interface CompareAnswer {
  readonly inside: CompareSide;
  readonly outside: CompareSide;
  readonly differences: readonly Difference[];
}

export interface SearchAnswer {
  readonly hits: readonly SpanHit[];
  readonly searched: Searched;
}

export interface SpanHit extends Operation {
  readonly traceId: string;
  readonly spanId: string;
  readonly startUs: number;
  readonly durationNs: number;
  readonly isError: boolean;
  readonly waitTop?: string;
  readonly cause?: string;
}

/** All spans of one trace as columns, in the order of their starts; texts are indexes into `texts`. */
export interface TraceAnswer {
  readonly traceId: string;
  readonly texts: readonly string[];
  readonly spanId: readonly string[];
  /** Index of the parent; -1: none, -2: it is not here. */
  readonly parent: readonly number[];
  readonly service: readonly number[];
  readonly name: readonly number[];
  readonly kind: readonly number[];
  readonly startUs: readonly number[];
  readonly durationNs: readonly number[];
  readonly flags: readonly number[];
  /** The sentence of the verdict; -1: none. */
  readonly verdict: readonly number[];
  /** By index of a span: what its time was spent on, as pairs of text and nanoseconds. */
  readonly spent: Readonly<Record<string, readonly number[]>>;
  /** By index of a span: links to others, as trace id and span id. */
  readonly links: Readonly<Record<string, readonly (readonly [traceId: string, spanId: string])[]>>;
  /** Goroutine of each; 0: not known. */
  readonly goid: readonly number[];
  readonly parentGoid: readonly number[];
  /** Spans that are not here because there are too many. */
  readonly left: number;
}

export type AttributeValue =
  | string
  | number
  | boolean
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanAnswer extends SpanHit {
  readonly parentSpanId?: string;
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version: string };
  readonly events: readonly {
    readonly name: string;
    readonly timeUs: number;
    readonly attributes: Attributes;
  }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
  /** Share of the operation's spans of the hour around it that took less, 0 to 1; of how many. */
  readonly rank?: { readonly below: number; readonly of: number };
}

/**
 * Where time went in the code, as a tree of frames: columns, a frame after the one that has called it, texts as indexes into `texts`.
 * Time on a processor is what samples stand for, other time is of waits that were told one by one: not all of them are.
 */
export interface FlameAnswer {
  readonly scope: FlameScope;
  readonly texts: readonly string[];
  /** Index of the frame that has called it; -1: none. */
  readonly parent: readonly number[];
  /** Function, or what was waited for. */
  readonly name: readonly number[];
  readonly file: readonly number[];
  /** Where most of its time went; 0: not known. */
  readonly line: readonly number[];
  /** 1: a wait, which is named by what it is for and has nothing below it. */
  readonly isWait: readonly number[];
  /** In it and in all that it has called, on a processor. */
  readonly onNs: readonly number[];
  /** … and waiting. */
  readonly offNs: readonly number[];
  /** Frames that are not here because there are too many: the smallest. */
  readonly left: number;
  /** By what it was spent on: `cpu` is what samples stand for. */
  readonly spent: Spent;
  readonly samples: number;
  readonly waits: number;
  /** Spans of the scope in which something was seen. */
  readonly spans: number;
  /** Whether something was seen in some span of the trace; of any that is kept; or of none, so that nobody looks. */
  readonly seenIn: 'trace' | 'store' | 'nowhere';
  /** Samples and waits of these spans for which there was no room. */
  readonly lost: number;
}

/** Where the spans of a trace were seen in their code: columns, texts as indexes into `texts`. */
export interface StacksAnswer {
  readonly texts: readonly string[];
  /** Columns of frames. */
  readonly frames: {
    readonly function: readonly number[];
    readonly file: readonly number[];
    readonly line: readonly number[];
    readonly isInlined: readonly number[];
  };
  /** Indexes of frames, innermost first. */
  readonly stacks: readonly (readonly number[])[];
  /** Columns of what was seen. */
  readonly seen: {
    readonly spanId: readonly string[];
    readonly goid: readonly number[];
    readonly use: readonly number[];
    /** 1: on a processor; 0: it waited. */
    readonly isSample: readonly number[];
    readonly count: readonly number[];
    readonly ns: readonly number[];
    readonly stack: readonly number[];
  };
  /** Samples and waits by span for which there was no room, without zeros. */
  readonly left: Readonly<Record<string, number>>;
}

/** What is kept, since when, and what was lost. */
export interface StoreState {
  readonly spans: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly oldestUs?: number;
  readonly newestUs?: number;
  /** Spans by why they are not kept, without zeros: `malformed`, `queue_full`, `disk_full`, `removed_by_size`, … */
  readonly losses: Readonly<Record<string, number>>;
  /** Samples and waits whose stacks are not kept, by why, without zeros; spans are not among them. */
  readonly stackLosses: Readonly<Record<string, number>>;
  /** Undefined: no Jaeger has to do with it. */
  readonly jaeger?: JaegerState;
  /** Of the tracer in the same process; undefined: there is none, spans come by OTLP alone. */
  readonly agent?: AgentState;
}

/** What a Jaeger has to do with what is kept. */
export interface JaegerState {
  /** It shows the same traces, at `URL/trace/ID?uiFind=SPAN`. Without a slash at its end. */
  readonly url?: string;
  /** Spans are kept there, not here: figures of what is kept mean nothing, and there are no percentiles, shares and comparisons. */
  readonly holdsSpans?: boolean;
  /** It has the spans, and here are figures of them: traces are asked there. */
  readonly hasSpans?: boolean;
  /** Calls of a Jaeger whose storage is here: all, and those that were not answered, by why; without zeros. */
  readonly calls?: Readonly<Record<string, number>>;
}

/** An error of the API, with the status of HTTP: `object: cause (remedy)`. */
export interface ErrorAnswer {
  readonly error: string;
}
