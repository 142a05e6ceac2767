/** Counts of one exporter, so that handed = exported + lost at its end. */

/** A snapshot; while spans are under way `handed` is larger than the sum of the others. */
export interface ExportCountsSnapshot {
  /** Spans that were handed over to this exporter. */
  readonly handed: number;
  readonly exported: number;
  /** Spans that did not arrive, by reason: `queue_full`, `not_sampled`, `closed`, or the reason of a failure. */
  readonly lostByReason: Readonly<Record<string, number>>;
}

/** Before the first span. */
export const NO_COUNTS: ExportCountsSnapshot = { handed: 0, exported: 0, lostByReason: {} };

/** The counters behind a snapshot. */
export class ExportCounts {
  handed = 0;
  exported = 0;
  readonly #lostByReason = new Map<string, number>();

  lose(reason: string, spans: number): void {
    this.#lostByReason.set(reason, (this.#lostByReason.get(reason) ?? 0) + spans);
  }

  snapshot(): ExportCountsSnapshot {
    return {
      handed: this.handed,
      exported: this.exported,
      lostByReason: Object.fromEntries(this.#lostByReason),
    };
  }
}
