/** What our exporter and our queue are given. Owns the types and their check. */
import type { ExportEvent } from '../export/export-event.ts';
import { checkOtlpOptions, type OtlpOptions } from '../otlp-client/options.ts';
import type { OtlpSinkOptions } from '../otlp-client/otlp-sink-settings.ts';
import { DAY_MS, integer } from './check-values.ts';

/** Options of {@link GoidOtlpExporter}. What is missing comes from the standard variables, then from the defaults. */
export interface GoidOtlpExporterOptions extends OtlpOptions {
  /** Of all requests that are under way or wait to be tried again, in bytes. Default 64 MiB. */
  readonly maxQueueBytes?: number;
  /** For one batch with all its tries, in milliseconds. Default `OTEL_BSP_EXPORT_TIMEOUT`, else 30,000. */
  readonly exportTimeoutMillis?: number;
  /** Told what happens, one event at a time; what it throws is dropped. */
  readonly stats?: (event: ExportEvent) => void;
}

/** Options of {@link GoidBatchSpanProcessor}. What is missing comes from the standard variables, then from the defaults. */
export interface GoidBatchSpanProcessorOptions extends Omit<GoidOtlpExporterOptions, 'exportTimeoutMillis'> {
  /** Spans that wait or are under way. Default `OTEL_BSP_MAX_QUEUE_SIZE`, else bounded by `maxQueueBytes` alone. */
  readonly maxQueueSize?: number;
  /** Spans in one request. Default `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, else 512. */
  readonly maxExportBatchSize?: number;
  /** Longest wait of a span for its request, in milliseconds. Default `OTEL_BSP_SCHEDULE_DELAY`, else 5,000. */
  readonly scheduledDelayMillis?: number;
  /** How long a request is kept that cannot be delivered, in milliseconds. Default `OTEL_BSP_EXPORT_TIMEOUT`, else 300,000. */
  readonly exportTimeoutMillis?: number;
  /** For all of `shutdown`, and for all of `forceFlush`, in milliseconds. Default 5,000. */
  readonly shutdownTimeoutMillis?: number;
}

const RANGES = {
  maxQueueBytes: [1, 2 ** 40],
  exportTimeoutMillis: [1, DAY_MS],
  maxQueueSize: [1, 2 ** 30],
  maxExportBatchSize: [1, 2 ** 20],
  scheduledDelayMillis: [1, DAY_MS],
  shutdownTimeoutMillis: [1, DAY_MS],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

type Sized = keyof typeof RANGES;

const EXPORTER_SIZES: readonly Sized[] = ['maxQueueBytes', 'exportTimeoutMillis'];

/** The options, each where it belongs. */
export interface CheckedOptions {
  readonly sink: OtlpSinkOptions;
  readonly shutdownTimeoutMillis: number;
  readonly stats: ((event: ExportEvent) => void) | undefined;
}

export const checkExporterOptions = (options: GoidOtlpExporterOptions): CheckedOptions =>
  check(options, EXPORTER_SIZES);

export const checkQueueOptions = (options: GoidBatchSpanProcessorOptions): CheckedOptions =>
  check(options, Object.keys(RANGES) as Sized[]);

/** @throws {TypeError | RangeError} that names the option. */
function check(options: GoidBatchSpanProcessorOptions, sizes: readonly Sized[]): CheckedOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
  const { stats, ...rest } = options;
  if (stats !== undefined && typeof stats !== 'function') throw new TypeError('stats must be a function');
  const given: Partial<Record<Sized, number>> = {};
  const otlp: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (!sizes.includes(name as Sized)) otlp[name] = value;
    else if (value !== undefined) given[name as Sized] = integer(name, value, RANGES[name as Sized]);
  }
  const { shutdownTimeoutMillis = 5_000, ...sink } = given;
  return { sink: { ...sink, otlp: checkOtlpOptions(otlp) }, shutdownTimeoutMillis, stats };
}
