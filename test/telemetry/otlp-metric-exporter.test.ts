import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasZstd } from '../../src/otlp-client/compress.ts';
import type { OtlpOptions } from '../../src/otlp-client/options.ts';
import { otlpSettingsOf } from '../../src/otlp-client/settings.ts';
import { OtlpMetricExporter } from '../../src/telemetry/otlp-metric-exporter.ts';
import { closedPort } from '../export/otlp-receiver.ts';
import { decodeMetrics } from '../support/otlp-metrics.ts';
import { ScriptedSink, type SinkAnswer, type SinkOptions } from '../support/scripted-sink.ts';

type Protocol = SinkOptions['protocol'];

afterEach(() => void vi.restoreAllMocks());

async function sinkOf(protocol: Protocol, answer: SinkAnswer = 'accept'): Promise<ScriptedSink> {
  const sink = await ScriptedSink.start({ protocol, script: () => answer });
  onTestFinished(() => sink.close());
  return sink;
}

/** A provider with one counter at 42; `flush` exports it. */
function exporting(url: string, protocol: Protocol, more: OtlpOptions = {}) {
  const said: string[] = [];
  const debugged: string[] = [];
  const options = { url, protocol: protocol === 'grpc' ? 'grpc' : 'http/protobuf', ...more } as const;
  const exporter = new OtlpMetricExporter(
    otlpSettingsOf({}, () => {}, 'metrics', options),
    {
      report: (message) => said.push(message),
      debug: (message) => debugged.push(message),
    },
  );
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e9 });
  const provider = new MeterProvider({ readers: [reader] });
  provider.getMeter('test').createCounter('answers').add(42, { of: 'everything' });
  onTestFinished(() => provider.shutdown());
  return { said, debugged, exporter, provider, flush: () => provider.forceFlush() };
}

describe.each([
  ['grpc', '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'],
  ['http', '/v1/metrics'],
] as const)('over %s', (protocol, path) => {
  it.each(['none', 'gzip', ...(hasZstd ? (['zstd'] as const) : [])] as const)(
    'sends what was collected, compressed by %s',
    async (compression) => {
      const sink = await sinkOf(protocol);
      const { flush, said } = exporting(sink.url, protocol, { compression });
      await flush();
      const [request] = sink.requests;
      expect([request?.path, request?.encoding]).toEqual([
        path,
        compression === 'none' ? 'identity' : compression,
      ]);
      expect(decodeMetrics(request?.message ?? new Uint8Array())).toMatchObject({
        scope: { name: 'test' },
        metrics: { answers: [{ value: 42, attributes: { of: 'everything' } }] },
      });
      expect(said).toEqual([]);
    },
  );

  it('says a failure once a minute, and goes on trying', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const { flush, said } = exporting(url, protocol);
    let now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    for (const afterMs of [0, 30_000, 29_999, 1]) {
      now += afterMs;
      await flush();
    }
    const where = protocol === 'grpc' ? url : `${url}/v1/metrics`;
    const message = `cannot export metrics to ${where}: connection refused (is a collector listening there? set OTEL_EXPORTER_OTLP_ENDPOINT)`;
    expect(said).toEqual([message, message]);
  });

  it('says of a collector without a receiver for metrics so once, to those who look into it', async () => {
    const sink = await sinkOf(protocol, protocol === 'grpc' ? { grpcStatus: 12 } : { httpStatus: 404 });
    const { flush, said, debugged } = exporting(sink.url, protocol);
    await flush();
    await flush();
    expect(sink.requests).toHaveLength(2);
    expect(said).toEqual([]);
    expect(debugged).toEqual([expect.stringContaining('no metrics are taken at http://127.0.0.1:')]);
  });

  it('says how many points were rejected', async () => {
    const sink = await sinkOf(protocol, { partial: { rejected: 3, message: 'too many' } });
    const { flush, said } = exporting(sink.url, protocol);
    await flush();
    expect(said).toEqual([expect.stringMatching(/: rejected 3 points: too many$/)]);
  });

  it('gives up what is under way at its shutdown, without a word', async () => {
    const sink = await sinkOf(protocol, 'silence');
    const { flush, exporter, said } = exporting(sink.url, protocol);
    const flushing = flush();
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1));
    await exporter.shutdown();
    await flushing;
    expect(said).toEqual([]);
  });
});
