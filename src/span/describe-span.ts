/** What a span says, whatever form it leaves in: the one place where the HTTP conventions are applied to a fact. Pure. */
import { SpanKind, type SpanStatus } from '@opentelemetry/api';
import type { SpanFact } from '../correlate/fact.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import { addClientAttributes, addServerAttributes, addSharedAttributes } from './http-attributes.ts';
import { KNOWN_METHODS, OTHER_METHOD, routeOf, spanName } from './http-name.ts';
import { outcomeOf } from './outcome.ts';
import type { SpanSource } from './span-source.ts';

/** Name, kind and status, and what the attributes are made from. */
export interface SpanHead {
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly method: string;
  readonly route: string | undefined;
  readonly errorType: string | undefined;
}

export function headOf(fact: SpanFact, source: SpanSource): SpanHead {
  const { status, errorType } = outcomeOf(fact, source);
  const method = methodOf(fact, source.knownMethods ?? KNOWN_METHODS);
  const isServer = fact.role === 'server';
  const route = isServer && fact.http.pattern ? routeOf(fact.http.pattern) : undefined;
  return {
    name: spanName(method, route),
    kind: isServer ? SpanKind.SERVER : SpanKind.CLIENT,
    status,
    method,
    route,
    errorType,
  };
}

/** Hands every attribute of the span to the sink. */
export function addAttributes(sink: AttributeSink, fact: SpanFact, head: SpanHead): void {
  addSharedAttributes(sink, fact.http, head.method);
  if (fact.role === 'server') addServerAttributes(sink, fact.http, head.route);
  else addClientAttributes(sink, fact.http);
  if (head.errorType !== undefined) sink.text(names.ERROR_TYPE, head.errorType);
  addGoroutineAttributes(sink, fact);
}

/** Hands the attributes of the link to the ended span over. */
export function addLinkAttributes(sink: AttributeSink): void {
  sink.text(names.GOIDSPAN_LINK_REASON, 'parent_ended');
}

/** In a Go client request the empty method means GET. */
function methodOf(fact: SpanFact, known: ReadonlySet<string>): string {
  if (fact.role === 'client' && fact.http.method === '') return 'GET';
  return known.has(fact.http.method) ? fact.http.method : OTHER_METHOD;
}

function addGoroutineAttributes(sink: AttributeSink, fact: SpanFact): void {
  sink.int(names.GOIDSPAN_GOID, fact.goid);
  if (fact.parentGoid !== 0) sink.int(names.GOIDSPAN_PARENT_GOID, fact.parentGoid);
  // 0: the span was ended for its goroutine, from outside.
  if (fact.threadId !== 0) sink.int(names.THREAD_ID, fact.threadId);
  if (fact.ending !== 'returned') sink.text(names.GOIDSPAN_SPAN_ENDING, fact.ending);
  if (fact.cut.length > 0) sink.texts(names.GOIDSPAN_CUT, fact.cut);
}
