/** Decodes OTLP by reflection (protobufjs), so that two encoders can be compared field by field. */
import { type Attributes, createTraceState, type SpanContext } from '@opentelemetry/api';
import protobuf from 'protobufjs';
import type { ReadableSpan, Resource } from '../../src/span/readable-span.ts';
import { createResource } from '../../src/span/resource.ts';

const field = (id: number, type: string) => ({ id, type });
const many = (id: number, type: string) => ({ id, type, rule: 'repeated' });

/** https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0/opentelemetry/proto */
const root = protobuf.Root.fromJSON({
  nested: {
    Request: { fields: { resourceSpans: many(1, 'ResourceSpans') } },
    ResourceSpans: {
      fields: {
        resource: field(1, 'Resource'),
        scopeSpans: many(2, 'ScopeSpans'),
        schemaUrl: field(3, 'string'),
      },
    },
    Resource: { fields: { attributes: many(1, 'KeyValue'), droppedAttributesCount: field(2, 'uint32') } },
    ScopeSpans: {
      fields: { scope: field(1, 'Scope'), spans: many(2, 'Span'), schemaUrl: field(3, 'string') },
    },
    Scope: {
      fields: {
        name: field(1, 'string'),
        version: field(2, 'string'),
        attributes: many(3, 'KeyValue'),
        droppedAttributesCount: field(4, 'uint32'),
      },
    },
    Span: {
      fields: {
        traceId: field(1, 'bytes'),
        spanId: field(2, 'bytes'),
        traceState: field(3, 'string'),
        parentSpanId: field(4, 'bytes'),
        name: field(5, 'string'),
        kind: field(6, 'int32'),
        startTimeUnixNano: field(7, 'fixed64'),
        endTimeUnixNano: field(8, 'fixed64'),
        attributes: many(9, 'KeyValue'),
        droppedAttributesCount: field(10, 'uint32'),
        events: many(11, 'Event'),
        droppedEventsCount: field(12, 'uint32'),
        links: many(13, 'Link'),
        droppedLinksCount: field(14, 'uint32'),
        status: field(15, 'Status'),
        flags: field(16, 'fixed32'),
      },
    },
    Event: {
      fields: {
        timeUnixNano: field(1, 'fixed64'),
        name: field(2, 'string'),
        attributes: many(3, 'KeyValue'),
        droppedAttributesCount: field(4, 'uint32'),
      },
    },
    Link: {
      fields: {
        traceId: field(1, 'bytes'),
        spanId: field(2, 'bytes'),
        traceState: field(3, 'string'),
        attributes: many(4, 'KeyValue'),
        droppedAttributesCount: field(5, 'uint32'),
        flags: field(6, 'fixed32'),
      },
    },
    Status: { fields: { message: field(2, 'string'), code: field(3, 'int32') } },
    KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
    AnyValue: {
      oneofs: { value: { oneof: ['string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'] } },
      fields: {
        string: field(1, 'string'),
        bool: field(2, 'bool'),
        int: field(3, 'int64'),
        double: field(4, 'double'),
        array: field(5, 'Array'),
        kvlist: field(6, 'KvList'),
        bytes: field(7, 'bytes'),
      },
    },
    Array: { fields: { values: many(1, 'AnyValue') } },
    KvList: { fields: { values: many(1, 'KeyValue') } },
  },
});

const request = root.lookupType('Request');

/** A message as plain data: ids and bytes as hex, 64-bit numbers as text, defaults filled in. */
export type Decoded = Readonly<Record<string, unknown>>;

/** What a request says. Throws on what is no protobuf. */
export function decodeRequest(bytes: Uint8Array): Decoded {
  const object = request.toObject(request.decode(bytes), { longs: String, bytes: Buffer, defaults: true });
  return JSON.parse(JSON.stringify(object, (_, value) => (isBuffer(value) ? hexOf(value) : plain(value))));
}

/** The spans of a request, in their order. */
export function spansOf(bytes: Uint8Array): Decoded[] {
  const { resourceSpans } = decodeRequest(bytes) as unknown as Whole;
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

interface Whole {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: Decoded[] }[] }[];
}

/** Buffers come as `{ type, data }` from their `toJSON`. */
function isBuffer(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Buffer';
}

function hexOf({ data }: { data: number[] }): string {
  return Buffer.from(data).toString('hex');
}

/** JSON has no NaN and no infinities. */
function plain(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

interface KeyValue {
  readonly key: string;
  readonly value: {
    readonly string?: string;
    readonly int?: string;
    readonly double?: number;
    readonly array?: { values: KeyValue['value'][] };
  };
}

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: ReadableSpan['status'];
  readonly flags: number;
  readonly attributes: readonly KeyValue[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** The spans of a request in the form that the SDKs have them, as far as our own spans need it. */
export function readableSpansOf(bytes: Uint8Array): ReadableSpan[] {
  const { resourceSpans } = decodeRequest(bytes) as never as {
    resourceSpans: {
      resource: { attributes: KeyValue[] };
      scopeSpans: { spans: SentSpan[] }[];
    }[];
  };
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const made = createResource(attributesOf(resource.attributes));
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => readableSpan(span, made)));
  });
}

function readableSpan(span: SentSpan, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, name, kind, status, flags, attributes, links, traceState } = span;
  const contextOf = (trace: string, id: string, isRemote: boolean): SpanContext => ({
    traceId: trace,
    spanId: id,
    traceFlags: flags & 0xff,
    isRemote,
    ...(traceState && { traceState: createTraceState(traceState) }),
  });
  const own = contextOf(traceId, spanId, false);
  return {
    name,
    kind: kind - 1,
    spanContext: () => own,
    ...(parentSpanId && { parentSpanContext: contextOf(traceId, parentSpanId, (flags & 0x200) !== 0) }),
    startTime: timeOf(span.startTimeUnixNano),
    endTime: timeOf(span.endTimeUnixNano),
    duration: timeOf(String(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano))),
    status,
    attributes: attributesOf(attributes),
    links: links.map((link) => ({ context: contextOf(link.traceId, link.spanId, false) })),
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'goidspan' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function attributesOf(pairs: readonly KeyValue[]): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueOfAny(value)])) as Attributes;
}

function valueOfAny({ string, int, double, array }: KeyValue['value']): unknown {
  if (array) return array.values.map(valueOfAny);
  return int === undefined ? (double ?? string) : Number(int);
}

function timeOf(nanos: string): [number, number] {
  const time = BigInt(nanos);
  return [Number(time / 1_000_000_000n), Number(time % 1_000_000_000n)];
}
