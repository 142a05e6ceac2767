/** Writes down what becomes of requests: counts, events, failures. A hook that throws is not heard of again. */
import type { ExportCounts } from '../export/export-counts.ts';
import type { ExportEvent } from '../export/export-event.ts';
import type { ExportFailure } from '../export/export-failure.ts';
import type { Attempt } from './attempt.ts';

/** Who is told. */
export interface DeliveryHooks {
  /** Of them, `exported` and the losses; `handed` is counted at the door, where spans come in one by one. */
  readonly counts: ExportCounts;
  readonly onEvent: (event: ExportEvent) => void;
  /** Of each failed try, and of spans that the collector took in and threw away. */
  readonly onFailure: (failure: ExportFailure) => void;
}

/** A try that succeeded, at the end of its operation. */
interface Success extends Attempt {
  /** From the beginning of the first try. */
  readonly operationMs: number;
}

export class DeliveryLog {
  readonly #hooks: DeliveryHooks;

  constructor(hooks: DeliveryHooks) {
    this.#hooks = hooks;
  }

  /** Accepted, but for `rejected` of its spans, `why`. */
  sent(spans: number, rejected: number, why: string, { bytes, durationMs, operationMs }: Success): void {
    const { counts, onEvent, onFailure } = this.#hooks;
    counts.exported += spans - rejected;
    if (rejected > 0) counts.lose('rejected', rejected);
    quietly(() => onEvent({ kind: 'sent', spans, rejected, bytes, durationMs, operationMs }));
    if (rejected === 0) return;
    const cause = `rejected ${rejected} of ${spans} spans${why && `: ${why}`}`;
    quietly(() =>
      onFailure({ reason: 'rejected', isRetryable: false, cause, remedy: "see the collector's log" }),
    );
  }

  failed(failure: ExportFailure, willRetry: boolean, { durationMs }: Attempt): void {
    const { onEvent, onFailure } = this.#hooks;
    quietly(() => onEvent({ kind: 'failed', reason: failure.reason, willRetry, durationMs }));
    quietly(() => onFailure(failure));
  }

  lost(reason: string, spans: number, operationMs?: number): void {
    const { counts, onEvent } = this.#hooks;
    counts.lose(reason, spans);
    quietly(() =>
      onEvent({ kind: 'lost', reason, spans, ...(operationMs !== undefined && { operationMs }) }),
    );
  }
}

function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // It belongs to the user, and the export goes on without it.
  }
}
