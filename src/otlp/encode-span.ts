/** Any `ReadableSpan` as a `Span` of OTLP: the same fields as the exporters of OpenTelemetry JS send. */
import type { Link, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '../span/readable-span.ts';
import { writeAttributes } from './encode-attributes.ts';
import { writeTime } from './encode-time.ts';
import { event, link, scopeSpans, span as spanField, spanFlags, status } from './fields.ts';
import type { SpanLimits } from './limits.ts';
import type { ProtoWriter } from './proto-writer.ts';

/**
 * Appends the span as a field of `ScopeSpans`.
 * @throws {TypeError} if it is no span at all: a part is missing, or an id is none. What was written then is garbage.
 */
export function encodeSpan(writer: ProtoWriter, span: ReadableSpan, limits: SpanLimits): void {
  const context = span.spanContext();
  const parent = span.parentSpanContext;
  const start = writer.begin(scopeSpans.spans, 2);
  writeIds(writer, spanField, context);
  if (parent?.spanId) writeId(writer, spanField.parentSpanId, parent.spanId, SPAN_ID_BYTES);
  writer.string(spanField.name, span.name);
  writer.uint(spanField.kind, span.kind + 1);
  writeTime(writer, spanField.startTimeUnixNano, span.startTime[0], span.startTime[1]);
  writeTime(writer, spanField.endTimeUnixNano, span.endTime[0], span.endTime[1]);
  const { attributeCount, attributeValueLength } = limits;
  const dropped = writeAttributes(
    writer,
    spanField.attributes,
    span.attributes,
    attributeCount,
    attributeValueLength,
  );
  writeCount(writer, spanField.droppedAttributesCount, span.droppedAttributesCount + dropped);
  writeEvents(writer, span, limits);
  writeLinks(writer, span, limits);
  writeStatus(writer, span.status.code, span.status.message);
  writeFlags(writer, spanField.flags, context.traceFlags, parent?.isRemote);
  writer.end(start, 2);
}

/** Nothing for an unset status without a message. */
export function writeStatus(writer: ProtoWriter, code: number, message: string | undefined): void {
  const start = writer.begin(spanField.status);
  if (message) writer.string(status.message, message);
  if (code !== 0) writer.uint(status.code, code);
  writer.end(start);
}

/** W3C flags, and that it is known whether the span of `isRemote` is in another process. */
export function writeFlags(
  writer: ProtoWriter,
  field: number,
  traceFlags: number,
  isRemote: boolean | undefined,
): void {
  writer.fixed32(
    field,
    (traceFlags & 0xff) | spanFlags.hasIsRemote | (isRemote === true ? spanFlags.isRemote : 0),
  );
}

function writeEvents(
  writer: ProtoWriter,
  { events, droppedEventsCount }: ReadableSpan,
  limits: SpanLimits,
): void {
  const kept = Math.min(events.length, limits.eventCount);
  for (let index = 0; index < kept; index++) writeEvent(writer, events[index] as TimedEvent, limits);
  writeCount(writer, spanField.droppedEventsCount, droppedEventsCount + events.length - kept);
}

function writeEvent(writer: ProtoWriter, timed: TimedEvent, limits: SpanLimits): void {
  const start = writer.begin(spanField.events);
  writeTime(writer, event.timeUnixNano, timed.time[0], timed.time[1]);
  writer.string(event.name, timed.name);
  const dropped = writeAttributes(
    writer,
    event.attributes,
    timed.attributes ?? {},
    limits.attributePerEventCount,
    limits.attributeValueLength,
  );
  writeCount(writer, event.droppedAttributesCount, (timed.droppedAttributesCount ?? 0) + dropped);
  writer.end(start);
}

function writeLinks(
  writer: ProtoWriter,
  { links, droppedLinksCount }: ReadableSpan,
  limits: SpanLimits,
): void {
  const kept = Math.min(links.length, limits.linkCount);
  for (let index = 0; index < kept; index++) writeLink(writer, links[index] as Link, limits);
  writeCount(writer, spanField.droppedLinksCount, droppedLinksCount + links.length - kept);
}

function writeLink(writer: ProtoWriter, linked: Link, limits: SpanLimits): void {
  const { context } = linked;
  const start = writer.begin(spanField.links);
  writeIds(writer, link, context);
  const dropped = writeAttributes(
    writer,
    link.attributes,
    linked.attributes ?? {},
    limits.attributePerLinkCount,
    limits.attributeValueLength,
  );
  writeCount(writer, link.droppedAttributesCount, (linked.droppedAttributesCount ?? 0) + dropped);
  writeFlags(writer, link.flags, context.traceFlags, context.isRemote);
  writer.end(start);
}

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

function writeIds(
  writer: ProtoWriter,
  field: { readonly traceId: number; readonly spanId: number; readonly traceState: number },
  { traceId, spanId, traceState }: SpanContext,
): void {
  writeId(writer, field.traceId, traceId, TRACE_ID_BYTES);
  writeId(writer, field.spanId, spanId, SPAN_ID_BYTES);
  const state = traceState?.serialize();
  if (state) writer.string(field.traceState, state);
}

/** A collector refuses the whole request for one id of another length. */
function writeId(writer: ProtoWriter, field: number, id: string, bytes: number): void {
  if (!writer.hex(field, id, bytes)) throw new TypeError(`${JSON.stringify(id)} is no id of ${bytes} bytes`);
}

function writeCount(writer: ProtoWriter, field: number, count: number): void {
  if (count > 0) writer.uint(field, Math.min(count, 0xffff_ffff));
}
