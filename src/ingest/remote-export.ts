/** The main thread's end of a way out that runs in the draining thread. Owns what is known of it: the last report. */
import { type ExportCountsSnapshot, NO_COUNTS } from '../export/export-counts.ts';
import { type DeliveryState, NO_REQUESTS } from '../otlp-client/delivery.ts';
import { DRAIN_DEADLINE_MS } from '../otlp-client/delivery-settings.ts';
import type { OtlpExport, RemoteSink } from '../otlp-client/otlp-export.ts';
import { noSpans } from '../stage/counters.ts';
import type { FromIngest, IngestReport } from './ingest-protocol.ts';

type Ask = (kind: 'flush' | 'shutdown', deadlineMs: number) => Promise<void>;

const NOTHING_YET: IngestReport = {
  spans: noSpans(),
  spansByTarget: new Map(),
  lost: {},
  exports: NO_COUNTS,
  queue: NO_REQUESTS,
  drained: { batches: 0, records: 0, bytes: 0, timeMs: 0 },
};

export class RemoteExport implements RemoteSink {
  /** Resolves when it has been shut down. */
  readonly closed: Promise<void>;
  readonly #export: OtlpExport;
  readonly #ask: Ask;
  #markClosed: () => void = () => {};
  #closing: Promise<void> | undefined;
  #isLost = false;
  #report = NOTHING_YET;

  constructor(way: OtlpExport, ask: Ask) {
    this.#export = way;
    this.#ask = ask;
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    way.extendTo(this);
  }

  get report(): IngestReport {
    return this.#report;
  }

  get queue(): DeliveryState {
    return this.#report.queue;
  }

  counts(): ExportCountsSnapshot {
    return this.#report.exports;
  }

  forceFlush(deadlineMs = DRAIN_DEADLINE_MS): Promise<void> {
    return this.#ask('flush', deadlineMs);
  }

  shutdown(deadlineMs = DRAIN_DEADLINE_MS): Promise<void> {
    this.#closing ??= this.#ask('shutdown', deadlineMs).then(() => this.#markClosed());
    return this.#closing;
  }

  receive(message: Extract<FromIngest, { kind: 'report' | 'export_failed' }>): void {
    const { onEvent, onFailure } = this.#export.hooks;
    if (message.kind === 'export_failed') {
      onFailure(message.failure);
      return;
    }
    this.#report = message.report;
    for (const event of message.events) onEvent(event);
  }

  /** The thread has ended: what had no outcome then never gets one. */
  lost(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const { handed, exported, lostByReason } = this.#report.exports;
    const open = handed - exported - Object.values(lostByReason).reduce((sum, spans) => sum + spans, 0);
    if (open <= 0) return;
    this.#report = {
      ...this.#report,
      queue: NO_REQUESTS,
      exports: { handed, exported, lostByReason: { ...lostByReason, thread_died: open } },
    };
  }
}
