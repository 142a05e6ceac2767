/** The bytes of a request as OTLP JSON, as a reader of files wants it. Never throws: what is broken is left out. */
import {
  anyValue,
  event,
  keyValue,
  link,
  resource,
  resourceSpans,
  scope,
  scopeSpans,
  span,
  status,
  traceRequest,
  values,
} from '../otlp/fields.ts';
import type { Part } from './decode-span.ts';
import { int64Before, ProtoFields, u32At, WIRE } from './proto-fields.ts';

/** Nobody nests values deeper. */
const DEPTH_MAX = 32;

type Json = Record<string, unknown>;
/** Of a field that comes in that wire type; in another one it is none of ours. */
interface Reader {
  readonly wire: number;
  readonly read: (bytes: Buffer, fields: ProtoFields, depth: number) => unknown;
}
type Shape = Readonly<Record<number, readonly [name: string, reader: Reader, isRepeated?: true]>>;

const text: Reader = { wire: WIRE.bytes, read: (bytes, { from, to }) => bytes.toString('utf8', from, to) };
const hex: Reader = { wire: WIRE.bytes, read: (bytes, { from, to }) => bytes.toString('hex', from, to) };
const base64: Reader = {
  wire: WIRE.bytes,
  read: (bytes, { from, to }) => bytes.toString('base64', from, to),
};
const count: Reader = { wire: WIRE.varint, read: (_, { value }) => value };
const flag: Reader = { wire: WIRE.varint, read: (_, { value }) => value !== 0 };
const flags: Reader = { wire: WIRE.fixed32, read: (bytes, { from }) => u32At(bytes, from) };
const time: Reader = {
  wire: WIRE.fixed64,
  read: (bytes, { from }) => bytes.readBigUInt64LE(from).toString(),
};
const double: Reader = {
  wire: WIRE.fixed64,
  read: (bytes, { from }) => {
    const value = bytes.readDoubleLE(from);
    return Number.isFinite(value) ? value : String(value);
  },
};
/** 64 bits with a sign: the reader of fields has them as a number that is not exact. */
const int: Reader = { wire: WIRE.varint, read: (bytes, { at }) => int64Before(bytes, at).toString() };
const message = (shape: () => Shape): Reader => ({
  wire: WIRE.bytes,
  read: (bytes, { from, to }, depth) =>
    depth < DEPTH_MAX ? readMessage(bytes, { from, to }, shape(), depth + 1) : {},
});

const valueShape: Shape = {
  [anyValue.string]: ['stringValue', text],
  [anyValue.bool]: ['boolValue', flag],
  [anyValue.int]: ['intValue', int],
  [anyValue.double]: ['doubleValue', double],
  [anyValue.array]: [
    'arrayValue',
    message(() => ({ [values]: ['values', message(() => valueShape), true] })),
  ],
  [anyValue.kvlist]: [
    'kvlistValue',
    message(() => ({ [values]: ['values', message(() => pairShape), true] })),
  ],
  [anyValue.bytes]: ['bytesValue', base64],
};
const pairShape: Shape = {
  [keyValue.key]: ['key', text],
  [keyValue.value]: ['value', message(() => valueShape)],
};
const attributes = message(() => pairShape);

const requestShape: Shape = {
  [traceRequest.resourceSpans]: ['resourceSpans', message(() => resourceSpansShape), true],
};
const resourceSpansShape: Shape = {
  [resourceSpans.resource]: [
    'resource',
    message(() => ({ [resource.attributes]: ['attributes', attributes, true] })),
  ],
  [resourceSpans.scopeSpans]: ['scopeSpans', message(() => scopeSpansShape), true],
  [resourceSpans.schemaUrl]: ['schemaUrl', text],
};
const scopeSpansShape: Shape = {
  [scopeSpans.scope]: [
    'scope',
    message(() => ({
      [scope.name]: ['name', text],
      [scope.version]: ['version', text],
      [scope.attributes]: ['attributes', attributes, true],
      [scope.droppedAttributesCount]: ['droppedAttributesCount', count],
    })),
  ],
  [scopeSpans.spans]: ['spans', message(() => spanShape), true],
  [scopeSpans.schemaUrl]: ['schemaUrl', text],
};
const spanShape: Shape = {
  [span.traceId]: ['traceId', hex],
  [span.spanId]: ['spanId', hex],
  [span.traceState]: ['traceState', text],
  [span.parentSpanId]: ['parentSpanId', hex],
  [span.name]: ['name', text],
  [span.kind]: ['kind', count],
  [span.startTimeUnixNano]: ['startTimeUnixNano', time],
  [span.endTimeUnixNano]: ['endTimeUnixNano', time],
  [span.attributes]: ['attributes', attributes, true],
  [span.droppedAttributesCount]: ['droppedAttributesCount', count],
  [span.events]: [
    'events',
    message(() => ({
      [event.timeUnixNano]: ['timeUnixNano', time],
      [event.name]: ['name', text],
      [event.attributes]: ['attributes', attributes, true],
      [event.droppedAttributesCount]: ['droppedAttributesCount', count],
    })),
    true,
  ],
  [span.droppedEventsCount]: ['droppedEventsCount', count],
  [span.links]: [
    'links',
    message(() => ({
      [link.traceId]: ['traceId', hex],
      [link.spanId]: ['spanId', hex],
      [link.traceState]: ['traceState', text],
      [link.attributes]: ['attributes', attributes, true],
      [link.droppedAttributesCount]: ['droppedAttributesCount', count],
      [link.flags]: ['flags', flags],
    })),
    true,
  ],
  [span.droppedLinksCount]: ['droppedLinksCount', count],
  [span.status]: [
    'status',
    message(() => ({ [status.message]: ['message', text], [status.code]: ['code', count] })),
  ],
  [span.flags]: ['flags', flags],
};

/** An `ExportTraceServiceRequest` as JSON. */
export function requestJson(request: Uint8Array): Json {
  const bytes = Buffer.from(request.buffer, request.byteOffset, request.byteLength);
  return readMessage(bytes, { from: 0, to: bytes.length }, requestShape, 0);
}

function readMessage(bytes: Buffer, { from, to }: Part, shape: Shape, depth: number): Json {
  const told: Json = {};
  const fields = new ProtoFields(bytes, from, to);
  while (fields.next()) {
    const known = shape[fields.field];
    if (known === undefined || known[1].wire !== fields.wire) continue;
    const [name, { read }, isRepeated] = known;
    const value = read(bytes, fields, depth);
    const before = told[name];
    if (!isRepeated) told[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else told[name] = [value];
  }
  return told;
}
