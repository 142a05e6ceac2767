/**
 * Makes an exporter steady: few exports at once, retries with jittered back-off, one deadline for all tries, and
 * every outcome counted. Owns no queue of spans, only the batches that wait for their turn.
 */
import { setMaxListeners } from 'node:events';
import { context, createContextKey } from '@opentelemetry/api';
import type { ReadableSpan } from '../span/readable-span.ts';
import type { ExportCounts } from './export-counts.ts';
import { classifyFailure, type ExportFailure } from './export-failure.ts';
import type { ExportResult, SpanExporter } from './span-sink.ts';

/** How patient to be. */
export interface SteadyOptions {
  readonly counts: ExportCounts;
  /** For one batch, all tries together, from the moment that it is handed over. */
  readonly deadlineMs: number;
  /** Told of each failed try. */
  readonly onFailure: (failure: ExportFailure) => void;
}

interface Batch {
  readonly spans: ReadableSpan[];
  readonly done: () => void;
  readonly deadlineAt: number;
}

/** The stock exporters refuse more than 30 at once; a few keep the connection busy. */
const MAX_CONCURRENT = 4;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 4_000;

const NO_ANSWER = new Error('Request timed out');

/** The key by which the SDKs of both lines and the instrumentations know not to trace: no trace of the export itself. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** An exporter with patience around one without. */
export class SteadyExporter {
  readonly #inner: SpanExporter;
  readonly #options: SteadyOptions;
  readonly #waiting: Batch[] = [];
  readonly #idleCallbacks: (() => void)[] = [];
  readonly #end = new AbortController();
  #running = 0;

  constructor(inner: SpanExporter, options: SteadyOptions) {
    this.#inner = inner;
    this.#options = options;
    // One listener for each batch under way and one for the inner shutdown.
    setMaxListeners(MAX_CONCURRENT + 1, this.#end.signal);
  }

  /** Resolves when every span of the batch is counted as exported or lost. Never rejects. */
  send(spans: ReadableSpan[]): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ spans, done, deadlineAt: performance.now() + this.#options.deadlineMs });
      this.#startWaiting();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleCallbacks.push(resolve));
  }

  /** From now on nothing is tried again, and what is under way is given up. */
  cutOff(): void {
    this.#end.abort();
  }

  /** Waits for what is under way. Never rejects. */
  async shutdown(): Promise<void> {
    await this.idle();
    await this.#orEnd((resolve) => {
      const inner = async (): Promise<void> => this.#inner.shutdown();
      void inner().then(resolve, resolve);
    });
  }

  #startWaiting(): void {
    while (this.#running < MAX_CONCURRENT) {
      const batch = this.#waiting.shift();
      if (!batch) return;
      this.#running++;
      void this.#send(batch).then(() => {
        this.#running--;
        batch.done();
        this.#startWaiting();
        if (this.#running === 0) for (const resolve of this.#idleCallbacks.splice(0)) resolve();
      });
    }
  }

  async #send(batch: Batch): Promise<void> {
    const { counts, onFailure } = this.#options;
    let lastReason: string | undefined;
    let backoffMs = FIRST_BACKOFF_MS;
    await this.#resourcesOf(batch.spans);
    while (!this.#end.signal.aborted) {
      const leftMs = batch.deadlineAt - performance.now();
      if (leftMs <= 0) break;
      const result = await this.#try(batch.spans, leftMs);
      // What went wrong before says more than that there is no time left.
      if (!result || (result.error === NO_ANSWER && lastReason !== undefined)) break;
      if (result.code === 0) {
        counts.exported += batch.spans.length;
        return;
      }
      const failure = classifyFailure(result.error);
      lastReason = failure.reason;
      onFailure(failure);
      if (!failure.isRetryable) break;
      await this.#pause(Math.min(backoffMs * (0.5 + Math.random()), leftMs));
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
    counts.lose(lastReason ?? 'deadline', batch.spans.length);
  }

  /** An application's own spans may have a resource that is still being detected; those of targets are complete. */
  async #resourcesOf(spans: readonly ReadableSpan[]): Promise<void> {
    const pending = new Set(spans.map((span) => span.resource).filter((r) => r.asyncAttributesPending));
    if (pending.size === 0) return;
    await this.#orEnd((resolve) => {
      const all = [...pending].map(async (resource) => resource.waitForAsyncAttributes?.());
      void Promise.allSettled(all).then(resolve);
    });
  }

  /** One try; undefined when it was cut off. */
  #try(spans: ReadableSpan[], timeoutMs: number): Promise<ExportResult | undefined> {
    return this.#orEnd((resolve) => {
      const timer = setTimeout(() => resolve({ code: 1, error: NO_ANSWER }), timeoutMs).unref();
      const finish = (result: ExportResult): void => {
        clearTimeout(timer);
        resolve(result);
      };
      try {
        const quiet = context.active().setValue(SUPPRESS_TRACING, true);
        context.with(quiet, () => this.#inner.export(spans, finish));
      } catch (error) {
        finish({ code: 1, error: error instanceof Error ? error : new Error(String(error)) });
      }
    });
  }

  #pause(ms: number): Promise<void> {
    return this.#orEnd((resolve) => setTimeout(resolve, ms).unref());
  }

  /** What `start` resolves with, or undefined as soon as the end has come. Leaves no listener behind. */
  #orEnd<T>(start: (resolve: (value: T) => void) => void): Promise<T | undefined> {
    const { signal } = this.#end;
    return new Promise((resolve) => {
      const finish = (value: T | undefined): void => {
        signal.removeEventListener('abort', abort);
        resolve(value);
      };
      const abort = (): void => finish(undefined);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      else start(finish);
    });
  }
}
