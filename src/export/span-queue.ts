/**
 * The queue between the pipeline and an exporter, with the rules of the SDK's `BatchSpanProcessor`: a batch when one is
 * full or has waited long enough, one at a time. Ours, because the SDK's copy would have to match the line of the host
 * application (2.x excludes `@opentelemetry/api` 1.10, 3.x demands it). Owns the waiting spans, not what becomes of them.
 */
import type { ReadableSpan } from '../span/readable-span.ts';
import type { BatchSettings } from './settings.ts';

/** Hands a batch over; resolves when it has an outcome, and never rejects. */
export type SendBatch = (spans: ReadableSpan[]) => Promise<void>;

type QueueSettings = Pick<BatchSettings, 'maxQueueSize' | 'maxExportBatchSize' | 'scheduledDelayMillis'>;

export class SpanQueue {
  readonly #settings: QueueSettings;
  readonly #send: SendBatch;
  #spans: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;

  constructor(settings: QueueSettings, send: SendBatch) {
    this.#settings = settings;
    this.#send = send;
  }

  /** False when there is no room. */
  push(span: ReadableSpan): boolean {
    if (this.#spans.length >= this.#settings.maxQueueSize) return false;
    this.#spans.push(span);
    this.#schedule();
    return true;
  }

  /** Hands everything over at once, in batches. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#spans.length > 0) void this.#send(this.#take());
  }

  #take(): ReadableSpan[] {
    return this.#spans.splice(0, this.#settings.maxExportBatchSize);
  }

  #schedule(): void {
    if (this.#isSending || this.#spans.length === 0) return;
    if (this.#spans.length >= this.#settings.maxExportBatchSize) void this.#sendOne();
    else this.#timer ??= setTimeout(() => void this.#sendOne(), this.#settings.scheduledDelayMillis).unref();
  }

  async #sendOne(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isSending = true;
    await this.#send(this.#take());
    this.#isSending = false;
    this.#schedule();
  }
}
