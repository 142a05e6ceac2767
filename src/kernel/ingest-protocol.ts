/** Messages between the main thread and the thread that drains. */

/** What the draining thread is started with. */
export interface IngestData {
  readonly handle: bigint;
  readonly batchBytes: number;
  /** Bytes handed over but not yet taken, above which draining pauses. */
  readonly queuedBytesMax: number;
}

export type FromIngest =
  | { readonly kind: 'batch'; readonly buffer: ArrayBuffer }
  /** Everything that was in the ring when `drain` was asked has been handed over. */
  | { readonly kind: 'drained'; readonly id: number }
  | { readonly kind: 'failed'; readonly errno: number };

export type ToIngest =
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'drain'; readonly id: number; readonly last: boolean };
