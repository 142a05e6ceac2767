/** How spans of this process come to the page of this process. */
import type { MessagePort } from 'node:worker_threads';
import type { SpanLimits } from '../otlp/limits.ts';
import { DELIVERY_BOUNDS } from '../otlp-client/delivery-settings.ts';
import { OtlpExport } from '../otlp-client/otlp-export.ts';
import type { OtlpSinkHooks } from '../otlp-client/otlp-sink-settings.ts';

/** A page that somebody looks at shows what has happened just now. */
const DELAY_MS = 500;
const BATCH_SPANS = 512;
const TIMEOUT_MS = 30_000;

/** `openPort`: asked for one by each thread that has spans; what comes over it is kept by the store. */
export function createPageSink(
  openPort: () => MessagePort,
  limits: SpanLimits,
  hooks: OtlpSinkHooks,
): OtlpExport {
  const ofPart = () => ({
    name: 'store',
    otlp: { port: openPort() },
    delivery: { ...DELIVERY_BOUNDS, requestTimeoutMs: TIMEOUT_MS, compression: 'none' as const },
    limits,
    maxExportBatchSize: BATCH_SPANS,
    maxQueueSize: Number.POSITIVE_INFINITY,
    scheduledDelayMillis: DELAY_MS,
  });
  return new OtlpExport({ name: 'store', ofPart }, hooks);
}
