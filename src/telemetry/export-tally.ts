/** What is known from events alone, summed up from the beginning: a meter provider may come late. */
import type { ExportEvent } from '../export/export-event.ts';

export class ExportTally {
  /** On the wire, in requests that were accepted. */
  sentBytes = 0;
  /** Tries that failed and were to be made again, by the reason of the failure. */
  readonly retriesByReason: Record<string, number> = {};

  add(event: ExportEvent): void {
    if (event.kind === 'sent') this.sentBytes += event.bytes;
    if (event.kind === 'failed' && event.willRetry) {
      this.retriesByReason[event.reason] = (this.retriesByReason[event.reason] ?? 0) + 1;
    }
  }
}
