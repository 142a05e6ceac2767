/** Whether the command exports metrics of itself, whereto and how often, by the standard variables. */

import { isSdkDisabled } from '../export/settings.ts';
import { variableOf } from '../export/variables.ts';
import { type OtlpSettings, otlpSettingsOf } from '../otlp-client/settings.ts';

export interface MetricSettings {
  readonly otlp: OtlpSettings;
  readonly exportIntervalMillis: number;
  /** Of one collection with its export; not longer than the interval. */
  readonly exportTimeoutMillis: number;
}

type Warn = (message: string) => void;

/**
 * Undefined when no metrics are wanted: without an endpoint that is for them too, unless `OTEL_METRICS_EXPORTER=otlp`.
 * @throws {GoidspanError} `bad_endpoint`.
 */
export function metricSettingsOf(env: NodeJS.ProcessEnv, warn: Warn): MetricSettings | undefined {
  if (isSdkDisabled(env) || !isWanted(env, warn)) return undefined;
  const exportIntervalMillis = millisOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000, warn);
  const exportTimeoutMillis = millisOf(env, 'OTEL_METRIC_EXPORT_TIMEOUT', 30_000, warn);
  // What is wrong with the general variables has been said of the traces.
  const otlp = otlpSettingsOf(env, (message) => /_METRICS_/.test(message) && warn(message), 'metrics');
  return {
    otlp,
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(exportTimeoutMillis, exportIntervalMillis),
  };
}

function isWanted(env: NodeJS.ProcessEnv, warn: Warn): boolean {
  const names = (env['OTEL_METRICS_EXPORTER'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return variableOf(env, 'metrics', 'ENDPOINT') !== undefined;
  if (names.includes('none')) return false;
  for (const name of names.filter((other) => other !== 'otlp')) {
    warn(`OTEL_METRICS_EXPORTER=${name} is not supported (use otlp or none)`);
  }
  return names.includes('otlp');
}

function millisOf(env: NodeJS.ProcessEnv, name: string, fallback: number, warn: Warn): number {
  const text = env[name]?.trim();
  if (!text) return fallback;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  warn(`${name}=${text} is not a positive integer (using ${fallback})`);
  return fallback;
}
