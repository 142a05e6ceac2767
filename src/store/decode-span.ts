/** Everything that the bytes of one span say, for the few that are looked at. Never throws: what is broken is left out. */

import {
  anyValue,
  event as eventFields,
  keyValue,
  link as linkFields,
  resource as resourceFields,
  resourceSpans,
  scope as scopeFields,
  scopeSpans,
  span as spanFields,
  status as statusFields,
  traceRequest,
  values,
} from '../otlp/fields.ts';
import type { Attributes, AttributeValue, SpanAnswer, SpanHit } from '../page-api/answers.ts';
import { GOIDSPAN_VERDICT_CAUSE, GOIDSPAN_WAIT_TOP } from '../span/attribute-names.ts';
import { int64Before, ProtoFields, u32At, WIRE } from './proto-fields.ts';
import type { ScannedSpan } from './scan-request.ts';

/** A part of some bytes. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** What a span stands in. */
export interface Surroundings {
  readonly resourceSpans: Part;
  readonly scopeSpans: Part;
  /** It may stand behind all the spans: to be looked for once. */
  readonly scope: Part | undefined;
}

/** Nobody nests values deeper; whoever does it on purpose must not exhaust the stack. */
const DEPTH_MAX = 32;

/** The messages around a place in a request; undefined if there are none. */
export function surroundingsOf(bytes: Uint8Array, at: number): Surroundings | undefined {
  const outer = partAround(bytes, { from: 0, to: bytes.length }, traceRequest.resourceSpans, at);
  const inner = outer && partAround(bytes, outer, resourceSpans.scopeSpans, at);
  if (outer === undefined || inner === undefined) return undefined;
  return { resourceSpans: outer, scopeSpans: inner, scope: fieldOf(bytes, inner, scopeSpans.scope) };
}

function partAround(bytes: Uint8Array, { from, to }: Part, field: number, at: number): Part | undefined {
  const fields = new ProtoFields(bytes, from, to);
  while (fields.next()) {
    if (fields.field === field && fields.wire === WIRE.bytes && fields.from <= at && at < fields.to)
      return { from: fields.from, to: fields.to };
  }
  return undefined;
}

/** The last field of that number in a message, as messages are read. */
function fieldOf(bytes: Uint8Array, { from, to }: Part, field: number): Part | undefined {
  const fields = new ProtoFields(bytes, from, to);
  let found: Part | undefined;
  while (fields.next()) {
    if (fields.field === field && fields.wire === WIRE.bytes) found = { from: fields.from, to: fields.to };
  }
  return found;
}

export function attributesOf(
  bytes: Uint8Array,
  { from, to }: Part,
  field: number,
  depth = 0,
): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  const fields = new ProtoFields(bytes, from, to);
  const pair = new ProtoFields(bytes);
  while (fields.next()) {
    if (fields.field !== field || fields.wire !== WIRE.bytes) continue;
    let key: string | undefined;
    let value: Part | undefined;
    pair.enter(fields.from, fields.to);
    while (pair.next()) {
      if (pair.wire !== WIRE.bytes) continue;
      if (pair.field === keyValue.key) key = textOf(bytes, pair);
      else if (pair.field === keyValue.value) value = { from: pair.from, to: pair.to };
    }
    const read = value && valueIn(bytes, value, depth);
    if (key === undefined || read === undefined) continue;
    if (key !== '__proto__') attributes[key] = read;
    else
      Object.defineProperty(attributes, key, {
        value: read,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return attributes;
}

export function resourceOf(bytes: Uint8Array, { resourceSpans: around }: Surroundings): Attributes {
  const part = fieldOf(bytes, around, resourceSpans.resource);
  return part ? attributesOf(bytes, part, resourceFields.attributes) : {};
}

/** What the scan has found of a span. */
export const headOf = (bytes: Uint8Array, span: ScannedSpan): Omit<SpanHit, 'waitTop' | 'cause'> => ({
  service: textOf(bytes, { from: span.serviceFrom, to: span.serviceTo }),
  name: textOf(bytes, { from: span.nameFrom, to: span.nameTo }),
  kind: span.kind,
  traceId: hexOf(bytes, span.traceIdAt, span.traceIdAt + 16),
  spanId: hexOf(bytes, span.spanIdAt, span.spanIdAt + 8),
  startUs: span.startUs,
  durationNs: span.durationNs,
  isError: span.isError,
});

/** `span` is as the scan of `bytes` has it at that moment. */
export function decodeSpan(
  bytes: Uint8Array,
  span: ScannedSpan,
  around: Surroundings,
): Omit<SpanAnswer, 'rank'> {
  const { scope } = around;
  const text = (part: Part | undefined) => (part ? textOf(bytes, part) : '');
  return {
    ...decodeAlone(bytes, span),
    resource: resourceOf(bytes, around),
    scope: {
      name: text(scope && fieldOf(bytes, scope, scopeFields.name)),
      version: text(scope && fieldOf(bytes, scope, scopeFields.version)),
    },
  };
}

/** The same without what it stands in. */
export function decodeAlone(
  bytes: Uint8Array,
  span: ScannedSpan,
): Omit<SpanAnswer, 'rank' | 'resource' | 'scope'> {
  const attributes: Attributes = attributesOf(bytes, span, spanFields.attributes);
  const parent = fieldOf(bytes, span, spanFields.parentSpanId);
  const status = fieldOf(bytes, span, spanFields.status);
  const message = status && fieldOf(bytes, status, statusFields.message);
  const waitTop = attributes[GOIDSPAN_WAIT_TOP];
  const cause = attributes[GOIDSPAN_VERDICT_CAUSE];
  const text = (part: Part | undefined) => (part ? textOf(bytes, part) : '');
  return {
    ...headOf(bytes, span),
    ...(typeof waitTop === 'string' && { waitTop }),
    ...(typeof cause === 'string' && { cause }),
    ...(parent && isId(bytes, parent) && { parentSpanId: hexOf(bytes, parent.from, parent.to) }),
    ...(message && message.to > message.from && { statusMessage: textOf(bytes, message) }),
    attributes,
    events: all(bytes, span, spanFields.events).map((part) => ({
      name: text(fieldOf(bytes, part, eventFields.name)),
      timeUs: timeUs(bytes, part),
      attributes: attributesOf(bytes, part, eventFields.attributes),
    })),
    links: all(bytes, span, spanFields.links).flatMap((part) => {
      const trace = fieldOf(bytes, part, linkFields.traceId);
      const of = fieldOf(bytes, part, linkFields.spanId);
      if (!trace || !of) return [];
      return [
        {
          traceId: hexOf(bytes, trace.from, trace.to),
          spanId: hexOf(bytes, of.from, of.to),
          attributes: attributesOf(bytes, part, linkFields.attributes),
        },
      ];
    }),
  };
}

function all(bytes: Uint8Array, { from, to }: Part, field: number): Part[] {
  const parts: Part[] = [];
  const fields = new ProtoFields(bytes, from, to);
  while (fields.next()) {
    if (fields.field === field && fields.wire === WIRE.bytes)
      parts.push({ from: fields.from, to: fields.to });
  }
  return parts;
}

function isId(bytes: Uint8Array, { from, to }: Part): boolean {
  return to - from === 8 && bytes.subarray(from, to).some((byte) => byte !== 0);
}

/** Integers that a Number does not hold, and bytes, come as text. */
function valueIn(bytes: Uint8Array, { from, to }: Part, depth: number): AttributeValue | undefined {
  if (depth > DEPTH_MAX) return undefined;
  const fields = new ProtoFields(bytes, from, to);
  let value: AttributeValue | undefined;
  while (fields.next()) {
    const { field, wire } = fields;
    if (wire === WIRE.bytes) {
      if (field === anyValue.string) value = textOf(bytes, fields);
      else if (field === anyValue.array) {
        value = all(bytes, fields, values).flatMap((part) => valueIn(bytes, part, depth + 1) ?? []);
      } else if (field === anyValue.kvlist) value = attributesOf(bytes, fields, values, depth + 1);
      else if (field === anyValue.bytes) value = hexOf(bytes, fields.from, fields.to);
    } else if (wire === WIRE.varint) {
      if (field === anyValue.bool) value = fields.value !== 0;
      else if (field === anyValue.int)
        value = fields.value <= Number.MAX_SAFE_INTEGER ? fields.value : largeInt(bytes, fields.at);
    } else if (wire === WIRE.fixed64 && field === anyValue.double) {
      const double = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(fields.from, true);
      value = Number.isFinite(double) ? double : String(double);
    }
  }
  return value;
}

/** Negative ones, and those above 2^53, of which a Number does not hold all. */
function largeInt(bytes: Uint8Array, end: number): number | string {
  const value = int64Before(bytes, end);
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function timeUs(bytes: Uint8Array, { from, to }: Part): number {
  const fields = new ProtoFields(bytes, from, to);
  while (fields.next()) {
    if (fields.field !== eventFields.timeUnixNano || fields.wire !== WIRE.fixed64) continue;
    return Number(
      ((BigInt(u32At(bytes, fields.from + 4)) << 32n) | BigInt(u32At(bytes, fields.from))) / 1000n,
    );
  }
  return 0;
}

const bufferOf = (bytes: Uint8Array, from: number, to: number): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from);

/** Most texts are short and of ASCII. */
function textOf(bytes: Uint8Array, { from, to }: Part): string {
  if (to - from > SHORT) return bufferOf(bytes, from, to).toString();
  let text = '';
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) return bufferOf(bytes, from, to).toString();
    text += String.fromCharCode(byte);
  }
  return text;
}

const SHORT = 24;
const hexOf = (bytes: Uint8Array, from: number, to: number): string =>
  bufferOf(bytes, from, to).toString('hex');
