/** A counted exporter: a queue in front of a steady one. Owns the counting at the door and the deadline of the end. */
import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '../span/readable-span.ts';
import { ExportCounts, type ExportCountsSnapshot } from './export-counts.ts';
import type { FailureReporter } from './failure-reporter.ts';
import type { BatchSettings } from './settings.ts';
import { SpanQueue } from './span-queue.ts';
import type { SpanExporter, SpanSink } from './span-sink.ts';
import { SteadyExporter } from './steady-exporter.ts';

/** What a sink needs beside its exporter. */
export interface BatchSinkOptions {
  /** Names this exporter in the summary: `otlp`, `file`, `terminal`. */
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
  readonly #queue: SpanQueue;
  readonly #exporter: SteadyExporter;
  #closing: Promise<void> | undefined;

  constructor(exporter: SpanExporter, { name, batch, reporter }: BatchSinkOptions) {
    this.name = name;
    const steady = new SteadyExporter(exporter, {
      counts: this.#counts,
      deadlineMs: batch.exportTimeoutMillis,
      onFailure: (failure) => reporter.failed(failure),
    });
    this.#exporter = steady;
    this.#queue = new SpanQueue(batch, (spans) => steady.send(spans));
  }

  /** What is refused is counted. */
  onEnd(span: ReadableSpan): void {
    this.#counts.handed++;
    const refusal = this.#refusalOf(span) ?? (this.#queue.push(span) ? undefined : 'queue_full');
    if (refusal !== undefined) this.#counts.lose(refusal, 1);
  }

  /** Resolves when all that was handed over has an outcome, good or bad. Never rejects. */
  async forceFlush(): Promise<void> {
    this.#queue.flush();
    await this.#exporter.idle();
  }

  /** Drains until the deadline (five seconds from now), then gives up and counts. Idempotent; never rejects. */
  shutdown(deadlineMs: number = SHUTDOWN_DEADLINE_MS): Promise<void> {
    this.#closing ??= this.#shutdown(deadlineMs);
    return this.#closing;
  }

  counts(): ExportCountsSnapshot {
    return this.#counts.snapshot();
  }

  #refusalOf(span: ReadableSpan): string | undefined {
    if (this.#closing) return 'closed';
    return (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0 ? 'not_sampled' : undefined;
  }

  async #shutdown(deadlineMs: number): Promise<void> {
    // Not unref'd: it is what keeps the process alive until every span has an outcome.
    const timer = setTimeout(() => this.#exporter.cutOff(), deadlineMs);
    this.#queue.flush();
    await this.#exporter.shutdown();
    clearTimeout(timer);
  }
}
