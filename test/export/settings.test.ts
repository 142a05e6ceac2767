import { describe, expect, it } from 'vitest';
import { batchSettingsOf, destinationsOf, otlpSettingsOf } from '../../src/export/settings.ts';

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

describe('otlpSettingsOf', () => {
  it.each([
    [{}, 'http/protobuf', 'http://localhost:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318' }, 'http/protobuf', 'http://a:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://a/otlp/' }, 'http/protobuf', 'https://a/otlp/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a:1/x' }, 'http/protobuf', 'http://a:1/x'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b:2' },
      'http/protobuf',
      'http://b:2/',
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'grpc', 'http://localhost:4317'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4317' }, 'grpc', 'http://a:4317'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
      'http/protobuf',
      'http://a:4317/v1/traces',
    ],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' },
      'grpc',
      'http://localhost:4317',
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'a:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'grpc', 'a:4317'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:///s', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'grpc', 'unix:///s'],
  ] as const)('of %j is %s to %s', (env, protocol, url) => {
    expect(collect((warn) => otlpSettingsOf(env, warn))).toEqual({ value: { protocol, url }, warnings: [] });
  });

  it('warns of a protocol that it does not know', () => {
    const { value, warnings } = collect((warn) =>
      otlpSettingsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, warn),
    );
    expect(value.protocol).toBe('http/protobuf');
    expect(warnings).toEqual([
      'OTEL_EXPORTER_OTLP_PROTOCOL=http/json is not supported (using http/protobuf)',
    ]);
  });

  it.each(['not a url', 'localhost:4318', 'ftp://a', '//a'])('refuses the endpoint %j', (endpoint) => {
    expect(() => otlpSettingsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, () => {})).toThrow(
      expect.objectContaining({
        code: 'bad_endpoint',
        message: `cannot export to ${JSON.stringify(endpoint)}: not a URL of OTLP (set OTEL_EXPORTER_OTLP_ENDPOINT, for example to http://localhost:4318)`,
      }),
    );
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
