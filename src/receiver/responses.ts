/** What a receiver answers, as the bytes of its messages. Pure. */

import { ProtoWriter } from '../otlp/proto-writer.ts';
import type { StoreResult } from '../page-api/span-store.ts';

/**
 * An `ExportTraceServiceResponse`: empty when all was taken.
 * Fields: https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/collector/trace/v1/trace_service.proto
 */
export function exportResponse({ rejected, reason = '' }: StoreResult): Uint8Array {
  const writer = new ProtoWriter();
  if (rejected > 0) {
    const partial = writer.begin(1, 2);
    writer.uint(1, rejected);
    writer.string(2, reason);
    writer.end(partial, 2);
  }
  return writer.view();
}

/** The same as JSON. */
export function exportResponseJson({ rejected, reason = '' }: StoreResult): string {
  if (rejected === 0) return '{}';
  return JSON.stringify({ partialSuccess: { rejectedSpans: String(rejected), errorMessage: reason } });
}

/**
 * A `google.rpc.Status`, with a `RetryInfo` if it is known when to try again.
 * Fields: https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto and error_details.proto
 */
export function rpcStatus(code: number, message: string, retryAfterMs?: number): Uint8Array {
  const writer = new ProtoWriter();
  writer.uint(1, code);
  writer.string(2, message);
  if (retryAfterMs !== undefined) {
    const any = writer.begin(3);
    writer.string(1, 'type.googleapis.com/google.rpc.RetryInfo');
    const info = writer.begin(2);
    const delay = writer.begin(1);
    writer.uint(1, Math.floor(retryAfterMs / 1000));
    writer.uint(2, (retryAfterMs % 1000) * 1_000_000);
    writer.end(delay);
    writer.end(info);
    writer.end(any);
  }
  return writer.view();
}
