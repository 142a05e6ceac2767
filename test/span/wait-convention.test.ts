import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { TIME_USES, type TimeUse } from '../../src/correlate/time-spent.ts';
import { toSpan } from '../../src/span/to-span.ts';
import { makeSource, makeWaitFact, makeWindowFact } from './fact.ts';

const source = makeSource();

describe('a wait', () => {
  it('is an internal span in that of its goroutine, named by what it was for', () => {
    const span = toSpan(makeWaitFact(), source);
    expect(span).toMatchObject({
      name: 'wait mutex',
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      parentSpanContext: { spanId: '00f067aa0ba902b7', isRemote: false },
      duration: [0, 2_000_000],
      links: [],
    });
    expect(span.attributes).toEqual({ 'goidspan.wait.for': 'mutex', 'goidspan.goid': 18, 'thread.id': 4243 });
  });

  it.each(Object.keys(TIME_USES) as TimeUse[])('may be for %s', (use) => {
    const { name, attributes } = toSpan(makeWaitFact({}, { use }), source);
    expect([name, attributes['goidspan.wait.for']]).toEqual([`wait ${use}`, use]);
  });

  it('names the goroutine that has ended it, and how long it then still did not run', () => {
    expect(toSpan(makeWaitFact({}, { wakerGoid: 2 ** 40, readyNs: 1_500 }), source).attributes).toMatchObject(
      {
        'goidspan.wait.waker.goid': 2 ** 40,
        'goidspan.wait.runnable_ns': 1_500,
      },
    );
  });

  it('for the network names the connection', () => {
    const peer = { address: '192.0.2.7', port: 5432, fd: 9 };
    expect(toSpan(makeWaitFact({}, { use: 'network', peer }), source).attributes).toMatchObject({
      'network.peer.address': '192.0.2.7',
      'network.peer.port': 5432,
      'goidspan.wait.fd': 9,
    });
  });

  it('is linked to the span in which it was ended', () => {
    const link = { traceId: [0, 0, 0, 1], spanId: [0, 2] } as const;
    expect(toSpan(makeWaitFact({ link }), source).links).toEqual([
      {
        context: {
          traceId: '00000000000000000000000000000001',
          spanId: '0000000000000002',
          traceFlags: 1,
          isRemote: false,
        },
        attributes: { 'goidspan.link.reason': 'woken_by' },
      },
    ]);
  });
});

describe('what happened to the whole program', () => {
  it('is an internal span in that which it hit, named by what it was', () => {
    const span = toSpan(makeWindowFact({ window: 'gc.cycle' }), source);
    expect(span).toMatchObject({
      name: 'gc.cycle',
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      parentSpanContext: { spanId: '00f067aa0ba902b7', isRemote: false },
      duration: [0, 2_000_000],
      links: [],
    });
    expect(span.spanContext()).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', traceFlags: 1 });
    expect(span.attributes).toEqual({ 'goidspan.goid': 18 });
  });

  it('says, where the world was stopped, why and by whom', () => {
    const reason = 'read mem stats';
    const span = toSpan(makeWindowFact({ window: 'gc.stw', reason, stopperGoid: 7 }), source);
    expect(span.name).toBe('gc.stw');
    expect(span.attributes).toEqual({
      'goidspan.stop.reason': reason,
      'goidspan.stop.goid': 7,
      'goidspan.goid': 18,
    });
    expect(toSpan(makeWindowFact({ window: 'gc.stw', stopperGoid: 0 }), source).attributes).toEqual({
      'goidspan.goid': 18,
    });
  });
});
