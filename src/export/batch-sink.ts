/**
 * A counted way out: the SDK's `BatchSpanProcessor` in front of a steady exporter. Owns the counting at the door and
 * the deadline of the shutdown.
 */

import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '../span/readable-span.ts';
import { ExportCounts, type ExportCountsSnapshot } from './export-counts.ts';
import type { FailureReporter } from './failure-reporter.ts';
import type { BatchSettings } from './settings.ts';
import type { SpanExporter, SpanSink } from './span-sink.ts';
import { SteadyExporter } from './steady-exporter.ts';

/** What a way out needs beside its exporter. */
export interface BatchSinkOptions {
  /** Names this way out in the summary: `otlp`, `file`, `terminal`. */
  readonly name: string;
  readonly batch: BatchSettings;
  readonly reporter: FailureReporter;
}

/** For everything that is under way when the end has come. */
const SHUTDOWN_DEADLINE_MS = 5_000;

/** Takes spans, never throws, never blocks, and knows what became of each. */
export class BatchSink implements SpanSink {
  readonly name: string;
  readonly #counts = new ExportCounts();
  readonly #processor: SpanSink;
  readonly #exporter: SteadyExporter;
  readonly #maxQueueSize: number;
  #queued = 0;
  #closing: Promise<void> | undefined;

  /** Loads the SDK, so that a command that exports nothing starts without it. */
  static async create(exporter: SpanExporter, options: BatchSinkOptions): Promise<BatchSink> {
    const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
    const createProcessor = (steady: SpanExporter): SpanSink =>
      new BatchSpanProcessor(steady, { ...options.batch });
    return new BatchSink(exporter, options, createProcessor);
  }

  private constructor(
    exporter: SpanExporter,
    { name, batch, reporter }: BatchSinkOptions,
    createProcessor: (steady: SpanExporter) => SpanSink,
  ) {
    this.name = name;
    this.#maxQueueSize = batch.maxQueueSize;
    this.#exporter = new SteadyExporter(exporter, {
      counts: this.#counts,
      deadlineMs: batch.exportTimeoutMillis,
      onFailure: (failure) => reporter.failed(failure),
      onTaken: (spans) => {
        this.#queued -= spans;
      },
    });
    this.#processor = createProcessor(this.#exporter);
  }

  /** Refuses what the processor would drop without a word, so that it is counted. */
  onEnd(span: ReadableSpan): void {
    this.#counts.handed++;
    const refusal = this.#refusalOf(span);
    if (refusal !== undefined) {
      this.#counts.lose(refusal, 1);
      return;
    }
    this.#queued++;
    this.#processor.onEnd(span);
  }

  /** Resolves when all that was handed over has an outcome, good or bad. Never rejects. */
  async forceFlush(): Promise<void> {
    // It rejects with the first failed batch; the others are still under way, and all are counted.
    await this.#processor.forceFlush().catch(() => {});
    await this.#exporter.forceFlush();
  }

  /** Drains for five seconds at most, then gives up and counts. Idempotent; never rejects. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#shutdown();
    return this.#closing;
  }

  counts(): ExportCountsSnapshot {
    return this.#counts.snapshot();
  }

  #refusalOf(span: ReadableSpan): string | undefined {
    if (this.#closing) return 'closed';
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return 'not_sampled';
    return this.#queued >= this.#maxQueueSize ? 'queue_full' : undefined;
  }

  async #shutdown(): Promise<void> {
    // Not unref'd: it is what keeps the process alive until every span has an outcome.
    const timer = setTimeout(() => this.#exporter.cutOff(), SHUTDOWN_DEADLINE_MS);
    await this.#processor.shutdown().catch(() => {});
    // After a failed batch the processor does not close its exporter.
    await this.#exporter.shutdown();
    clearTimeout(timer);
  }
}
