import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { describe, expect, it } from 'vitest';
import { ExportCounts } from '../../src/export/export-counts.ts';
import { Delivery } from '../../src/otlp-client/delivery.ts';
import { DELIVERY_BOUNDS } from '../../src/otlp-client/delivery-settings.ts';
import { makeSpan } from '../export/spans.ts';
import { eventually } from '../support/child.ts';
import { Random } from '../support/random.ts';
import { BUSY, ScriptedTransport } from './scripted-transport.ts';

const SPANS = 512;
/** A minute at 10,000 spans/s is 1,172 of them. */
const REQUESTS = 1_200;
const BYTES_PER_SPAN_GOAL = 100;
const ROOM_FROM = 0.95 * DELIVERY_BOUNDS.queueBytesMax;

const ROUTES = ['/cart', '/checkout', '/products/{id}', '/users/{id}/orders', '/api/v2/search', '/healthz'];

/** A request as a busy service makes it: random ids, clock times, durations, paths, goroutines and ports. */
function requestBytes(random: Random): Uint8Array {
  const traceId = () => [random.u32(), random.u32(), random.u32(), random.u32()] as const;
  let trace = traceId();
  let parent: [number, number] | undefined;
  let second = 100;
  const spans = Array.from({ length: SPANS }, (_, index) => {
    if (index % 5 === 0) {
      trace = traceId();
      parent = undefined;
      second = 100 + Math.floor(index / 100);
    }
    const spanId: [number, number] = [random.u32(), random.u32()];
    const route = random.pick(ROUTES);
    const path = route.replace('{id}', String(random.below(1e6)));
    const span = makeSpan(
      1,
      1,
      {
        spanKind: index % 5 === 0 ? 'server' : 'client',
        traceId: trace,
        spanId,
        ...(parent && { parentSpanId: parent }),
        start: [second, random.below(1e9)],
        end: [second + 1, random.below(1e9)],
        goid: random.below(100_000),
        threadId: 4_000 + random.below(16),
      },
      {
        method: random.pick(['GET', 'GET', 'GET', 'POST']),
        path,
        query: `page=${random.below(50)}`,
        host: 'shop.example.com:8080',
        statusCode: random.pick([200, 200, 200, 404, 500]),
        ...(index % 5 === 0
          ? {
              pattern: `GET ${route}`,
              peer: `10.0.3.${random.below(256)}:${random.below(65_536)}`,
              responseBodyBytes: random.below(20_000),
            }
          : { scheme: 'http' }),
      },
    );
    parent ??= spanId;
    return span;
  });
  const bytes = ProtobufTraceSerializer.serializeRequest(spans);
  if (!bytes) throw new Error('not serialized');
  return bytes;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What objects and buffers hold. */
function memoryHeld(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('a minute of 10,000 spans/s with the collector away', () => {
  it.each(['none', 'gzip'] as const)(
    'fits into the default budget, with %s on the wire',
    async (compression) => {
      const random = new Random(1);
      const samples = Array.from({ length: 20 }, () => requestBytes(random));
      const plain = samples.reduce((sum, { length }) => sum + length, 0) / samples.length / SPANS;
      const counts = new ExportCounts();
      const transport = new ScriptedTransport(() => BUSY);
      const settings = { ...DELIVERY_BOUNDS, requestTimeoutMs: 10_000, compression };
      const delivery = new Delivery(transport, settings, { counts, onEvent() {}, onFailure() {} });
      const memoryBefore = memoryHeld();
      for (let number = 0; number < REQUESTS; number++) {
        void delivery.push({ bytes: new Uint8Array(random.pick(samples)), spans: SPANS });
        // As fast as they are compressed here, which is far faster than they come.
        if (number % 10 === 0)
          await eventually('room', 20_000, () => delivery.state.bytes < ROOM_FROM || undefined);
      }
      const { spans, bytesHighWater } = delivery.state;
      expect(counts.snapshot().lostByReason).toEqual({});
      expect(spans).toBe(REQUESTS * SPANS);
      const perSpan = await eventually('compressed queue', 20_000, () => {
        const each = delivery.state.bytes / spans;
        return each <= BYTES_PER_SPAN_GOAL ? each : undefined;
      });
      // A buffer that pins a larger one would show here; what waits to be collected goes meanwhile.
      const grown = await eventually('memory of the queue and little else', 20_000, () => {
        const each = (memoryHeld() - memoryBefore) / spans;
        return each < perSpan + 10 ? each : undefined;
      });
      process.stdout.write(
        `queued span: ${plain.toFixed(0)} B plain, ${perSpan.toFixed(1)} B compressed for ${compression}, ` +
          `${grown.toFixed(1)} B held in all; at most ${(bytesHighWater / 2 ** 20).toFixed(1)} MiB\n`,
      );
      expect(bytesHighWater).toBeLessThanOrEqual(DELIVERY_BOUNDS.queueBytesMax);
      await delivery.shutdown(0);
    },
  );
});
