import { DiagLogLevel, diag } from '@opentelemetry/api';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ExportEvent } from '../../src/export/export-event.ts';
import type { ExportResult } from '../../src/export/span-sink.ts';
import { GoidBatchSpanProcessor } from '../../src/plugin/goid-batch-span-processor.ts';
import { GoidOtlpExporter } from '../../src/plugin/goid-otlp-exporter.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { makeSpan, makeSpans, sumOf } from '../export/spans.ts';
import { KeptMetrics } from '../support/metrics.ts';
import { spansOf } from '../support/otlp-proto.ts';
import { ScriptedSink, type SinkOptions } from '../support/scripted-sink.ts';

const sinks: ScriptedSink[] = [];

async function startSink(options: SinkOptions): Promise<ScriptedSink> {
  const sink = await ScriptedSink.start(options);
  sinks.push(sink);
  return sink;
}

afterEach(async () => {
  diag.disable();
  for (const sink of sinks.splice(0)) await sink.close();
});

/** What the exporter says to a logger of the application. */
function listen(): { readonly warn: ReturnType<typeof vi.fn> } {
  const warn = vi.fn();
  const nothing = (): void => {};
  diag.setLogger(
    { error: nothing, warn, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  );
  return { warn };
}

const exported = (exporter: GoidOtlpExporter, spans: ReadableSpan[]): Promise<ExportResult> =>
  new Promise((resolve) => exporter.export(spans, resolve));

const protocols = [
  { protocol: 'grpc', otlp: 'grpc' },
  { protocol: 'http', otlp: 'http/protobuf' },
] as const;

describe.each(protocols)('a GoidOtlpExporter over $protocol', ({ protocol, otlp }) => {
  it('stands behind the BatchSpanProcessor of the SDK', async () => {
    const messages: Buffer[] = [];
    const sink = await startSink({
      protocol,
      script: ({ message }) => {
        messages.push(message);
        return 'accept';
      },
    });
    const exporter = new GoidOtlpExporter({ url: sink.url, protocol: otlp });
    const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    provider
      .getTracer('app')
      .startSpan('work', { attributes: { a: 1 } })
      .end();
    await provider.shutdown();
    expect(messages.flatMap((message) => spansOf(message))).toMatchObject([
      { name: 'work', attributes: [{ key: 'a', value: { int: '1' } }] },
    ]);
    expect(exporter.counts()).toEqual({ handed: 1, exported: 1, lostByReason: {} });
  });

  it('calls back with success when a second try was accepted', async () => {
    const sink = await startSink({
      protocol,
      script: ({ number }) =>
        number > 1 ? 'accept' : protocol === 'grpc' ? { grpcStatus: 14 } : { httpStatus: 503 },
    });
    const exporter = new GoidOtlpExporter({ url: sink.url, protocol: otlp });
    expect(await exported(exporter, makeSpans(3))).toEqual({ code: 0 });
    expect(sink.acceptedSpans).toBe(3);
    await exporter.shutdown();
  });

  it('calls back with the cause when the collector refuses, and counts', async () => {
    const { warn } = listen();
    const answer = protocol === 'grpc' ? { grpcStatus: 16, message: 'who?' } : { httpStatus: 401 };
    const sink = await startSink({ protocol, script: () => answer });
    const exporter = new GoidOtlpExporter({ url: sink.url, protocol: otlp });
    const result = await exported(exporter, makeSpans(3));
    expect(result).toMatchObject({ code: 1, error: expect.any(Error) });
    expect(exporter.counts()).toEqual({ handed: 3, exported: 0, lostByReason: { unauthorized: 3 } });
    expect(warn.mock.calls.flat().join()).toMatch(/cannot export to http.*OTEL_EXPORTER_OTLP_HEADERS/);
    expect(warn.mock.calls.flat().join()).toMatch(/lost 3 spans on the way to http.*unauthorized 3/);
    await exporter.shutdown();
  });
});

describe('a GoidOtlpExporter', () => {
  it('fails a batch after its shutdown, and when it is given what is no span', async () => {
    const sink = await startSink({ protocol: 'http' });
    const exporter = new GoidOtlpExporter({ url: sink.url });
    expect(await exported(exporter, [makeSpan(1, 1), {} as ReadableSpan])).toMatchObject({ code: 1 });
    expect(exporter.counts()).toEqual({ handed: 2, exported: 1, lostByReason: { not_a_span: 1 } });
    await exporter.shutdown();
    expect(await exported(exporter, makeSpans(2))).toMatchObject({ code: 1 });
    expect(exporter.counts().lostByReason).toEqual({ not_a_span: 1, closed: 2 });
  });

  it('gives a batch up after exportTimeoutMillis', async () => {
    const sink = await startSink({ protocol: 'http', script: () => ({ httpStatus: 503 }) });
    const exporter = new GoidOtlpExporter({ url: sink.url, exportTimeoutMillis: 300 });
    const startedAt = performance.now();
    expect(await exported(exporter, makeSpans(1))).toMatchObject({ code: 1 });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(exporter.counts().lostByReason).toEqual({ expired: 1 });
    await exporter.shutdown();
  });

  it('splits a batch that no collector would take, and cuts a span that is too large alone', async () => {
    const sizes: number[] = [];
    const received: string[] = [];
    const sink = await startSink({
      protocol: 'grpc',
      script: ({ message }) => {
        sizes.push(message.length);
        received.push(...spansOf(message).map(({ name }) => name as string));
        return 'accept';
      },
    });
    const exporter = new GoidOtlpExporter({ url: sink.url, protocol: 'grpc' });
    const large = (name: string, bytes: number): ReadableSpan => ({
      ...makeSpan(1, 1),
      name,
      attributes: { text: 'x'.repeat(bytes) },
    });
    const spans = [large('a', 2_000_000), large('b', 2_000_000), large('c', 10_000_000), large('d', 10)];
    expect(await exported(exporter, spans)).toEqual({ code: 0 });
    expect(sink.acceptedSpans).toBe(4);
    expect(Math.max(...sizes)).toBeLessThan(3.6 * 2 ** 20);
    // Requests are under way side by side.
    expect(received.sort()).toEqual(['a', 'b', 'c', 'd']);
    await exporter.shutdown();
  });

  it.each([
    [{ url: 5 }, TypeError, 'url must be'],
    [{ urls: 'http://a' }, TypeError, 'no urls'],
    [{ timeoutMillis: 0 }, RangeError, 'timeoutMillis must be an integer from 1'],
    [{ maxQueueBytes: '1' }, TypeError, 'maxQueueBytes must be a number'],
    [{ maxExportBatchSize: 5 }, TypeError, 'no maxExportBatchSize'],
    [{ stats: 'yes' }, TypeError, 'stats must be a function'],
    [{ url: 'ftp://a' }, Error, 'cannot export to'],
  ])('refuses %j by name', (options, kind, message) => {
    const construct = () => new GoidOtlpExporter(options as never);
    expect(construct).toThrow(kind as typeof Error);
    expect(construct).toThrow(message as string);
  });
});

describe('a GoidBatchSpanProcessor', () => {
  it('sends the spans of an application, each with its own resource', async () => {
    const sink = await startSink({ protocol: 'grpc' });
    const events: ExportEvent[] = [];
    const processor = new GoidBatchSpanProcessor({
      url: sink.url,
      protocol: 'grpc',
      stats: (event) => events.push(event),
    });
    const provider = new BasicTracerProvider({ spanProcessors: [processor] });
    for (let index = 0; index < 1_000; index++) provider.getTracer('app').startSpan(`work ${index}`).end();
    await provider.forceFlush();
    expect(sink.acceptedSpans).toBe(1_000);
    expect(processor.status()).toMatchObject({
      exports: { handed: 1_000, exported: 1_000, lostByReason: {} },
      queue: { spans: 0, bytes: 0, inFlight: 0, isAway: false },
      transfers: { requests: 2, bytes: expect.any(Number), retriesByReason: {} },
    });
    expect(processor.status().transfers.maxMs).toBeGreaterThan(0);
    const sent = events.map((event) => (event.kind === 'sent' ? event.spans : event.kind));
    expect(sent.sort()).toEqual([488, 512]);
    await provider.shutdown();
  });

  it('waits for a resource that is still being detected', async () => {
    const resources: unknown[] = [];
    const sink = await startSink({
      protocol: 'http',
      script: ({ message }) => {
        resources.push(message.includes('detected-later'));
        return 'accept';
      },
    });
    let detect: () => void = () => {};
    const detected = new Promise<void>((resolve) => {
      detect = resolve;
    });
    const span = makeSpan(1, 1);
    const resource = {
      ...span.resource,
      attributes: {} as Record<string, string>,
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => detected,
    };
    const processor = new GoidBatchSpanProcessor({ url: sink.url });
    processor.onEnd({ ...span, resource });
    const flushed = processor.forceFlush();
    setTimeout(() => {
      resource.attributes['host.name'] = 'detected-later';
      resource.asyncAttributesPending = false;
      detect();
    }, 50);
    await flushed;
    expect(resources).toEqual([true]);
    await processor.shutdown();
  });

  it('counts everything when the collector stays away: handed = lost', async () => {
    listen();
    const processor = new GoidBatchSpanProcessor({
      url: 'http://127.0.0.1:1',
      maxQueueBytes: 100_000,
      shutdownTimeoutMillis: 200,
    });
    for (const span of makeSpans(5_000)) processor.onEnd(span);
    const startedAt = performance.now();
    await processor.shutdown();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    const { handed, exported: sent, lostByReason } = processor.status().exports;
    expect({ handed, sent, lost: sumOf(lostByReason) }).toEqual({ handed: 5_000, sent: 0, lost: 5_000 });
    expect(lostByReason['queue_full']).toBeGreaterThan(0);
    expect(lostByReason['connection_refused']).toBeGreaterThan(0);
  });

  it('bounds the spans as well when that is wanted', async () => {
    listen();
    const sink = await startSink({ protocol: 'http', script: () => ({ httpStatus: 503 }) });
    const processor = new GoidBatchSpanProcessor({
      url: sink.url,
      maxQueueSize: 100,
      shutdownTimeoutMillis: 100,
    });
    for (const span of makeSpans(150)) processor.onEnd(span);
    expect(processor.status().exports.lostByReason).toEqual({ queue_full: 50 });
    await processor.shutdown();
  });

  it('counts a span that is not sampled, one that is none, and one after the end; and never throws', async () => {
    listen();
    const sink = await startSink({ protocol: 'http' });
    const throwing = () => {
      throw new Error('mine');
    };
    const processor = new GoidBatchSpanProcessor({ url: sink.url, stats: throwing });
    processor.onEnd(makeSpan(1, 1, { traceFlags: 0 }));
    processor.onEnd(undefined as never);
    processor.onEnd(makeSpan(1, 2));
    await processor.shutdown();
    processor.onEnd(makeSpan(1, 3));
    expect(processor.status().exports).toEqual({
      handed: 4,
      exported: 1,
      lostByReason: { not_sampled: 1, not_a_span: 1, closed: 1 },
    });
  });
});

describe('the metrics of an application', () => {
  it('hold what the queue and the exporter did, up to their last numbers', async () => {
    const sink = await startSink({ protocol: 'grpc' });
    const processor = new GoidBatchSpanProcessor({ url: sink.url, protocol: 'grpc' });
    const exporter = new GoidOtlpExporter({ url: sink.url, protocol: 'grpc' });
    // Registered after both, as NodeSDK does it.
    const kept = new KeptMetrics();
    onTestFinished(() => kept.shutdown());
    for (const span of makeSpans(5)) processor.onEnd(span);
    await exported(exporter, makeSpans(3));
    await processor.shutdown();
    await exporter.shutdown();
    await kept.shutdown();
    expect(kept.valuesOf('otel.sdk.exporter.span.exported').sort()).toEqual([3, 5]);
  });
});
