/** The main thread's end of a sink in the draining thread. Owns what is known of it: the last report. */
import { type ExportCountsSnapshot, NO_COUNTS } from '../export/export-counts.ts';
import type { ExportFailure } from '../export/export-failure.ts';
import { type DeliveryState, NO_REQUESTS } from '../otlp-client/delivery.ts';
import { DRAIN_DEADLINE_MS } from '../otlp-client/delivery-settings.ts';
import type { OtlpExport, RemotePart } from '../otlp-client/otlp-export.ts';
import type { SinkReport } from './ingest-protocol.ts';

type Ask = (kind: 'flush' | 'shutdown', deadlineMs: number) => Promise<void>;

export class RemoteSink implements RemotePart {
  /** Resolves when it has been shut down. */
  readonly closed: Promise<void>;
  readonly #export: OtlpExport;
  readonly #ask: Ask;
  #markClosed: () => void = () => {};
  #closing: Promise<void> | undefined;
  #isLost = false;
  #counts: ExportCountsSnapshot = NO_COUNTS;
  #queue: DeliveryState = NO_REQUESTS;

  /** Becomes a part of the export, whose hooks are told what happens there. */
  constructor(of: OtlpExport, ask: Ask) {
    this.#export = of;
    this.#ask = ask;
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    of.extendTo(this);
  }

  get queue(): DeliveryState {
    return this.#queue;
  }

  counts(): ExportCountsSnapshot {
    return this.#counts;
  }

  forceFlush(deadlineMs = DRAIN_DEADLINE_MS): Promise<void> {
    return this.#ask('flush', deadlineMs);
  }

  shutdown(deadlineMs = DRAIN_DEADLINE_MS): Promise<void> {
    this.#closing ??= this.#ask('shutdown', deadlineMs).then(() => this.#markClosed());
    return this.#closing;
  }

  failed(failure: ExportFailure): void {
    this.#export.hooks.onFailure(failure);
  }

  receive({ counts, queue, events }: SinkReport): void {
    this.#counts = counts;
    this.#queue = queue;
    for (const event of events) this.#export.hooks.onEvent(event);
  }

  /** The thread has ended: what had no outcome then never gets one. */
  lost(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const { handed, exported, lostByReason } = this.#counts;
    const open = handed - exported - Object.values(lostByReason).reduce((sum, spans) => sum + spans, 0);
    if (open <= 0) return;
    this.#queue = NO_REQUESTS;
    this.#counts = { handed, exported, lostByReason: { ...lostByReason, thread_died: open } };
  }
}
