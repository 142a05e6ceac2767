import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ExportCounts } from '../../src/export/export-counts.ts';
import type { ExportEvent } from '../../src/export/export-event.ts';
import type { ExportFailure } from '../../src/export/export-failure.ts';
import type { Codec } from '../../src/otlp-client/codec.ts';
import { Delivery } from '../../src/otlp-client/delivery.ts';
import { DELIVERY_BOUNDS, type DeliverySettings } from '../../src/otlp-client/delivery-settings.ts';
import type { Outcome } from '../../src/otlp-client/transport.ts';
import { ACCEPT, BAD, BUSY, failure, halvingCodec, ScriptedTransport } from './scripted-transport.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const SETTINGS: DeliverySettings = {
  ...DELIVERY_BOUNDS,
  requestTimeoutMs: 10_000,
  compression: 'none',
};

function deliveryOf(
  transport: ScriptedTransport,
  settings: Partial<DeliverySettings> = {},
  codec: Partial<Codec> = {},
) {
  const counts = new ExportCounts();
  const events: ExportEvent[] = [];
  const failures: ExportFailure[] = [];
  const delivery = new Delivery(
    transport,
    { ...SETTINGS, ...settings },
    { counts, onEvent: (event) => events.push(event), onFailure: (failed) => failures.push(failed) },
    { ...halvingCodec, ...codec },
  );
  return { delivery, counts, events, failures };
}

/** Request number `number` of one byte over and over, so that its first byte names it. */
const request = (number: number, spans = 10, size = 100) => ({
  bytes: new Uint8Array(size).fill(number),
  spans,
});

const namesOf = ({ sent }: ScriptedTransport) => sent.map(({ body }) => body.bytes[0]);
const timesOf = ({ sent }: ScriptedTransport) => sent.map(({ at }) => Math.round(at - (sent[0]?.at ?? 0)));

/** Lets go of what a test leaves behind, so that no timer is left. */
async function end(delivery: Delivery): Promise<void> {
  const closing = delivery.shutdown(0);
  await vi.advanceTimersByTimeAsync(1);
  await closing;
}

describe('while the collector is well', () => {
  it('sends oldest first, a few at once, and counts', async () => {
    const transport = new ScriptedTransport();
    const { delivery, counts, events } = deliveryOf(transport, { inFlightMax: 3 });
    const fates = Array.from({ length: 10 }, (_, index) => delivery.push(request(index)));
    expect(delivery.state).toMatchObject({
      requests: 10,
      spans: 100,
      triedSpans: 30,
      bytes: 1_000,
      inFlight: 3,
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(await Promise.all(fates)).toEqual(Array(10).fill({ ok: true, rejected: 0 }));
    expect(namesOf(transport)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(transport.mostInFlight).toBe(3);
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 100, lostByReason: {} });
    expect(events).toHaveLength(10);
    expect(events[0]).toEqual({
      kind: 'sent',
      spans: 10,
      rejected: 0,
      bytes: 100,
      durationMs: 1,
      operationMs: 1,
    });
    expect(delivery.state).toEqual({
      requests: 0,
      spans: 0,
      triedSpans: 0,
      bytes: 0,
      bytesHighWater: 1_000,
      inFlight: 0,
      isAway: false,
    });
    await end(delivery);
  });

  it('loses what there is no room for, and only that', async () => {
    const transport = new ScriptedTransport(() => 'silence');
    const { delivery, counts, events } = deliveryOf(transport, { queueBytesMax: 250 });
    const fates = [1, 2, 3].map((number) => delivery.push(request(number)));
    expect(await fates[2]).toEqual({ ok: false, reason: 'queue_full' });
    expect(counts.snapshot().lostByReason).toEqual({ queue_full: 10 });
    expect(events).toEqual([{ kind: 'lost', reason: 'queue_full', spans: 10 }]);
    expect(delivery.state).toMatchObject({ requests: 2, spans: 20, bytes: 200 });
    await end(delivery);
  });

  it.each([
    [3, 7, 3],
    [10, 0, 10],
    [1_000, 0, 10],
    [-5, 10, 0],
    [Number.NaN, 10, 0],
    [Infinity, 0, 10],
    [2.5, 8, 2],
  ])('of 10 spans with %s rejected, %s are exported', async (rejectedItems, exported, rejected) => {
    const transport = new ScriptedTransport(() => ({ ok: true, rejectedItems, message: 'too old' }));
    const { delivery, counts, failures } = deliveryOf(transport);
    const fate = delivery.push(request(1));
    await vi.advanceTimersByTimeAsync(10);
    expect(await fate).toEqual({ ok: true, rejected });
    expect(counts.snapshot()).toEqual({ handed: 0, exported, lostByReason: rejected ? { rejected } : {} });
    expect(failures.map(({ cause }) => cause)).toEqual(
      rejected ? [`rejected ${rejected} of 10 spans: too old`] : [],
    );
    await end(delivery);
  });

  it('loses a request that is refused for good; the others go on', async () => {
    const transport = new ScriptedTransport((index) => (index === 1 ? BAD : ACCEPT));
    const { delivery, counts, events } = deliveryOf(transport);
    const fates = [1, 2, 3].map((number) => delivery.push(request(number)));
    await vi.advanceTimersByTimeAsync(5);
    expect((await Promise.all(fates)).map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(await fates[1]).toMatchObject({ reason: 'rejected', failure: { cause: 'scripted' } });
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 20, lostByReason: { rejected: 10 } });
    expect(events.filter(({ kind }) => kind !== 'sent')).toEqual([
      { kind: 'failed', reason: 'rejected', willRetry: false, durationMs: 1 },
      { kind: 'lost', reason: 'rejected', spans: 10, operationMs: 1 },
    ]);
    await end(delivery);
  });

  it('keeps no more memory than the bytes of a request', async () => {
    const transport = new ScriptedTransport();
    const { delivery } = deliveryOf(transport);
    void delivery.push({ bytes: Buffer.alloc(100_000).subarray(5, 105), spans: 1 });
    await vi.advanceTimersByTimeAsync(5);
    expect(transport.sent[0]?.body.bytes.buffer.byteLength).toBe(100);
    await end(delivery);
  });

  it('compresses what goes over the wire if it is to, and counts those bytes', async () => {
    const transport = new ScriptedTransport();
    const { delivery, events } = deliveryOf(transport, { compression: 'gzip' });
    void delivery.push(request(1));
    await vi.advanceTimersByTimeAsync(5);
    expect(transport.sent[0]?.body).toEqual({ bytes: new Uint8Array(50).fill(1), encoding: 'gzip' });
    expect(events).toMatchObject([{ kind: 'sent', bytes: 50 }]);
    await end(delivery);
  });

  it('sends as encoded what cannot be compressed', async () => {
    const transport = new ScriptedTransport();
    const compress = vi
      .fn()
      .mockRejectedValueOnce(new Error('no memory'))
      .mockResolvedValueOnce(new Uint8Array(500));
    const { delivery, counts } = deliveryOf(transport, { compression: 'gzip' }, { compress });
    void delivery.push(request(1));
    void delivery.push(request(2));
    await vi.advanceTimersByTimeAsync(5);
    expect(transport.sent.map(({ body }) => body.encoding)).toEqual(['identity', 'identity']);
    expect(counts.exported).toBe(20);
    await end(delivery);
  });
});

describe('while the collector is away', () => {
  it('backs off as a whole, then sends one probe, then several again', async () => {
    let isUp = false;
    const transport = new ScriptedTransport(() => (isUp ? ACCEPT : BUSY));
    const { delivery, counts, events } = deliveryOf(transport);
    for (let number = 0; number < 20; number++) void delivery.push(request(number));
    await vi.advanceTimersByTimeAsync(1_000);
    // Four at once fail; then one at a time: 250 ms after the first failure, 500 ms after the second.
    expect(timesOf(transport)).toEqual([0, 0, 0, 0, 251, 752]);
    expect(namesOf(transport)).toEqual([0, 1, 2, 3, 0, 0]);
    expect(delivery.state).toMatchObject({ requests: 20, triedSpans: 40, isAway: true });
    isUp = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(namesOf(transport).slice(6)).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect(
      transport.sent
        .slice(6)
        .map(({ beside }) => beside)
        .slice(0, 5),
    ).toEqual([0, 0, 1, 2, 3]);
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 200, lostByReason: {} });
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(6);
    // The operation of the first request began with its first try.
    expect(events[6]).toMatchObject({ kind: 'sent', durationMs: 1, operationMs: 1_754 });
    await end(delivery);
  });

  it('sends no probe beside a request that is still under way', async () => {
    const transport = new ScriptedTransport((index) =>
      index === 0 ? BUSY : index === 1 ? 'silence' : ACCEPT,
    );
    const { delivery, counts } = deliveryOf(transport);
    for (let number = 0; number < 2; number++) void delivery.push(request(number));
    await vi.advanceTimersByTimeAsync(9_000);
    expect(transport.sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(timesOf(transport)).toEqual([0, 0, 10_000, 10_001]);
    expect(namesOf(transport)).toEqual([0, 1, 0, 1]);
    expect(counts.exported).toBe(20);
    await end(delivery);
  });

  it('waits as long as the collector asks', async () => {
    const transport = new ScriptedTransport((index) => (index < 1 ? failure('busy', true, 20_000) : ACCEPT));
    const { delivery } = deliveryOf(transport);
    void delivery.push(request(1));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(timesOf(transport)).toEqual([0, 20_001]);
    await end(delivery);
  });

  it('goes on after a probe that is refused for good: the collector has answered', async () => {
    const transport = new ScriptedTransport((index) => (index === 0 ? BUSY : index === 1 ? BAD : ACCEPT));
    const { delivery, counts } = deliveryOf(transport, { inFlightMax: 1 });
    for (let number = 0; number < 5; number++) void delivery.push(request(number));
    await vi.advanceTimersByTimeAsync(300);
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 40, lostByReason: { rejected: 10 } });
    await end(delivery);
  });

  it('loses what is too old, when it is', async () => {
    const transport = new ScriptedTransport(() => BUSY);
    const { delivery, counts, events } = deliveryOf(transport, { ageMsMax: 3_000 });
    const fate = delivery.push(request(1));
    await vi.advanceTimersByTimeAsync(1_000);
    void delivery.push(request(2));
    await vi.advanceTimersByTimeAsync(1_990);
    expect(counts.snapshot().lostByReason).toEqual({});
    await vi.advanceTimersByTimeAsync(20);
    expect(counts.snapshot().lostByReason).toEqual({ expired: 10 });
    expect(await fate).toMatchObject({ ok: false, reason: 'expired', failure: { reason: 'busy' } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(counts.snapshot().lostByReason).toEqual({ expired: 20 });
    expect(events.filter(({ kind }) => kind === 'lost')).toHaveLength(2);
    expect(delivery.state).toMatchObject({ requests: 0, spans: 0, bytes: 0 });
    await end(delivery);
  });

  it.each([
    ['decompresses before it sends, if the wire is not to be compressed', 'none', 'identity', 100],
    ['sends compressed what is compressed already', 'gzip', 'gzip', 50],
  ] as const)('compresses what waits, and %s', async (_, compression, encoding, bytes) => {
    let isUp = false;
    const transport = new ScriptedTransport(() => (isUp ? ACCEPT : BUSY));
    const compress = vi.fn(halvingCodec.compress);
    const { delivery } = deliveryOf(transport, { compression }, { compress });
    for (let number = 0; number < 50; number++) void delivery.push(request(number));
    await vi.advanceTimersByTimeAsync(200);
    expect(delivery.state).toMatchObject({ requests: 50, bytes: 2_500 });
    expect(compress).toHaveBeenCalledTimes(50);
    isUp = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(transport.sent.at(-1)?.body).toEqual({ bytes: new Uint8Array(bytes).fill(49), encoding });
    expect(delivery.state).toMatchObject({ requests: 0, bytes: 0 });
    expect(compress).toHaveBeenCalledTimes(50);
    await end(delivery);
  });

  it('makes room by compression also before a silent collector has timed out', async () => {
    const transport = new ScriptedTransport(() => 'silence');
    const { delivery, counts } = deliveryOf(transport, { queueBytesMax: 4_000 });
    for (let number = 0; number < 60; number++) {
      void delivery.push(request(number));
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(counts.snapshot().lostByReason).toEqual({});
    expect(delivery.state.isAway).toBe(false);
    expect(delivery.state.bytesHighWater).toBeLessThanOrEqual(4_000);
    await end(delivery);
  });

  it('counts as lost what cannot be decompressed', async () => {
    const transport = new ScriptedTransport((index) => (index === 0 ? BUSY : ACCEPT));
    const decompress = () => Promise.reject(new Error('incorrect header check'));
    const { delivery, counts } = deliveryOf(transport, {}, { decompress });
    void delivery.push(request(1));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 0, lostByReason: { other: 10 } });
    await end(delivery);
  });
});

describe('flush', () => {
  it('waits for all that was there at the call, and not for what comes after it', async () => {
    const transport = new ScriptedTransport();
    const { delivery } = deliveryOf(transport, { inFlightMax: 1 });
    for (let number = 0; number < 5; number++) void delivery.push(request(number));
    const flushed = delivery.flush(5_000).then((drained) => ({ ...drained, after: transport.sent.length }));
    for (let number = 5; number < 10; number++) void delivery.push(request(number));
    await vi.advanceTimersByTimeAsync(100);
    expect(await flushed).toEqual({ left: 0, after: 5 });
    await end(delivery);
  });

  it('resolves at once when nothing waits', async () => {
    const { delivery } = deliveryOf(new ScriptedTransport());
    expect(await delivery.flush(5_000)).toEqual({ left: 0 });
    await end(delivery);
  });

  it('says at the deadline what is left, which stays', async () => {
    let isUp = false;
    const transport = new ScriptedTransport(() => (isUp ? ACCEPT : BUSY));
    const { delivery, counts } = deliveryOf(transport);
    for (let number = 0; number < 5; number++) void delivery.push(request(number));
    const flushed = delivery.flush(2_000);
    void delivery.push(request(5));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await flushed).toEqual({ left: 50 });
    expect(delivery.state).toMatchObject({ requests: 6, spans: 60 });
    isUp = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(counts.exported).toBe(60);
    await end(delivery);
  });

  it('cuts the pause short, so that a collector that is back is used', async () => {
    let isUp = false;
    const transport = new ScriptedTransport(() => (isUp ? ACCEPT : BUSY));
    const { delivery, counts } = deliveryOf(transport);
    for (let number = 0; number < 5; number++) void delivery.push(request(number));
    // The pauses are 5 s by now.
    await vi.advanceTimersByTimeAsync(20_000);
    const before = transport.sent.length;
    const flushed = delivery.flush(3_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(transport.sent.length - before).toBeGreaterThanOrEqual(2);
    expect(transport.sent.length - before).toBeLessThanOrEqual(4);
    isUp = true;
    await vi.advanceTimersByTimeAsync(600);
    expect(await flushed).toEqual({ left: 0 });
    expect(counts.exported).toBe(50);
    await end(delivery);
  });

  it('may be called over and over without more than two tries a second', async () => {
    const transport = new ScriptedTransport(() => BUSY);
    const { delivery } = deliveryOf(transport);
    void delivery.push(request(1));
    await vi.advanceTimersByTimeAsync(20_000);
    const before = transport.sent.length;
    for (let count = 0; count < 1_000; count++) {
      void delivery.flush(5);
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(transport.sent.length - before).toBeLessThanOrEqual(21);
    await end(delivery);
  });

  it.each([Number.NaN, -1])('takes a deadline of %s for now', async (deadlineMs) => {
    const { delivery } = deliveryOf(new ScriptedTransport(() => 'silence'));
    void delivery.push(request(1));
    const flushed = delivery.flush(deadlineMs);
    await vi.advanceTimersByTimeAsync(1);
    expect(await flushed).toEqual({ left: 10 });
    await end(delivery);
  });
});

describe('shutdown', () => {
  it('sends everything, closes the transport once, and takes nothing any more', async () => {
    const transport = new ScriptedTransport();
    const { delivery, counts } = deliveryOf(transport);
    for (let number = 0; number < 50; number++) void delivery.push(request(number));
    const closing = delivery.shutdown(5_000);
    expect(delivery.shutdown(5_000)).toBe(closing);
    expect(await delivery.push(request(1))).toEqual({ ok: false, reason: 'closed' });
    await vi.advanceTimersByTimeAsync(100);
    await closing;
    expect(transport.closed).toBe(1);
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 500, lostByReason: { closed: 10 } });
    expect(await delivery.flush(1_000)).toEqual({ left: 0 });
  });

  it('ends at the deadline, not before, and counts what is left by the reason of its last failure', async () => {
    const transport = new ScriptedTransport(() => failure('connection_refused', true, 60_000));
    const { delivery, counts } = deliveryOf(transport, { inFlightMax: 2 });
    const fates = Array.from({ length: 5 }, (_, number) => delivery.push(request(number)));
    let isClosed = false;
    const closing = delivery.shutdown(3_000).then(() => {
      isClosed = true;
    });
    await vi.advanceTimersByTimeAsync(2_990);
    expect(isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(20);
    await closing;
    expect(counts.snapshot().lostByReason).toEqual({ connection_refused: 20, deadline: 30 });
    expect(await fates[0]).toMatchObject({ ok: false, reason: 'connection_refused' });
    expect(await fates[4]).toEqual({ ok: false, reason: 'deadline' });
    // What the collector asked for does not count at the end.
    expect(transport.sent.length).toBeGreaterThan(6);
  });

  it('gives up what is under way at the deadline', async () => {
    const transport = new ScriptedTransport(() => 'silence');
    const { delivery, counts } = deliveryOf(transport);
    for (let number = 0; number < 5; number++) void delivery.push(request(number));
    const flushed = delivery.flush(60_000);
    const closing = delivery.shutdown(1_000);
    await vi.advanceTimersByTimeAsync(1_001);
    await closing;
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 0, lostByReason: { deadline: 50 } });
    expect(await flushed).toEqual({ left: 0 });
    expect(delivery.state).toMatchObject({ requests: 0, spans: 0, bytes: 0, inFlight: 0 });
  });

  it('is over when a collector that does not close or answer throws', async () => {
    const transport = new ScriptedTransport(() => 'silence');
    transport.close = () => {
      throw new Error('no');
    };
    const { delivery } = deliveryOf(transport);
    void delivery.push(request(1));
    await end(delivery);
    expect(delivery.state.requests).toBe(0);
  });
});

it('sends where nothing is traced, and nobody else is remembered', async () => {
  const contexts = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => contexts.getStore() ?? ROOT_CONTEXT,
    with: (active, act, self, ...args) => contexts.run(active, () => act.apply(self, args)),
    bind: (_, target) => target,
    enable: () => context as never,
    disable: () => context as never,
  });
  onTestFinished(() => context.disable());
  const mine = createContextKey('mine');
  let active = ROOT_CONTEXT;
  const transport = new ScriptedTransport(() => {
    active = context.active();
    return ACCEPT;
  });
  const { delivery } = deliveryOf(transport);
  context.with(ROOT_CONTEXT.setValue(mine, 1), () => void delivery.push(request(1)));
  await vi.advanceTimersByTimeAsync(5);
  const suppression = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
  expect([active.getValue(suppression), active.getValue(mine)]).toEqual([true, undefined]);
  await end(delivery);
});

describe('what is thrown', () => {
  it.each<[string, () => Promise<Outcome>]>([
    [
      'throws',
      () => {
        throw new TypeError('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['rejects with nothing', () => Promise.reject(undefined)],
  ])('by a transport that %s is a failure like any other', async (_, send) => {
    const transport = new ScriptedTransport();
    transport.send = send;
    const { delivery, counts, failures } = deliveryOf(transport);
    const fate = delivery.push(request(1));
    await vi.advanceTimersByTimeAsync(5);
    expect(await fate).toMatchObject({ ok: false, reason: 'other' });
    expect(counts.snapshot().lostByReason).toEqual({ other: 10 });
    expect(failures).toHaveLength(1);
    await end(delivery);
  });

  it('by hooks changes nothing', async () => {
    const transport = new ScriptedTransport((index) => [BUSY, BAD][index] ?? { ...ACCEPT, rejectedItems: 1 });
    const counts = new ExportCounts();
    const onEvent = () => {
      throw new Error('mine');
    };
    const delivery = new Delivery(
      transport,
      { ...SETTINGS, inFlightMax: 1 },
      { counts, onEvent, onFailure: onEvent },
      halvingCodec,
    );
    for (let number = 0; number < 5; number++) void delivery.push(request(number));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(counts.snapshot()).toEqual({ handed: 0, exported: 36, lostByReason: { rejected: 14 } });
    await end(delivery);
  });

  it('or called by hooks changes nothing', async () => {
    const transport = new ScriptedTransport((index) =>
      index % 3 === 0 ? BUSY : index % 3 === 1 ? BAD : ACCEPT,
    );
    const counts = new ExportCounts();
    const flushes: Promise<{ left: number }>[] = [];
    let pushed = 0;
    const push = () => {
      if (pushed < 30) void delivery.push(request(++pushed));
      flushes.push(delivery.flush(60_000));
    };
    const delivery: Delivery = new Delivery(
      transport,
      SETTINGS,
      { counts, onEvent: push, onFailure: push },
      halvingCodec,
    );
    push();
    await vi.advanceTimersByTimeAsync(60_000);
    const { exported, lostByReason } = counts.snapshot();
    expect(exported + (lostByReason['rejected'] ?? 0)).toBe(300);
    expect(delivery.state).toMatchObject({ requests: 0, spans: 0, bytes: 0 });
    expect(new Set((await Promise.all(flushes)).map(({ left }) => left))).toEqual(new Set([0]));
    await end(delivery);
  });
});
