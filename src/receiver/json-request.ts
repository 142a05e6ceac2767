/**
 * OTLP as JSON → the same request as protobuf, so that all behind it knows one form. Hostile input: whatever has the wrong type counts as
 * missing, and nothing is followed deeper than it is sent by anybody.
 * Form: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
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
import { ProtoWriter } from '../otlp/proto-writer.ts';

/** Deeper values are left out. */
const DEPTH_MAX = 16;

type Json = Readonly<Record<string, unknown>>;

/** @throws {SyntaxError} of text that is no JSON; {@link TypeError} of JSON that is no request. */
export function requestOfJson(text: string): Uint8Array {
  return requestOf(JSON.parse(text));
}

/** Of JSON that is parsed. @throws {TypeError} */
export function requestOf(request: unknown): Uint8Array {
  if (!isObject(request)) throw new TypeError('an object with resourceSpans is expected');
  const writer = new ProtoWriter();
  for (const part of objectsIn(request['resourceSpans'])) {
    const start = writer.begin(traceRequest.resourceSpans, 4);
    writeResource(writer, part['resource']);
    for (const scoped of objectsIn(part['scopeSpans'])) writeScopeSpans(writer, scoped);
    writeText(writer, resourceSpans.schemaUrl, part['schemaUrl']);
    writer.end(start, 4);
  }
  return writer.view();
}

function writeResource(writer: ProtoWriter, value: unknown): void {
  if (!isObject(value)) return;
  const start = writer.begin(resourceSpans.resource, 2);
  writeAttributes(writer, resource.attributes, value['attributes']);
  writer.end(start, 2);
}

function writeScopeSpans(writer: ProtoWriter, scoped: Json): void {
  const start = writer.begin(resourceSpans.scopeSpans, 4);
  const told = scoped['scope'];
  if (isObject(told)) {
    const inner = writer.begin(scopeSpans.scope);
    writeText(writer, scope.name, told['name']);
    writeText(writer, scope.version, told['version']);
    writeAttributes(writer, scope.attributes, told['attributes']);
    writer.end(inner);
  }
  for (const each of objectsIn(scoped['spans'])) writeSpan(writer, each);
  writeText(writer, scopeSpans.schemaUrl, scoped['schemaUrl']);
  writer.end(start, 4);
}

/** Of `Span.SpanKind`; names are allowed beside numbers. */
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (name) => `SPAN_KIND_${name}`,
);
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`);

function writeSpan(writer: ProtoWriter, told: Json): void {
  const start = writer.begin(scopeSpans.spans, 2);
  writeIds(writer, span, told);
  writeId(writer, span.parentSpanId, told['parentSpanId']);
  writeText(writer, span.name, told['name']);
  writeCount(writer, span.kind, enumOf(told['kind'], KINDS));
  writeTime(writer, span.startTimeUnixNano, told['startTimeUnixNano']);
  writeTime(writer, span.endTimeUnixNano, told['endTimeUnixNano']);
  writeAttributes(writer, span.attributes, told['attributes']);
  writeCount(writer, span.droppedAttributesCount, told['droppedAttributesCount']);
  for (const each of objectsIn(told['events'])) writeEvent(writer, each);
  writeCount(writer, span.droppedEventsCount, told['droppedEventsCount']);
  for (const each of objectsIn(told['links'])) writeLink(writer, each);
  writeCount(writer, span.droppedLinksCount, told['droppedLinksCount']);
  writeStatus(writer, told['status']);
  writeFlags(writer, span.flags, told['flags']);
  writer.end(start, 2);
}

function writeEvent(writer: ProtoWriter, told: Json): void {
  const start = writer.begin(span.events, 2);
  writeTime(writer, event.timeUnixNano, told['timeUnixNano']);
  writeText(writer, event.name, told['name']);
  writeAttributes(writer, event.attributes, told['attributes']);
  writeCount(writer, event.droppedAttributesCount, told['droppedAttributesCount']);
  writer.end(start, 2);
}

function writeLink(writer: ProtoWriter, told: Json): void {
  const start = writer.begin(span.links, 2);
  writeIds(writer, link, told);
  writeAttributes(writer, link.attributes, told['attributes']);
  writeCount(writer, link.droppedAttributesCount, told['droppedAttributesCount']);
  writeFlags(writer, link.flags, told['flags']);
  writer.end(start, 2);
}

function writeStatus(writer: ProtoWriter, told: unknown): void {
  if (!isObject(told)) return;
  const start = writer.begin(span.status);
  writeText(writer, status.message, told['message']);
  writeCount(writer, status.code, enumOf(told['code'], STATUS_CODES));
  writer.end(start);
}

function writeIds(
  writer: ProtoWriter,
  field: { readonly traceId: number; readonly spanId: number; readonly traceState: number },
  told: Json,
): void {
  writeId(writer, field.traceId, told['traceId']);
  writeId(writer, field.spanId, told['spanId']);
  writeText(writer, field.traceState, told['traceState']);
}

/** As it came, also where it has the wrong length: who keeps the spans refuses it. */
function writeId(writer: ProtoWriter, field: number, told: unknown): void {
  if (typeof told === 'string' && /^(?:[0-9a-f]{2})+$/i.test(told)) {
    writer.bytes(field, Buffer.from(told, 'hex'));
  }
}

function writeText(writer: ProtoWriter, field: number, told: unknown): void {
  if (typeof told === 'string' && told !== '') writer.string(field, told);
}

function writeCount(writer: ProtoWriter, field: number, told: unknown): void {
  const count = Number(told);
  if (Number.isSafeInteger(count) && count > 0) writer.uint(field, count);
}

function writeFlags(writer: ProtoWriter, field: number, told: unknown): void {
  const flags = Number(told);
  if (Number.isInteger(flags) && flags > 0 && flags < 2 ** 32) writer.fixed32(field, flags);
}

/** 64 bits: a text of digits, or a number that has lost some of them. */
function writeTime(writer: ProtoWriter, field: number, told: unknown): void {
  const time = integerOf(told);
  if (time === undefined || time < 0n || time >= 2n ** 64n) return;
  writer.fixed64(field, Number(time & 0xffff_ffffn), Number(time >> 32n));
}

function writeAttributes(writer: ProtoWriter, field: number, told: unknown, depth = 0): void {
  for (const each of objectsIn(told)) {
    const start = writer.begin(field);
    writeText(writer, keyValue.key, each['key']);
    if (isObject(each['value'])) {
      const inner = writer.begin(keyValue.value);
      writeValue(writer, each['value'], depth);
      writer.end(inner);
    }
    writer.end(start);
  }
}

/** The one member that is set; the value is empty if none is. */
function writeValue(writer: ProtoWriter, told: Json, depth: number): void {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = told;
  if (typeof stringValue === 'string') writer.string(anyValue.string, stringValue);
  else if (typeof boolValue === 'boolean') writer.uint(anyValue.bool, Number(boolValue));
  else if (intValue !== undefined) writeInt(writer, intValue);
  else if (doubleValue !== undefined) writer.double(anyValue.double, Number(doubleValue));
  else if (typeof bytesValue === 'string') writer.bytes(anyValue.bytes, Buffer.from(bytesValue, 'base64'));
  else if (depth < DEPTH_MAX && isObject(arrayValue)) {
    const start = writer.begin(anyValue.array);
    for (const each of objectsIn(arrayValue['values'])) {
      const inner = writer.begin(values);
      writeValue(writer, each, depth + 1);
      writer.end(inner);
    }
    writer.end(start);
  } else if (depth < DEPTH_MAX && isObject(kvlistValue)) {
    const start = writer.begin(anyValue.kvlist);
    writeAttributes(writer, values, kvlistValue['values'], depth + 1);
    writer.end(start);
  }
}

/** Of what is beyond the integers of JavaScript the digits that it has: attributes of that size are hashes, not amounts. */
function writeInt(writer: ProtoWriter, told: unknown): void {
  const value = integerOf(told);
  if (value !== undefined && value >= -(2n ** 63n) && value < 2n ** 63n) {
    writer.int(anyValue.int, Number(value));
  }
}

/** `int64` and its kind are texts in JSON; some senders write numbers. */
function integerOf(told: unknown): bigint | undefined {
  if (typeof told === 'number' && Number.isInteger(told)) return BigInt(told);
  return typeof told === 'string' && /^-?\d{1,20}$/.test(told) ? BigInt(told) : undefined;
}

function enumOf(told: unknown, names: readonly string[]): unknown {
  return typeof told === 'string' ? names.indexOf(told) : told;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectsIn = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
