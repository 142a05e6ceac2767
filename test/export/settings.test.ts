import { describe, expect, it } from 'vitest';
import { batchSettingsOf, destinationsOf } from '../../src/export/settings.ts';

function collect<T>(read: (warn: (message: string) => void) => T): { value: T; warnings: string[] } {
  const warnings: string[] = [];
  return { value: read((message) => warnings.push(message)), warnings };
}

describe('destinationsOf', () => {
  it.each([
    [{}, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318' }, ['otlp']],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a:4318' }, ['otlp']],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, ['otlp']],
    [{ OTEL_TRACES_EXPORTER: 'console' }, ['console']],
    [{ OTEL_TRACES_EXPORTER: 'otlp, console' }, ['otlp', 'console']],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318' }, []],
    [{ OTEL_SDK_DISABLED: 'TRUE', OTEL_TRACES_EXPORTER: 'otlp' }, []],
    [{ OTEL_SDK_DISABLED: 'no', OTEL_TRACES_EXPORTER: 'otlp' }, ['otlp']],
  ])('of %j is %j', (env, expected) => {
    expect(collect((warn) => destinationsOf(env, warn))).toEqual({ value: expected, warnings: [] });
  });

  it('warns of an exporter that it does not know', () => {
    expect(collect((warn) => destinationsOf({ OTEL_TRACES_EXPORTER: 'zipkin' }, warn))).toEqual({
      value: undefined,
      warnings: ['OTEL_TRACES_EXPORTER=zipkin is not supported (use otlp, console or none)'],
    });
  });
});

describe('batchSettingsOf', () => {
  it('reads the queue and the batches', () => {
    const env = {
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '512',
      OTEL_BSP_SCHEDULE_DELAY: '10',
      OTEL_BSP_EXPORT_TIMEOUT: '20',
    };
    expect(collect((warn) => batchSettingsOf(env, warn))).toEqual({
      value: {
        maxQueueSize: 100,
        maxExportBatchSize: 100,
        scheduledDelayMillis: 10,
        exportTimeoutMillis: 20,
      },
      warnings: [],
    });
  });

  it.each(['0', '-5', '1.5', 'many', '1e3'])('warns of %j and uses the default', (text) => {
    const { value, warnings } = collect((warn) => batchSettingsOf({ OTEL_BSP_MAX_QUEUE_SIZE: text }, warn));
    expect(value.maxQueueSize).toBe(16_384);
    expect(warnings).toEqual([`OTEL_BSP_MAX_QUEUE_SIZE=${text} is not a positive integer (using 16384)`]);
  });
});
