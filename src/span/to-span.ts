/**
 * Facts → ReadableSpan. Pure: no I/O, no clock, no environment; all that it needs comes in.
 */
import { type Attributes, type HrTime, type Link, SpanKind, TraceFlags } from '@opentelemetry/api';
import type { Ktime, SpanFact } from '../correlate/fact.ts';
import * as names from './attribute-names.ts';
import { addClientAttributes, addServerAttributes, addSharedAttributes } from './http-attributes.ts';
import { KNOWN_METHODS, OTHER_METHOD, routeOf, spanName } from './http-name.ts';
import { outcomeOf } from './outcome.ts';
import type { InstrumentationScope, ReadableSpan, Resource } from './readable-span.ts';
import { hexOf, spanContextsOf } from './span-context.ts';

/** All that a target adds to a fact. Make one per target and keep it. */
export interface SpanSource {
  /** One frozen object per target: serializers group by its identity. */
  readonly resource: Resource;
  /** One frozen object for all targets. */
  readonly scope: InstrumentationScope;
  /** Kernel time to Unix time, both in integer seconds and nanoseconds. */
  readonly clock: { toUnix(ktime: Ktime): HrTime };
  /** Go type (`*net.OpError`) at a link-time address of the target's binary; undefined when not known. */
  errorTypeName(addr: number): string | undefined;
  /** Methods that stand for themselves in names; the rest become `_OTHER`. Default: {@link KNOWN_METHODS}. */
  readonly knownMethods?: ReadonlySet<string>;
  /** Longest string attribute, in UTF-16 units; longer ones are cut. Default: no limit. */
  readonly attributeValueLengthLimit?: number;
}

/** Makes the span of a fact, as the HTTP semantic conventions say. Never throws on what a fact can hold. */
export function toSpan(fact: SpanFact, source: SpanSource): ReadableSpan {
  const { own, parent } = spanContextsOf(fact);
  const { status, errorType } = outcomeOf(fact, source.errorTypeName);
  const method = methodOf(fact, source.knownMethods ?? KNOWN_METHODS);
  const isServer = fact.role === 'server';
  const route = isServer && fact.http.pattern ? routeOf(fact.http.pattern) : undefined;
  // One object that each step adds to: spreads of many small ones took most of the time of this function.
  const attributes: Attributes = {};
  addSharedAttributes(attributes, fact.http, method);
  if (isServer) addServerAttributes(attributes, fact.http, route);
  else addClientAttributes(attributes, fact.http);
  if (errorType !== undefined) attributes[names.ERROR_TYPE] = errorType;
  addGoroutineAttributes(attributes, fact);
  return {
    name: spanName(method, route),
    kind: isServer ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => own,
    ...(parent && { parentSpanContext: parent }),
    startTime: source.clock.toUnix(fact.start),
    endTime: source.clock.toUnix(fact.end),
    duration: durationOf(fact.start, fact.end),
    status,
    attributes: limitValues(attributes, source.attributeValueLengthLimit),
    links: linksOf(fact),
    events: [],
    ended: true,
    resource: source.resource,
    instrumentationScope: source.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** In a Go client request the empty method means GET. */
function methodOf(fact: SpanFact, known: ReadonlySet<string>): string {
  if (fact.role === 'client' && fact.http.method === '') return 'GET';
  return known.has(fact.http.method) ? fact.http.method : OTHER_METHOD;
}

function addGoroutineAttributes(attributes: Attributes, fact: SpanFact): void {
  attributes[names.GOIDSPAN_GOID] = fact.goid;
  if (fact.parentGoid !== 0) attributes[names.GOIDSPAN_PARENT_GOID] = fact.parentGoid;
  // 0: the span was ended for its goroutine, from outside.
  if (fact.threadId !== 0) attributes[names.THREAD_ID] = fact.threadId;
  if (fact.ending !== 'returned') attributes[names.GOIDSPAN_SPAN_ENDING] = fact.ending;
  if (fact.cut.length > 0) attributes[names.GOIDSPAN_CUT] = [...fact.cut];
}

/** The ended span was kept only because it was sampled, so the link says so. */
function linksOf({ link }: SpanFact): Link[] {
  if (!link) return [];
  return [
    {
      context: {
        traceId: hexOf(link.traceId),
        spanId: hexOf(link.spanId),
        traceFlags: TraceFlags.SAMPLED,
        isRemote: false,
      },
      attributes: { [names.GOIDSPAN_LINK_REASON]: 'parent_ended' },
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

function limitValues(attributes: Attributes, limit: number | undefined): Attributes {
  if (limit === undefined) return attributes;
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string' && value.length > limit) attributes[name] = cutText(value, limit);
  }
  return attributes;
}

/** Cuts before a surrogate pair rather than through it. */
function cutText(text: string, limit: number): string {
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1));
  return text.slice(0, splitsPair ? limit - 1 : limit);
}
