import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_LIMITS } from '../../src/otlp/limits.ts';
import type { EncodedRequest } from '../../src/otlp/trace-request.ts';
import { RequestBatcher, type RequestBatcherOptions } from '../../src/otlp-client/request-batcher.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { makeSpan, makeSpans } from '../export/spans.ts';
import { makeFact, makeSource } from '../span/fact.ts';

function batcherOf(options: Partial<RequestBatcherOptions> = {}) {
  const sent: EncodedRequest[] = [];
  const lost: string[] = [];
  const batcher = new RequestBatcher({
    limits: NO_LIMITS,
    maxExportBatchSize: 10,
    scheduledDelayMillis: 1_000,
    send: (request) => sent.push(request),
    lose: (reason) => lost.push(reason),
    ...options,
  });
  return { batcher, sent, lost, sizes: () => sent.map(({ spans }) => spans) };
}

const large = (bytes: number): ReadableSpan => ({
  ...makeSpan(1, 1),
  attributes: { text: 'x'.repeat(bytes) },
});

/** A span whose resource says more when `detect` is called. */
function pendingSpan() {
  let detect: () => void = () => {};
  const span = makeSpan(1, 1);
  const resource = {
    ...span.resource,
    asyncAttributesPending: true,
    waitForAsyncAttributes: () =>
      new Promise<void>((resolve) => {
        detect = () => {
          resource.asyncAttributesPending = false;
          resolve();
        };
      }),
  };
  return { span: { ...span, resource }, detect: () => detect() };
}

describe('a batcher', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('cuts a request off when it has spans enough, or when its first span has waited', () => {
    const { batcher, sizes } = batcherOf();
    for (const span of makeSpans(25)) batcher.addSpan(span);
    expect(sizes()).toEqual([10, 10]);
    vi.advanceTimersByTime(999);
    expect(sizes()).toEqual([10, 10]);
    vi.advanceTimersByTime(1);
    expect(sizes()).toEqual([10, 10, 5]);
    expect([batcher.spans, batcher.bytes]).toEqual([0, 0]);
    vi.advanceTimersByTime(60_000);
    expect(sizes()).toHaveLength(3);
  });

  it('cuts it off before it is too large to be taken', () => {
    const { batcher, sent, sizes } = batcherOf();
    for (let count = 0; count < 8; count++) batcher.addSpan(large(1_000_000));
    expect(sizes()).toEqual([3, 3]);
    for (const { bytes } of sent) expect(bytes.length).toBeLessThan(4 * 2 ** 20);
    expect(batcher.spans).toBe(2);
  });

  it('cuts a span that is too large alone, and loses one that nothing makes small enough', () => {
    const { batcher, sent, lost, sizes } = batcherOf({ maxExportBatchSize: 1 });
    batcher.addSpan(large(20_000_000));
    const names = { ...makeSpan(1, 1), name: 'n'.repeat(20_000_000) };
    batcher.addSpan(names);
    batcher.addSpan(makeSpan(1, 2));
    expect(sizes()).toEqual([1, 1]);
    expect(sent[0]?.bytes.length).toBeLessThan(6_000);
    expect(lost).toEqual(['too_large']);
  });

  it('loses what is no span, alone', () => {
    const { batcher, lost, sizes } = batcherOf({ maxExportBatchSize: 2 });
    batcher.addSpan(makeSpan(1, 1));
    batcher.addSpan({} as ReadableSpan);
    batcher.addSpan(makeSpan(1, 2));
    expect([lost, sizes()]).toEqual([['not_a_span'], [2]]);
  });

  it('takes facts and spans into one request', () => {
    const { batcher, sizes } = batcherOf({ maxExportBatchSize: 2 });
    batcher.addFact(makeFact(), makeSource());
    batcher.addSpan(makeSpan(1, 1));
    expect(sizes()).toEqual([2]);
  });

  it('waits for a resource that is being detected, and takes more spans meanwhile', async () => {
    const { batcher, sizes } = batcherOf({ maxExportBatchSize: 1 });
    const { span, detect } = pendingSpan();
    batcher.addSpan(span);
    batcher.addSpan(span);
    expect(sizes()).toEqual([]);
    detect();
    await vi.advanceTimersByTimeAsync(0);
    expect(sizes()).toEqual([2]);
  });

  it('does not wait for ever: not longer than five seconds, and not beyond the deadline of a flush', async () => {
    const { batcher, sizes } = batcherOf({ maxExportBatchSize: 1 });
    batcher.addSpan(pendingSpan().span);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(sizes()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sizes()).toEqual([1]);
    batcher.addSpan(pendingSpan().span);
    const flushed = batcher.flush(100);
    await vi.advanceTimersByTimeAsync(100);
    await flushed;
    expect(sizes()).toEqual([1, 1]);
  });
});
