/** What carries encoded requests to a collector. Owns the types; `grpc-transport.ts` and `http-transport.ts` are the two kinds. */
import type { ExportFailure } from '../export/export-failure.ts';

/** How the bytes of a request are compressed. */
export type Encoding = 'identity' | 'gzip' | 'zstd';

/** An encoded `ExportTraceServiceRequest` (or of another signal), without any framing of the transport. */
export interface RequestBody {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
}

/** What one try came to. */
export type Outcome =
  | {
      readonly ok: true;
      /** Of `partial_success`: what the collector took in and threw away. */
      readonly rejectedItems: number;
      /** Why, or a warning; empty when all is well. */
      readonly message: string;
    }
  | {
      readonly ok: false;
      readonly failure: ExportFailure;
      /** The collector asks for this pause: `RetryInfo` or `Retry-After`, in milliseconds. */
      readonly retryAfterMs?: number;
    };

/** Sends requests; neither queues nor retries. */
export interface Transport {
  /**
   * One try. Never rejects; resolves within `timeoutMs`, and at once when `signal` is aborted. No timer and no open socket
   * of it keeps the process alive; a connection that is being made does, which libuv leaves no choice about, for
   * `timeoutMs` at most.
   */
  send(body: RequestBody, timeoutMs: number, signal: AbortSignal): Promise<Outcome>;
  /** Closes its connections; what is under way fails. Idempotent. */
  close(): void;
}
