import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { afterEach, describe, expect, it } from 'vitest';
import { ExportCounts } from '../../src/export/export-counts.ts';
import { Delivery } from '../../src/otlp-client/delivery.ts';
import { DELIVERY_BOUNDS, type DeliverySettings } from '../../src/otlp-client/delivery-settings.ts';
import { makeSpan, sumOf } from '../export/spans.ts';
import { eventually } from '../support/child.ts';
import { ScriptedSink, type SinkAnswer, type SinkOptions } from '../support/scripted-sink.ts';
import { makeTransport, type Protocol } from './transport.ts';

const SPANS = 16;

const UNAVAILABLE: Readonly<Record<Protocol, SinkAnswer>> = {
  grpc: { grpcStatus: 14 },
  http: { httpStatus: 503 },
};

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function startSink(options: SinkOptions): Promise<ScriptedSink> {
  const sink = await ScriptedSink.start(options);
  closing.push(() => sink.close());
  return sink;
}

function deliveryTo(protocol: Protocol, url: string, more: Partial<DeliverySettings> = {}) {
  const counts = new ExportCounts();
  const settings = { ...DELIVERY_BOUNDS, requestTimeoutMs: 10_000, compression: 'none', ...more } as const;
  const hooks = { counts, onEvent() {}, onFailure() {} };
  const delivery = new Delivery(makeTransport(protocol, url), settings, hooks);
  closing.push(() => delivery.shutdown(0));
  /** Pushes requests whose span ids go on from those before. */
  let pushed = 0;
  const push = (requests: number): void => {
    for (let number = 0; number < requests; number++) {
      const spans = Array.from({ length: SPANS }, () => makeSpan(1, ++pushed));
      const bytes = ProtobufTraceSerializer.serializeRequest(spans as never) ?? new Uint8Array();
      void delivery.push({ bytes, spans: SPANS });
    }
  };
  return { delivery, counts, push };
}

describe.each(['grpc', 'http'] as const)('over %s', (protocol) => {
  it('nothing is lost when the collector is killed in mid-stream and comes back', async () => {
    const first = await startSink({ protocol });
    const { delivery, counts, push } = deliveryTo(protocol, first.url);
    push(50);
    await eventually('the first requests', 5_000, () => first.requests.length >= 10 || undefined);
    await first.close();
    push(50);
    await eventually('failure', 5_000, () => delivery.state.isAway || undefined);
    push(50);
    const second = await startSink({ protocol, port: first.port });
    expect(await delivery.flush(5_000)).toEqual({ left: 0 });
    expect(new Set([...first.acceptedIds, ...second.acceptedIds]).size).toBe(150 * SPANS);
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 150 * SPANS, lostByReason: {} });
  });

  it.each(['gzip', 'none'] as const)(
    'what waited compressed arrives as it was, with %s on the wire',
    async (compression) => {
      let isUp = false;
      const sink = await startSink({ protocol, script: () => (isUp ? 'accept' : UNAVAILABLE[protocol]) });
      const { delivery, push } = deliveryTo(protocol, sink.url, { compression });
      push(100);
      const { bytes } = delivery.state;
      await eventually('compression', 5_000, () => delivery.state.bytes < bytes / 2 || undefined);
      isUp = true;
      expect(await delivery.flush(5_000)).toEqual({ left: 0 });
      expect(sink.acceptedIds.size).toBe(100 * SPANS);
      expect(sink.requests.at(-1)?.encoding).toBe(compression === 'gzip' ? 'gzip' : 'identity');
      expect(sink.mostUnderWay).toBeLessThanOrEqual(DELIVERY_BOUNDS.inFlightMax);
    },
  );

  it('what a collector rejects in part is counted', async () => {
    const sink = await startSink({ protocol, script: () => ({ partial: { rejected: 3, message: 'old' } }) });
    const { delivery, counts, push } = deliveryTo(protocol, sink.url);
    push(10);
    await delivery.shutdown(5_000);
    expect(counts.snapshot()).toEqual({
      handed: 0,
      exported: 10 * (SPANS - 3),
      lostByReason: { rejected: 30 },
    });
    expect(sink.acceptedSpans).toBe(counts.exported);
  });

  it.each<[string, Omit<SinkOptions, 'protocol'>]>([
    ['never answers', { script: () => 'silence' }],
    ['reads nothing', { neverReads: true }],
    ['is overloaded', { script: () => UNAVAILABLE[protocol] }],
    ['refuses every request', { script: () => 'refuse' }],
  ])('a shutdown ends at its deadline, and counts, when the collector %s', async (_, how) => {
    const sink = await startSink({ protocol, ...how });
    const { delivery, counts, push } = deliveryTo(protocol, sink.url);
    push(20);
    const startedAt = performance.now();
    await delivery.shutdown(800);
    const took = performance.now() - startedAt;
    expect(took).toBeGreaterThanOrEqual(799);
    expect(took).toBeLessThan(1_500);
    expect(counts.exported + sumOf(counts.snapshot().lostByReason)).toBe(20 * SPANS);
    expect(counts.exported).toBe(0);
  });
});
