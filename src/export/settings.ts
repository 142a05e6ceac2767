/**
 * The standard `OTEL_*` variables that choose where spans go and in what portions. Pure: the environment comes in.
 * `otlp/settings.ts` reads those that say how OTLP leaves.
 */
import { variableOf } from './variables.ts';

/** Where the environment sends spans. */
export type Destination = 'otlp' | 'console';

/** Queue and batches of a `BatchSpanProcessor`; times in milliseconds. */
export interface BatchSettings {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
}

type Warn = (message: string) => void;

/** Whether `OTEL_SDK_DISABLED` turns everything off. */
export function isSdkDisabled(env: NodeJS.ProcessEnv): boolean {
  return env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
}

/**
 * Reads `OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER` and whether an endpoint is set. Undefined when the environment
 * does not say, so that the caller's default counts; an empty list when it says `none`.
 */
export function destinationsOf(env: NodeJS.ProcessEnv, warn: Warn): readonly Destination[] | undefined {
  if (isSdkDisabled(env)) return [];
  const names = (env['OTEL_TRACES_EXPORTER'] ?? '').split(',').map((name) => name.trim());
  const chosen = new Set<Destination>();
  for (const name of names) {
    if (name === 'none') return [];
    if (name === 'otlp' || name === 'console') chosen.add(name);
    else if (name !== '') warn(`OTEL_TRACES_EXPORTER=${name} is not supported (use otlp, console or none)`);
  }
  if (chosen.size > 0) return [...chosen];
  return variableOf(env, 'traces', 'ENDPOINT') ? ['otlp'] : undefined;
}

/**
 * The specification's defaults for `OTEL_BSP_*`, but for a larger queue: records come from the kernel in bursts of
 * thousands, and a span in the queue takes about 2 kB.
 */
const DEFAULT_BATCH: BatchSettings = {
  maxQueueSize: 16_384,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 5_000,
  exportTimeoutMillis: 30_000,
};

/**
 * `chosen` before `OTEL_BSP_*` before `defaults`; a value of the environment that is not a positive integer is said and
 * ignored.
 */
export function batchSettingsOf(
  env: NodeJS.ProcessEnv,
  warn: Warn,
  defaults: BatchSettings = DEFAULT_BATCH,
  chosen: Partial<BatchSettings> = {},
): BatchSettings {
  const read = (name: string, fallback: number): number => {
    const text = env[name]?.trim();
    if (!text) return fallback;
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    warn(`${name}=${text} is not a positive integer (using ${fallback})`);
    return fallback;
  };
  const settings = {
    maxQueueSize: read('OTEL_BSP_MAX_QUEUE_SIZE', defaults.maxQueueSize),
    maxExportBatchSize: read('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', defaults.maxExportBatchSize),
    scheduledDelayMillis: read('OTEL_BSP_SCHEDULE_DELAY', defaults.scheduledDelayMillis),
    exportTimeoutMillis: read('OTEL_BSP_EXPORT_TIMEOUT', defaults.exportTimeoutMillis),
    ...chosen,
  };
  return { ...settings, maxExportBatchSize: Math.min(settings.maxExportBatchSize, settings.maxQueueSize) };
}
