/**
 * Facts → ReadableSpan. Pure: no I/O, no clock, no environment; all that it needs comes in.
 */
import { type HrTime, type Link, TraceFlags } from '@opentelemetry/api';
import type { Ktime, SpanFact } from '../correlate/fact.ts';
import { AttributeObject } from './attribute-sink.ts';
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
} from './describe-span.ts';
import type { ReadableSpan, TimedEvent } from './readable-span.ts';
import { hexOf, spanContextsOf } from './span-context.ts';
import type { SpanSource } from './span-source.ts';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Makes the span of a fact, as the HTTP semantic conventions say. Never throws on what a fact can hold. */
export function toSpan(fact: SpanFact, source: SpanSource): ReadableSpan {
  const { own, parent } = spanContextsOf(fact);
  const { status, errorType } = outcomeOfSpan(fact, source);
  const about = aboutSpan(fact, source);
  const sink = new AttributeObject();
  addRecurringAttributes(sink, fact, about);
  addVaryingAttributes(sink, fact);
  addOwnAttributes(sink, fact, errorType);
  const span: Writable<ReadableSpan> = {
    name: about.name,
    kind: kindOf(fact),
    spanContext: () => own,
    startTime: source.clock.toUnix(fact.start),
    endTime: source.clock.toUnix(fact.end),
    duration: durationOf(fact.start, fact.end),
    status,
    attributes: sink.attributes,
    links: linksOf(fact),
    events: eventsOf(fact, source),
    ended: true,
    resource: source.resource,
    instrumentationScope: source.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  // A spread in the literal would take a third of the time of all this.
  if (parent) span.parentSpanContext = parent;
  return span;
}

function eventsOf({ waitEvents }: SpanFact, { clock }: SpanSource): TimedEvent[] {
  if (!waitEvents) return [];
  return waitEvents.map((wait) => {
    const sink = new AttributeObject();
    addWaitAttributes(sink, wait);
    return { time: clock.toUnix(wait.start), name: nameOfWait(wait), attributes: sink.attributes };
  });
}

/** The span that is linked was kept only because it was sampled, so the link says so. */
function linksOf(fact: SpanFact): Link[] {
  const { link } = fact;
  if (!link) return [];
  const sink = new AttributeObject();
  addLinkAttributes(sink, fact);
  return [
    {
      context: {
        traceId: hexOf(link.traceId),
        spanId: hexOf(link.spanId),
        traceFlags: TraceFlags.SAMPLED,
        isRemote: false,
      },
      attributes: sink.attributes,
    },
  ];
}

/** From kernel times: the difference does not depend on how well the wall clock is known. */
function durationOf(start: Ktime, end: Ktime): HrTime {
  const seconds = end[0] - start[0];
  const nanos = end[1] - start[1];
  const duration: HrTime = nanos < 0 ? [seconds - 1, nanos + 1_000_000_000] : [seconds, nanos];
  return duration[0] < 0 ? [0, 0] : duration;
}
