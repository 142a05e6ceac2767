/**
 * The fast path: a fact of our own as a `Span` of OTLP, without a `ReadableSpan` between. Says what `toSpan` says: both
 * ask `describe-span.ts`, and a test compares them field by field.
 */
import { createTraceState } from '@opentelemetry/api';
import type { SpanFact } from '../correlate/fact.ts';
import type { AttributeSink } from '../span/attribute-sink.ts';
import { cutText } from '../span/cut-text.ts';
import {
  aboutSpan,
  addLinkAttributes,
  addOwnAttributes,
  addRecurringAttributes,
  addVaryingAttributes,
  addWaitAttributes,
  kindOf,
  nameOfWait,
  outcomeOfSpan,
} from '../span/describe-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import { writeKeyValue } from './encode-attributes.ts';
import { writeFlags, writeStatus } from './encode-span.ts';
import { writeTime } from './encode-time.ts';
import type { EncodedBlocks } from './encoded-blocks.ts';
import { event, link as linkField, scopeSpans, span as spanField } from './fields.ts';
import type { SpanLimits } from './limits.ts';
import type { ProtoWriter } from './proto-writer.ts';

const SAMPLED = 1;

/** Writes attributes as they come. One serves all spans of a writer. */
export class AttributeWriter implements AttributeSink {
  /** Over the limit since `begin`. */
  dropped = 0;
  readonly #writer: ProtoWriter;
  readonly #limits: SpanLimits;
  /** Since `begin`, without those that were dropped. */
  count = 0;
  #field = 0;
  #left = 0;

  constructor(writer: ProtoWriter, limits: SpanLimits) {
    this.#writer = writer;
    this.#limits = limits;
  }

  /** From here on attributes go into that field, so many at most. */
  begin(field: number, countMax: number): void {
    this.#field = field;
    this.#left = countMax;
    this.count = 0;
    this.dropped = 0;
  }

  /** Counts so many attributes that are written otherwise; false, and none is counted, if they are too many. */
  block(count: number): boolean {
    if (count > this.#left) return false;
    this.#left -= count;
    this.count += count;
    return true;
  }

  text(name: string, value: string): void {
    if (this.#hasRoom()) {
      this.#writer.textPair(this.#field, name, cutText(value, this.#limits.attributeValueLength));
    }
  }

  int(name: string, value: number): void {
    if (this.#hasRoom()) this.#writer.intPair(this.#field, name, value);
  }

  double(name: string, value: number): void {
    if (this.#hasRoom()) writeKeyValue(this.#writer, this.#field, name, value, 0);
  }

  texts(name: string, texts: readonly string[]): void {
    if (this.#hasRoom()) {
      writeKeyValue(this.#writer, this.#field, name, texts, this.#limits.attributeValueLength);
    }
  }

  #hasRoom(): boolean {
    if (this.block(1)) return true;
    this.dropped++;
    return false;
  }
}

/** Appends the span of the fact as a field of `ScopeSpans`. `attributes` must belong to `writer`. */
export function encodeFact(
  writer: ProtoWriter,
  attributes: AttributeWriter,
  blocks: EncodedBlocks,
  fact: SpanFact,
  source: SpanSource,
  limits: SpanLimits,
): void {
  const { status, errorType } = outcomeOfSpan(fact, source);
  const start = writer.begin(scopeSpans.spans, 2);
  writer.words(spanField.traceId, fact.traceId);
  writer.words(spanField.spanId, fact.spanId);
  if (fact.traceState) writer.string(spanField.traceState, createTraceState(fact.traceState).serialize());
  if (fact.parentSpanId) writer.words(spanField.parentSpanId, fact.parentSpanId);
  writeTimes(writer, fact, source);
  attributes.begin(spanField.attributes, limits.attributeCount);
  const known = blocks.ofBody(fact);
  if (known && attributes.block(known.attributeCount)) writer.raw(known.bytes);
  else encodeBody(writer, attributes, blocks, fact, source);
  addOwnAttributes(attributes, fact, errorType);
  if (attributes.dropped > 0) writer.uint(spanField.droppedAttributesCount, attributes.dropped);
  if (fact.waitEvents) writeWaits(writer, attributes, fact.waitEvents, source, limits);
  if (fact.link) writeLink(writer, attributes, fact, fact.link, limits);
  writeStatus(writer, status.code, status.message);
  writeFlags(writer, spanField.flags, fact.traceFlags, fact.parentIsRemote);
  writer.end(start, 2);
}

/** Name, kind and the attributes of the body; keeps what spans share, if it was not cut by a limit. */
function encodeBody(
  writer: ProtoWriter,
  attributes: AttributeWriter,
  blocks: EncodedBlocks,
  fact: SpanFact,
  source: SpanSource,
): void {
  const bodyAt = writer.size;
  const known = blocks.ofRecurring(fact);
  if (known && attributes.block(known.attributeCount)) writer.raw(known.bytes);
  else encodeRecurring(writer, attributes, blocks, fact, source);
  addVaryingAttributes(attributes, fact);
  if (attributes.dropped === 0) blocks.keepBody(fact, writer, bodyAt, attributes.count);
}

/** Of those, what spans have in common whose bodies recur but for what varies. */
function encodeRecurring(
  writer: ProtoWriter,
  attributes: AttributeWriter,
  blocks: EncodedBlocks,
  fact: SpanFact,
  source: SpanSource,
): void {
  const about = aboutSpan(fact, source);
  const recurringAt = writer.size;
  writer.string(spanField.name, about.name);
  writer.uint(spanField.kind, kindOf(fact) + 1);
  addRecurringAttributes(attributes, fact, about);
  if (attributes.dropped === 0) blocks.keepRecurring(fact, about, writer, recurringAt, attributes.count);
}

function writeTimes(writer: ProtoWriter, fact: SpanFact, source: SpanSource): void {
  const startTime = source.clock.toUnix(fact.start);
  writeTime(writer, spanField.startTimeUnixNano, startTime[0], startTime[1]);
  const endTime = source.clock.toUnix(fact.end);
  writeTime(writer, spanField.endTimeUnixNano, endTime[0], endTime[1]);
}

function writeWaits(
  writer: ProtoWriter,
  attributes: AttributeWriter,
  waits: NonNullable<SpanFact['waitEvents']>,
  source: SpanSource,
  limits: SpanLimits,
): void {
  const kept = Math.min(waits.length, limits.eventCount);
  for (const wait of waits.slice(0, kept)) {
    const start = writer.begin(spanField.events);
    const time = source.clock.toUnix(wait.start);
    writeTime(writer, event.timeUnixNano, time[0], time[1]);
    writer.string(event.name, nameOfWait(wait));
    attributes.begin(event.attributes, limits.attributePerEventCount);
    addWaitAttributes(attributes, wait);
    if (attributes.dropped > 0) writer.uint(event.droppedAttributesCount, attributes.dropped);
    writer.end(start);
  }
  if (kept < waits.length) writer.uint(spanField.droppedEventsCount, waits.length - kept);
}

/** The span that is linked was kept only because it was sampled, so the link says so. */
function writeLink(
  writer: ProtoWriter,
  attributes: AttributeWriter,
  fact: SpanFact,
  { traceId, spanId }: NonNullable<SpanFact['link']>,
  limits: SpanLimits,
): void {
  if (limits.linkCount < 1) {
    writer.uint(spanField.droppedLinksCount, 1);
    return;
  }
  const start = writer.begin(spanField.links);
  writer.words(linkField.traceId, traceId);
  writer.words(linkField.spanId, spanId);
  attributes.begin(linkField.attributes, limits.attributePerLinkCount);
  addLinkAttributes(attributes, fact);
  if (attributes.dropped > 0) writer.uint(linkField.droppedAttributesCount, attributes.dropped);
  writeFlags(writer, linkField.flags, SAMPLED, false);
  writer.end(start);
}
