/** Spans of every shape, by a seed. */
import { createTraceState, type Link, type SpanContext } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '../../src/span/readable-span.ts';
import { createResource } from '../../src/span/resource.ts';
import type { Random } from '../support/random.ts';

const texts = [
  ...[
    '',
    'GET',
    '/checkout/{cart}',
    'ünï',
    '日本語テキスト',
    '😀 in the middle',
    'x'.repeat(127),
    'y'.repeat(128),
  ],
  ...['z'.repeat(20_000), 'a\u0000b', 'ß'.repeat(100)],
];
const numbers = [
  ...[0, 1, -1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1],
  ...[
    2 ** 62,
    -(2 ** 63),
    2 ** 63,
    1e300,
    0.25,
    -0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.MIN_VALUE,
  ],
];
const keys = ['http.request.method', 'k', 'schlüssel', 'k'.repeat(130), 'url.path', 'thread.id', '数'];

export const resources = [
  createResource({ 'service.name': 'shop', 'process.pid': 42, 'process.command_args': ['a', 'b'] }),
  { ...createResource({ 'service.name': 'other' }), schemaUrl: 'https://example.com/schema' },
];
export const scopes = [
  { name: 'one', version: '1.0' },
  { name: 'two' },
  { name: 'one', version: '1.0', schemaUrl: 'https://example.com/scope' },
];

function value(random: Random, depth = 0): unknown {
  const kinds = depth < 3 ? 8 : 5;
  switch (random.below(kinds)) {
    case 0:
      return random.pick(texts);
    case 1:
      return random.pick(numbers);
    case 2:
      return random.below(2) === 0;
    case 3:
      return new Uint8Array([1, 2, 255]);
    case 4:
      return random.pick([null, undefined]);
    case 5:
      return Array.from({ length: random.below(4) }, () => value(random, depth + 1));
    case 6:
      return Object.fromEntries([['inner', value(random, depth + 1)]]);
    default:
      return random.pick(texts);
  }
}

function attributes(random: Random): Record<string, never> {
  const entries = Array.from({ length: random.below(16) }, (_, index) => [
    `${random.pick(keys)}${index}`,
    value(random),
  ]);
  return Object.fromEntries(entries);
}

function hex(random: Random, words: number): string {
  return Array.from({ length: words }, () => random.u32().toString(16).padStart(8, '0')).join('');
}

function context(random: Random): SpanContext {
  return {
    traceId: hex(random, 4),
    spanId: hex(random, 2),
    traceFlags: random.below(4),
    ...(random.below(2) ? { isRemote: random.below(2) === 0 } : {}),
    ...(random.below(4) ? {} : { traceState: createTraceState('vendor=value,other=1') }),
  };
}

export function randomSpan(random: Random): ReadableSpan {
  const own = context(random);
  const time = (): [number, number] => [random.u32(), random.below(1_000_000_000)];
  const events = Array.from(
    { length: random.below(4) },
    (): TimedEvent => ({
      time: time(),
      name: random.pick(texts),
      ...(random.below(3) ? { attributes: attributes(random) } : {}),
      ...(random.below(3) ? {} : { droppedAttributesCount: random.below(300) }),
    }),
  );
  const links = Array.from(
    { length: random.below(3) },
    (): Link => ({
      context: context(random),
      ...(random.below(3) ? { attributes: attributes(random) } : {}),
      ...(random.below(3) ? {} : { droppedAttributesCount: random.below(300) }),
    }),
  );
  return {
    name: random.pick(texts),
    kind: random.below(5),
    spanContext: () => own,
    ...(random.below(2) ? { parentSpanContext: context(random) } : {}),
    startTime: time(),
    endTime: time(),
    status: { code: random.below(3), ...(random.below(2) ? { message: random.pick(texts) } : {}) },
    attributes: attributes(random),
    links,
    events,
    duration: [0, 1],
    ended: true,
    resource: random.pick(resources),
    instrumentationScope: random.pick(scopes),
    droppedAttributesCount: random.pick([0, 3, 300]),
    droppedEventsCount: random.pick([0, 1]),
    droppedLinksCount: random.pick([0, 70_000]),
  };
}
