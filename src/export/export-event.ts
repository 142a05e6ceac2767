/** What happens in the export, one event at a time: what metrics, `status()` and the user's `stats` callback are made of. */

/** Times in milliseconds, sizes in bytes. */
export type ExportEvent =
  /** A request was accepted. */
  | {
      readonly kind: 'sent';
      readonly spans: number;
      /** Of those, the collector took in and threw away (`partial_success`). */
      readonly rejected: number;
      /** On the wire, without headers. */
      readonly bytes: number;
      /** Of the try that succeeded. */
      readonly durationMs: number;
      /** From the beginning of the first try. */
      readonly operationMs: number;
    }
  /** One try failed; `willRetry` says whether the batch stays in the queue. */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly willRetry: boolean;
      readonly durationMs: number;
    }
  /** Spans were given up. */
  | {
      readonly kind: 'lost';
      readonly reason: string;
      readonly spans: number;
      /** From the beginning of the first try; absent where there was none. */
      readonly operationMs?: number;
    };
