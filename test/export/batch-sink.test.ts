import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BatchSink } from '../../src/export/batch-sink.ts';
import { FailureReporter } from '../../src/export/failure-reporter.ts';
import type { BatchSettings } from '../../src/export/settings.ts';
import type { SpanExporter } from '../../src/export/span-sink.ts';
import { probeEndpoint } from '../../src/otlp-client/probe-endpoint.ts';
import { closedPort, type Receiver, startGrpcReceiver, startHttpReceiver } from './otlp-receiver.ts';
import { makeSpan, makeSpans, sumOf } from './spans.ts';

const BATCH: BatchSettings = {
  maxQueueSize: 100_000,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 50,
  exportTimeoutMillis: 30_000,
};

const receivers: Receiver[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const receiver of receivers.splice(0)) await receiver.close();
});

function keep(receiver: Receiver): Receiver {
  receivers.push(receiver);
  return receiver;
}

function sinkOf(exporter: SpanExporter, batch: Partial<BatchSettings> = {}) {
  const messages: string[] = [];
  const reporter = new FailureReporter('http://collector', (message) => messages.push(message));
  const sink = new BatchSink(exporter, { name: 'otlp', batch: { ...BATCH, ...batch }, reporter });
  return { sink, messages };
}

/** With the exporters of OpenTelemetry JS, as a user may inject them. */
function otlpSink(protocol: 'grpc' | 'http/protobuf', url: string, batch: Partial<BatchSettings> = {}) {
  return sinkOf(new (protocol === 'grpc' ? GrpcExporter : ProtoExporter)({ url }), batch);
}

/** Without this identity a loss would be silent. */
function expectBalance(sink: BatchSink): void {
  const { handed, exported, lostByReason } = sink.counts();
  expect(exported + sumOf(lostByReason)).toBe(handed);
}

describe('an exporter', () => {
  it.each([
    ['http/protobuf', startHttpReceiver],
    ['grpc', startGrpcReceiver],
  ] as const)('delivers every span over %s, also 20,000 at once', async (protocol, start) => {
    const receiver = keep(await start());
    const { sink } = await otlpSink(protocol, receiver.url);
    for (const span of makeSpans(20_000)) sink.onEnd(span);
    await sink.shutdown();
    expect(receiver.received).toBe(20_000);
    expect(sink.counts()).toEqual({ handed: 20_000, exported: 20_000, lostByReason: {} });
  });

  it('delivers everything on forceFlush and goes on after it', async () => {
    const receiver = keep(await startHttpReceiver());
    const { sink } = await otlpSink('http/protobuf', receiver.url, { scheduledDelayMillis: 60_000 });
    for (const span of makeSpans(700)) sink.onEnd(span);
    await sink.forceFlush();
    expect(receiver.received).toBe(700);
    sink.onEnd(makeSpan(1, 1));
    await sink.shutdown();
    expect(receiver.received).toBe(701);
  });

  it('tries again when a gRPC collector is unavailable for a moment', async () => {
    const receiver = keep(await startGrpcReceiver((request) => (request <= 2 ? 14 : 0)));
    const { sink, messages } = await otlpSink('grpc', receiver.url);
    for (const span of makeSpans(10)) sink.onEnd(span);
    await sink.forceFlush();
    expect(receiver).toMatchObject({ received: 10, requests: 3 });
    expect(sink.counts()).toEqual({ handed: 10, exported: 10, lostByReason: {} });
    expect(messages).toEqual([
      'cannot export to http://collector: scripted (the collector is overloaded or restarting)',
    ]);
    await sink.shutdown();
  });

  it('does not try again what the collector rejects, and counts it', async () => {
    const receiver = keep(await startHttpReceiver(() => 400));
    const { sink, messages } = await otlpSink('http/protobuf', receiver.url);
    for (const span of makeSpans(10)) sink.onEnd(span);
    await sink.forceFlush();
    expect(receiver.requests).toBe(1);
    expect(sink.counts()).toEqual({ handed: 10, exported: 0, lostByReason: { rejected: 10 } });
    expect(messages).toEqual([
      "cannot export to http://collector: answered 400 Bad Request (see the collector's log)",
    ]);
    await sink.shutdown();
  });

  it.each(['http/protobuf', 'grpc'] as const)(
    'gives up within five seconds at the end when nobody listens to %s',
    async (protocol) => {
      const { sink, messages } = await otlpSink(protocol, `http://127.0.0.1:${await closedPort()}`);
      for (const span of makeSpans(2_000)) sink.onEnd(span);
      const startedAt = performance.now();
      await sink.shutdown();
      expect(performance.now() - startedAt).toBeLessThan(6_000);
      expectBalance(sink);
      expect(sink.counts()).toMatchObject({ handed: 2_000, exported: 0 });
      if (protocol === 'grpc') {
        expect(messages).toEqual([
          'cannot export to http://collector: connection refused (is a collector listening there? set OTEL_EXPORTER_OTLP_ENDPOINT)',
        ]);
      }
    },
  );

  it('gives up within five seconds at the end on a collector that never answers', async () => {
    const receiver = keep(await startHttpReceiver(() => 'silence'));
    const { sink } = await otlpSink('http/protobuf', receiver.url);
    sink.onEnd(makeSpan(1, 1));
    const startedAt = performance.now();
    await sink.shutdown();
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    expect(sink.counts()).toEqual({ handed: 1, exported: 0, lostByReason: { deadline: 1 } });
  });

  it('counts what does not fit into the queue, what is not sampled and what comes too late', async () => {
    const receiver = keep(await startHttpReceiver());
    const { sink } = await otlpSink('http/protobuf', receiver.url, {
      maxQueueSize: 8,
      maxExportBatchSize: 8,
    });
    sink.onEnd(makeSpan(1, 1, { traceFlags: 0 }));
    for (const span of makeSpans(50)) sink.onEnd(span);
    await sink.shutdown();
    sink.onEnd(makeSpan(1, 1));
    const { lostByReason } = sink.counts();
    expect(lostByReason).toMatchObject({ not_sampled: 1, closed: 1 });
    expect(lostByReason['queue_full']).toBe(50 - receiver.received);
    expectBalance(sink);
  });

  it('counts a batch that its exporter throws at', async () => {
    const { sink } = sinkOf({
      export: () => {
        throw new TypeError('broken');
      },
      shutdown: async () => {},
    });
    for (const span of makeSpans(3)) sink.onEnd(span);
    await sink.shutdown();
    expect(sink.counts()).toEqual({ handed: 3, exported: 0, lostByReason: { other: 3 } });
  });

  it('closes once, and also when its exporter cannot', async () => {
    const shutdown = vi.fn(async () => {
      throw new Error('no');
    });
    const { sink } = sinkOf({ export: (_spans, done) => done({ code: 0 }), shutdown });
    await Promise.all([sink.shutdown(), sink.shutdown()]);
    expect(shutdown).toHaveBeenCalled();
  });

  it('never has more than four exports under way', async () => {
    let running = 0;
    let most = 0;
    const { sink } = sinkOf({
      export: (_spans, done) => {
        most = Math.max(most, ++running);
        setTimeout(() => {
          running--;
          done({ code: 0 });
        }, 2);
      },
      shutdown: async () => {},
    });
    for (const span of makeSpans(20_000)) sink.onEnd(span);
    await sink.forceFlush();
    expect(most).toBe(4);
    expect(sink.counts().exported).toBe(20_000);
    await sink.shutdown();
  });
});

describe('FailureReporter', () => {
  it('says each cause once a minute', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const messages: string[] = [];
    const reporter = new FailureReporter('x', (message) => messages.push(message));
    const failure = { reason: 'busy', isRetryable: true, cause: 'c', remedy: 'r' };
    reporter.failed(failure);
    reporter.failed(failure);
    reporter.failed({ ...failure, reason: 'other' });
    now.mockReturnValue(60_001);
    reporter.failed(failure);
    expect(messages).toEqual(Array(3).fill('cannot export to x: c (r)'));
  });
});

describe('probeEndpoint', () => {
  it('finds a collector that listens', async () => {
    const receiver = keep(await startHttpReceiver());
    expect(await probeEndpoint(receiver.url)).toBeUndefined();
  });

  it('says why one cannot be reached', async () => {
    expect(await probeEndpoint(`http://127.0.0.1:${await closedPort()}`)).toMatchObject({
      reason: 'connection_refused',
    });
    expect(await probeEndpoint('http://no-such-host.invalid:4318')).toMatchObject({ reason: 'unknown_host' });
  });

  it('does not try a Unix socket', async () => {
    expect(await probeEndpoint('unix:///nowhere')).toBeUndefined();
  });
});
