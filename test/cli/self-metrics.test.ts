import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { attachCommand } from '../../src/cli/attach-command.ts';
import { Stop } from '../../src/cli/stop.ts';
import { VERSION } from '../../src/version.ts';
import { decodeMetrics } from '../support/otlp-metrics.ts';
import {
  isOfMetrics,
  ScriptedSink,
  type SinkAnswer,
  type SinkOptions,
  type SinkRequest,
} from '../support/scripted-sink.ts';
import { FakeTracer } from './fake-tracer.ts';
import { RecordingTerminal } from './recording-terminal.ts';

let stop: Stop;
let terminal: RecordingTerminal;

beforeEach(() => {
  stop = new Stop();
  terminal = new RecordingTerminal();
});

afterEach(() => stop.dispose());

const metricsOf = (sink: ScriptedSink) => sink.requests.filter(({ path }) => isOfMetrics(path));

async function sinkOf(
  protocol: SinkOptions['protocol'],
  answer: (request: SinkRequest) => SinkAnswer = () => 'accept',
): Promise<ScriptedSink> {
  const sink = await ScriptedSink.start({ protocol, script: answer });
  onTestFinished(() => sink.close());
  return sink;
}

/** `goidspan attach` that makes three spans and is stopped after `forMs`. */
async function attach(env: NodeJS.ProcessEnv, { args = [] as string[], forMs = 50 } = {}): Promise<number> {
  const invocation = parseArguments(['attach', '--pid', '7', ...args]);
  if (invocation.kind !== 'attach') throw new Error(invocation.kind);
  return attachCommand(invocation, {
    terminal,
    env,
    stop,
    openTracer: async (options) => {
      const tracer = new FakeTracer(options);
      setTimeout(() => tracer.makeSpans(3), 10);
      setTimeout(() => stop.now('SIGTERM'), forMs);
      return tracer;
    },
  });
}

describe.each(['grpc', 'http'] as const)('goidspan attach with an endpoint of %s', (protocol) => {
  const environmentOf = (sink: ScriptedSink) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol === 'grpc' ? 'grpc' : 'http/protobuf',
  });

  it('exports its metrics at the end, those of the last spans too', async () => {
    const sink = await sinkOf(protocol);
    expect(await attach(environmentOf(sink))).toBe(0);
    const requests = metricsOf(sink);
    expect(requests).toHaveLength(1);
    const { resource, scope, metrics } = decodeMetrics(requests[0]?.message ?? Buffer.alloc(0));
    expect(scope).toEqual({ name: 'goidspan', version: VERSION });
    expect(resource).toEqual({
      'service.name': 'goidspan',
      'service.version': VERSION,
      'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'host.name': expect.any(String),
      'process.pid': process.pid,
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': 'goidspan',
      'telemetry.sdk.version': VERSION,
    });
    expect(metrics).toMatchObject({
      'otel.sdk.processor.span.queue.size': [{ value: 0 }],
      'otel.sdk.exporter.span.inflight': [{ value: 0 }],
      'otel.sdk.exporter.span.exported': [
        {
          value: 3,
          attributes: {
            'otel.component.type': `otlp_${protocol}_span_exporter`,
            'server.address': '127.0.0.1',
            'server.port': sink.port,
          },
        },
      ],
      'otel.sdk.exporter.operation.duration': [{ value: 1 }],
      'goidspan.spans': [
        { value: 3, attributes: { 'goidspan.span.kind': 'server' } },
        { value: 0, attributes: { 'goidspan.span.kind': 'client' } },
        { value: 0, attributes: { 'goidspan.span.kind': 'internal' } },
      ],
      'goidspan.probe.hits': [{ value: 3, attributes: { 'goidspan.probe': 'http_server_start' } }],
      'goidspan.drain.records': [{ value: 3 }],
    });
    expect(metrics['goidspan.export.io']?.[0]?.value).toBeGreaterThan(300);
  });

  it('says nothing of a collector that takes no metrics, unless it is asked to say more', async () => {
    const none: SinkAnswer = protocol === 'grpc' ? { grpcStatus: 12 } : { httpStatus: 404 };
    const sink = await sinkOf(protocol, (request) => (isOfMetrics(request.path) ? none : 'accept'));
    expect(await attach(environmentOf(sink))).toBe(0);
    expect(terminal.stderr).not.toContain('metrics');
    stop.dispose();
    stop = new Stop();
    expect(await attach(environmentOf(sink), { args: ['--verbose'] })).toBe(0);
    expect(terminal.stderr).toContain('no metrics are taken at ');
  });

  it('exports every interval', async () => {
    const sink = await sinkOf(protocol);
    await attach({ ...environmentOf(sink), OTEL_METRIC_EXPORT_INTERVAL: '100' }, { forMs: 450 });
    expect(metricsOf(sink).length).toBeGreaterThanOrEqual(3);
  });

  it('counts no metrics as spans, whatever becomes of them', async () => {
    const sink = await sinkOf(protocol);
    await attach(environmentOf(sink));
    expect(sink.acceptedSpans).toBe(3);
    expect(terminal.stderr).toContain('3 of 3 exported to OTLP');
  });

  it('ends in time, with its spans exported, when the metrics are never answered', async () => {
    const sink = await sinkOf(protocol, (request) => (isOfMetrics(request.path) ? 'silence' : 'accept'));
    const startedAt = performance.now();
    expect(await attach(environmentOf(sink))).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(6_500);
    expect(sink.acceptedSpans).toBe(3);
  }, 10_000);
});

it('is called what the variables say', async () => {
  const sink = await sinkOf('http');
  await attach({
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_SERVICE_NAME: 'agent',
    OTEL_RESOURCE_ATTRIBUTES: 'host.name=h1,team=a',
  });
  const { resource } = decodeMetrics(metricsOf(sink)[0]?.message ?? Buffer.alloc(0));
  expect(resource).toMatchObject({ 'service.name': 'agent', 'host.name': 'h1', team: 'a' });
});

it('exports none when the environment wants none', async () => {
  const sink = await sinkOf('http');
  await attach({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_METRICS_EXPORTER: 'none' });
  expect(metricsOf(sink)).toEqual([]);
  expect(sink.acceptedSpans).toBe(3);
});
