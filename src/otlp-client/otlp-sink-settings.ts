/** All that an OtlpSink is made of, as plain data: it may be posted to another thread. */

import type { ExportEvent } from '../export/export-event.ts';
import type { ExportFailure } from '../export/export-failure.ts';
import { type BatchSettings, batchSettingsOf } from '../export/settings.ts';
import { spanLimitsOf } from '../export/span-limits.ts';
import type { SpanLimits } from '../otlp/limits.ts';
import { DELIVERY_BOUNDS, type DeliverySettings } from './delivery-settings.ts';
import type { OtlpOptions } from './options.ts';
import type { PortSettings } from './port-transport.ts';
import { type OtlpSettings, otlpSettingsOf } from './settings.ts';

export interface OtlpSinkSettings<Way = OtlpSettings> {
  /** Names this exporter in the summary. */
  readonly name: string;
  readonly otlp: Way;
  readonly delivery: DeliverySettings;
  readonly limits: SpanLimits;
  /** Spans in one request. */
  readonly maxExportBatchSize: number;
  /** Spans that wait or are under way; infinite when the bytes alone are bounded. */
  readonly maxQueueSize: number;
  /** Longest wait of a span for its request. */
  readonly scheduledDelayMillis: number;
}

/** The sink as a plan, among those of other kinds. */
export interface OtlpSinkPlan {
  readonly kind: 'otlp';
  readonly settings: OtlpSinkSettings<OtlpSettings | PortSettings>;
}

/** Who is told what happens. */
export interface OtlpSinkHooks {
  /** Of each failed try, and of spans that the collector took in and threw away. */
  readonly onFailure: (failure: ExportFailure) => void;
  readonly onEvent: (event: ExportEvent) => void;
}

/** What code may choose; the rest comes from the environment. Bytes and milliseconds. */
export interface OtlpSinkOptions extends Partial<BatchSettings> {
  readonly otlp?: OtlpOptions;
  readonly maxQueueBytes?: number;
}

/** The queue is bounded by its bytes, so that spans keep as long as there is room for them. */
const OTLP_BATCH: BatchSettings = {
  maxQueueSize: Number.POSITIVE_INFINITY,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 5_000,
  exportTimeoutMillis: DELIVERY_BOUNDS.ageMsMax,
};

/**
 * Options before standard variables before defaults; `warn` is told of variables that cannot be used.
 * @throws {GoidspanError} `bad_endpoint`.
 */
export function otlpSinkSettingsOf(
  name: string,
  { otlp: otlpOptions, maxQueueBytes = DELIVERY_BOUNDS.queueBytesMax, ...batchOptions }: OtlpSinkOptions,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): OtlpSinkSettings {
  const otlp = otlpSettingsOf(env, warn, 'traces', otlpOptions);
  const { exportTimeoutMillis, ...batch } = batchSettingsOf(env, warn, OTLP_BATCH, batchOptions);
  return {
    name,
    otlp,
    delivery: {
      ...DELIVERY_BOUNDS,
      queueBytesMax: maxQueueBytes,
      ageMsMax: exportTimeoutMillis,
      requestTimeoutMs: otlp.timeoutMs,
      compression: otlp.compression,
    },
    limits: spanLimitsOf(env, warn),
    ...batch,
  };
}
