import { describe, expect, it } from 'vitest';
import { metricSettingsOf } from '../../src/telemetry/metric-settings.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

function read(env: NodeJS.ProcessEnv) {
  const warnings: string[] = [];
  return { settings: metricSettingsOf(env, (message) => warnings.push(message)), warnings };
}

describe('metrics are exported', () => {
  it.each<[NodeJS.ProcessEnv, string]>([
    [ENDPOINT, 'http://collector:4318/v1/metrics'],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m:1/x' }, 'http://m:1/x'],
    [{ OTEL_METRICS_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/metrics'],
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: 'otlp' }, 'http://collector:4318/v1/metrics'],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, 'http://collector:4318/v1/metrics'],
  ])('with %j to %s', (env, url) => {
    const { settings, warnings } = read(env);
    expect(settings).toMatchObject({
      otlp: { url, signal: 'metrics' },
      exportIntervalMillis: 60_000,
      exportTimeoutMillis: 30_000,
    });
    expect(warnings).toEqual([]);
  });

  it.each<[NodeJS.ProcessEnv]>([
    [{}],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4317' }],
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: 'none' }],
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: 'otlp,none' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
  ])('not with %j', (env) => {
    expect(read(env)).toEqual({ settings: undefined, warnings: [] });
  });

  it('not to what is not supported, which is said', () => {
    const { settings, warnings } = read({ ...ENDPOINT, OTEL_METRICS_EXPORTER: 'prometheus' });
    expect(settings).toBeUndefined();
    expect(warnings).toEqual(['OTEL_METRICS_EXPORTER=prometheus is not supported (use otlp or none)']);
  });
});

it.each<[NodeJS.ProcessEnv, number, number, string[]]>([
  [{ OTEL_METRIC_EXPORT_INTERVAL: '5000', OTEL_METRIC_EXPORT_TIMEOUT: '200' }, 5_000, 200, []],
  [{ OTEL_METRIC_EXPORT_INTERVAL: '100' }, 100, 100, []],
  [
    { OTEL_METRIC_EXPORT_INTERVAL: 'often' },
    60_000,
    30_000,
    ['OTEL_METRIC_EXPORT_INTERVAL=often is not a positive integer (using 60000)'],
  ],
])('%j is an interval of %d ms with %d ms for an export', (env, interval, timeout, warnings) => {
  const all = read({ ...ENDPOINT, ...env });
  expect(all.settings).toMatchObject({ exportIntervalMillis: interval, exportTimeoutMillis: timeout });
  expect(all.warnings).toEqual(warnings);
});

it('says what is wrong with its own variables, not again what is wrong with those of all signals', () => {
  expect(read({ ...ENDPOINT, OTEL_EXPORTER_OTLP_TIMEOUT: 'x' }).warnings).toEqual([]);
  expect(read({ ...ENDPOINT, OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: 'x' }).warnings).toEqual([
    'OTEL_EXPORTER_OTLP_METRICS_TIMEOUT=x is not a positive integer (using 10000)',
  ]);
});

it('takes no endpoint that is none', () => {
  expect(() => read({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'nonsense' })).toThrow(
    expect.objectContaining({ code: 'bad_endpoint' }),
  );
});
