/** The two ends of the export: what takes spans, and what sends them. Owns structural types only. */
import type { SpanFact } from '../correlate/fact.ts';
import type { ReadableSpan } from '../span/readable-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import type { StackSink } from '../span/span-stacks.ts';
import type { ExportCountsSnapshot } from './export-counts.ts';
import type { Transfers } from './export-tally.ts';

/** Takes ended spans: any `SpanProcessor` of the SDK is one. `onEnd` must not throw. */
export interface SpanSink {
  onEnd(span: ReadableSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A sink that counts: everything that was handed to it, and what became of it. */
export interface ExportSink extends SpanSink {
  /** Names it in the summary: `otlp`, `file`, `terminal`. */
  readonly name: string;
  counts(): ExportCountsSnapshot;
  /** Of a way over the wire that is our own. */
  transfers?(): Transfers;
}

/** A sink that takes as well where spans were seen in their code. */
export interface TakesStacks {
  /** Undefined: it does not, as it is set up. */
  readonly stacks: StackSink | undefined;
}

/** Takes facts as they are: an exporter that makes its own form of them, and spares the `ReadableSpan`. */
export interface FactSink {
  onFact(fact: SpanFact, source: SpanSource): void;
}

/** Outcome of one export: 0 is success, 1 failure (`ExportResultCode` of the SDK). */
export interface ExportResult {
  readonly code: 0 | 1;
  readonly error?: Error;
}

/** Sends batches: any `SpanExporter` of the SDK is one. It neither queues nor batches; a processor does. */
export interface SpanExporter {
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}
