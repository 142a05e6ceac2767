import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan as SdkReadableSpan } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { NO_LIMITS } from '../../src/otlp/limits.ts';
import { TraceRequestBuilder } from '../../src/otlp/trace-request.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { type Decoded, decodeRequest, spansOf } from '../support/otlp-proto.ts';
import { Random } from '../support/random.ts';
import { randomSpan, resources, scopes } from './spans.ts';

function ours(spans: readonly ReadableSpan[], limits = NO_LIMITS): Uint8Array {
  const builder = new TraceRequestBuilder(limits);
  for (const span of spans) builder.addSpan(span);
  return builder.take().bytes;
}

function stock(spans: readonly ReadableSpan[]): Uint8Array {
  return ProtobufTraceSerializer.serializeRequest(spans as SdkReadableSpan[]) as Uint8Array;
}

const plainSpan = (more: Partial<ReadableSpan> = {}): ReadableSpan => ({
  ...randomSpan(new Random(1)),
  name: 'plain',
  attributes: {},
  events: [],
  links: [],
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  resource: resources[0] as ReadableSpan['resource'],
  instrumentationScope: scopes[0] as ReadableSpan['instrumentationScope'],
  ...more,
});

describe('an encoded request', () => {
  it('says what that of the stock exporter says, field by field, for spans of every shape', () => {
    const random = new Random(20261123);
    for (let round = 0; round < 60; round++) {
      const spans = Array.from({ length: 1 + random.below(40) }, () => randomSpan(random));
      expect(decodeRequest(ours(spans))).toEqual(decodeRequest(stock(spans)));
    }
  });

  it('is as long as that of the stock exporter', () => {
    const random = new Random(3);
    const spans = Array.from({ length: 200 }, () => randomSpan(random));
    expect(ours(spans).length).toBeLessThanOrEqual(stock(spans).length);
  });

  it('is empty without spans', () => {
    expect(ours([])).toHaveLength(0);
  });

  it('is in a buffer of its own', () => {
    const bytes = ours([plainSpan()]);
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  it('can be followed by another from the same builder', () => {
    const builder = new TraceRequestBuilder(NO_LIMITS);
    const [first, second] = [plainSpan({ name: 'first' }), plainSpan({ name: 'second' })];
    builder.addSpan(first);
    expect(builder.take()).toEqual({ bytes: ours([first]), spans: 1 });
    builder.addSpan(second);
    expect(builder.take()).toEqual({ bytes: ours([second]), spans: 1 });
  });

  it('does not have a span that was taken away again', () => {
    const builder = new TraceRequestBuilder(NO_LIMITS);
    builder.addSpan(plainSpan({ name: 'stays' }));
    const { resource, instrumentationScope } = plainSpan();
    builder.removeLast(resource, instrumentationScope, builder.addSpan(plainSpan({ name: 'goes' })));
    expect(builder.spans).toBe(1);
    expect(spansOf(builder.take().bytes).map(({ name }) => name)).toEqual(['stays']);
  });
});

describe('a span that is none', () => {
  const broken: Readonly<Record<string, Partial<Record<keyof ReadableSpan, unknown>>>> = {
    'has no context': { spanContext: () => undefined },
    'has a short trace id': {
      spanContext: () => ({ traceId: 'ab', spanId: '00f067aa0ba902b7', traceFlags: 1 }),
    },
    'has a span id that is no hex': {
      spanContext: () => ({ traceId: '0'.repeat(32), spanId: 'xyz'.padEnd(16, '0'), traceFlags: 1 }),
    },
    'has a parent id of another length': { parentSpanContext: { traceId: '', spanId: 'abc', traceFlags: 0 } },
    'has no status': { status: undefined },
    'has no start': { startTime: undefined },
    'has attributes that throw': {
      attributes: Object.defineProperty({}, 'bad', {
        enumerable: true,
        get: () => {
          throw new Error('no');
        },
      }),
    },
    'has a name that is no text': { name: Symbol('no') },
    'has no resource': { resource: undefined },
    'has a resource without attributes': { resource: {} },
    'has no scope': { instrumentationScope: undefined },
    'has a scope without a name': { instrumentationScope: { version: '1' } },
  };
  for (const [how, part] of Object.entries(broken)) {
    it(`is refused and leaves the others whole if it ${how}`, () => {
      const builder = new TraceRequestBuilder(NO_LIMITS);
      builder.addSpan(plainSpan({ name: 'before' }));
      expect(() => builder.addSpan({ ...plainSpan(), ...part } as ReadableSpan)).toThrow();
      builder.addSpan(plainSpan({ name: 'after' }));
      expect(spansOf(builder.take().bytes).map(({ name }) => name)).toEqual(['before', 'after']);
    });
  }
});

describe('hostile values', () => {
  const sentFor = (value: unknown): unknown => {
    const [span] = spansOf(ours([plainSpan({ attributes: { it: value } as never })]));
    const attributes = (span as Decoded)['attributes'] as { value: unknown }[];
    return attributes[0]?.value;
  };

  it('are sent as U+FFFD where they are lone surrogates', () => {
    expect(sentFor('a\ud800b')).toMatchObject({ string: 'a\ufffdb' });
    expect(sentFor('\udc00')).toMatchObject({ string: '\ufffd' });
  });

  it('are sent without a value where OTLP has none', () => {
    for (const value of [undefined, null, () => 1, Symbol('s'), 10n]) {
      expect(sentFor(value)).not.toHaveProperty('value');
      expect(Object.keys(sentFor(value) as object)).toEqual([]);
    }
  });

  it('end somewhere when they hold themselves', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(JSON.stringify(sentFor(cyclic))).toContain('self');
  });

  it('may be ten megabytes long', () => {
    expect((sentFor('x'.repeat(10_000_000)) as { string: string }).string).toHaveLength(10_000_000);
    expect((sentFor('ä'.repeat(5_000_000)) as { string: string }).string).toHaveLength(5_000_000);
  });

  it('never throw when times are none', () => {
    for (const time of [
      [Number.NaN, 0],
      [-1, -1],
      [1e300, 1e300],
      [0.5, 0.5],
    ] as [number, number][]) {
      expect(spansOf(ours([plainSpan({ startTime: time })]))).toHaveLength(1);
    }
  });
});

describe('limits', () => {
  const limits = {
    attributeCount: 2,
    attributeValueLength: 3,
    eventCount: 1,
    linkCount: 1,
    attributePerEventCount: 1,
    attributePerLinkCount: 0,
  };

  it('drop what is over them and count it on top of what was dropped before', () => {
    const context = plainSpan().spanContext();
    const span = plainSpan({
      attributes: { a: 'abcdef', b: ['xyz1', 5] as never, c: 1, d: 2 },
      droppedAttributesCount: 10,
      events: [
        { time: [1, 1], name: 'e', attributes: { a: 1, b: 2 }, droppedAttributesCount: 1 },
        { time: [1, 2], name: 'f' },
      ],
      links: [{ context, attributes: { a: 1 } }, { context }],
      droppedLinksCount: 1,
    });
    expect(spansOf(ours([span], limits))[0]).toMatchObject({
      attributes: [
        { key: 'a', value: { string: 'abc' } },
        { key: 'b', value: { array: { values: [{ string: 'xyz' }, { int: '5' }] } } },
      ],
      droppedAttributesCount: 12,
      events: [{ name: 'e', attributes: [{ key: 'a' }], droppedAttributesCount: 2 }],
      droppedEventsCount: 1,
      links: [{ attributes: [], droppedAttributesCount: 1 }],
      droppedLinksCount: 2,
    });
  });

  it('cut no surrogate pair in two', () => {
    const [span] = spansOf(ours([plainSpan({ attributes: { a: 'ab😀' } })], limits));
    expect(span).toMatchObject({ attributes: [{ value: { string: 'ab' } }] });
  });
});
