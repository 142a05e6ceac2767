/** What is known of the exporter from its events alone, summed up from the beginning. */
import type { ExportEvent } from './export-event.ts';

/** Requests over the wire, since the beginning. */
export interface Transfers {
  /** That were accepted. */
  readonly requests: number;
  /** Of those, on the wire without headers. */
  readonly bytes: number;
  /** Tries that failed and were to be made again, by the reason of the failure. */
  readonly retriesByReason: Readonly<Record<string, number>>;
  /** From sending an accepted request to its answer, in milliseconds; 0 without one. */
  readonly meanMs: number;
  readonly maxMs: number;
}

export class ExportTally {
  #requests = 0;
  #bytes = 0;
  #totalMs = 0;
  #maxMs = 0;
  readonly #retriesByReason: Record<string, number> = {};

  add(event: ExportEvent): void {
    if (event.kind === 'sent') {
      this.#requests++;
      this.#bytes += event.bytes;
      this.#totalMs += event.durationMs;
      this.#maxMs = Math.max(this.#maxMs, event.durationMs);
    }
    if (event.kind === 'failed' && event.willRetry) {
      this.#retriesByReason[event.reason] = (this.#retriesByReason[event.reason] ?? 0) + 1;
    }
  }

  transfers(): Transfers {
    return {
      requests: this.#requests,
      bytes: this.#bytes,
      retriesByReason: { ...this.#retriesByReason },
      meanMs: this.#requests === 0 ? 0 : this.#totalMs / this.#requests,
      maxMs: this.#maxMs,
    };
  }
}
