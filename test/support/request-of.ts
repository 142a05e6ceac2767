/** Spans as an `ExportTraceServiceRequest`, by the project's own encoder, and the same bytes in other orders. */
import { NO_LIMITS } from '../../src/otlp/limits.ts';
import { TraceRequestBuilder } from '../../src/otlp/trace-request.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { createResource } from '../../src/span/resource.ts';
import { ProtoFields } from '../../src/store/proto-fields.ts';
import type { Random } from './random.ts';

/** A span in few words. */
export interface PlainSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly startUs: number;
  readonly durationNs: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

const resources = new Map<string, ReturnType<typeof createResource>>();

function resourceOf(service: string) {
  let resource = resources.get(service);
  if (resource === undefined) {
    resource = createResource({ 'service.name': service, 'host.name': `host of ${service}` });
    resources.set(service, resource);
  }
  return resource;
}

function readableOf(span: PlainSpan): ReadableSpan {
  const endNs = BigInt(span.startUs) * 1_000n + BigInt(span.durationNs);
  const context = { traceId: span.traceId, spanId: span.spanId, traceFlags: 1 };
  return {
    name: span.name,
    kind: span.kind - 1,
    spanContext: () => context,
    ...(span.parentSpanId !== undefined && { parentSpanContext: { ...context, spanId: span.parentSpanId } }),
    startTime: [Math.floor(span.startUs / 1e6), (span.startUs % 1e6) * 1_000],
    endTime: [Number(endNs / 1_000_000_000n), Number(endNs % 1_000_000_000n)],
    duration: [0, 0],
    status: { code: span.isError ? 2 : 0 },
    attributes: span.attributes,
    links: [],
    events: [],
    ended: true,
    resource: resourceOf(span.service),
    instrumentationScope: { name: 'tests', version: '1' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export function requestOf(spans: readonly PlainSpan[]): Uint8Array {
  const builder = new TraceRequestBuilder(NO_LIMITS);
  for (const span of spans) builder.addSpan(readableOf(span));
  return builder.take().bytes;
}

/** Which fields of a message are messages themselves, as far as they are shuffled. */
interface Shape {
  readonly [field: number]: Shape;
}
const pair: Shape = {};
const span: Shape = { 9: pair, 11: { 3: pair }, 13: { 4: pair }, 15: {} };
const requestShape: Shape = { 1: { 1: { 1: pair }, 2: { 1: {}, 2: span } } };

/** The same message with the fields of each message in another order; fields of one number keep theirs. */
export function shuffled(bytes: Uint8Array, random: Random, shape: Shape = requestShape): Uint8Array {
  const fields = new ProtoFields(bytes);
  const byNumber = new Map<number, Uint8Array[]>();
  for (let at = 0; fields.next(); at = fields.at) {
    const inner = fields.wire === 2 ? shape[fields.field] : undefined;
    const whole = inner
      ? Buffer.concat([
          varint((fields.field << 3) | 2),
          ...withLength(shuffled(bytes.subarray(fields.from, fields.to), random, inner)),
        ])
      : bytes.subarray(at, fields.at);
    byNumber.set(fields.field, [...(byNumber.get(fields.field) ?? []), whole]);
  }
  if (fields.isBroken) throw new Error('no message');
  const parts: Uint8Array[] = [];
  while (byNumber.size > 0) {
    const number = random.pick([...byNumber.keys()]);
    const [first, ...rest] = byNumber.get(number) as [Uint8Array, ...Uint8Array[]];
    parts.push(first);
    if (rest.length > 0) byNumber.set(number, rest);
    else byNumber.delete(number);
  }
  return Buffer.concat(parts);
}

const withLength = (bytes: Uint8Array): Uint8Array[] => [varint(bytes.length), bytes];

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) return Uint8Array.from(bytes);
  }
}
