/** What a span says, whatever form it leaves in: the convention of its family, and what is the same in all. Pure. */
import { SpanKind, type SpanStatus } from '@opentelemetry/api';
import type { SpanFact, SpanKindName } from '../correlate/fact.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import { conventionOf, type Description } from './conventions.ts';
import { outcomeOf } from './outcome.ts';
import type { SpanSource } from './span-source.ts';

const kinds: Readonly<Record<SpanKindName, SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
};

/** Name, kind and status, and what the attributes are made from. */
export interface SpanHead {
  readonly about: Description;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly errorType: string | undefined;
}

export function headOf(fact: SpanFact, source: SpanSource): SpanHead {
  const convention = conventionOf(fact);
  const { status, errorType } = outcomeOf(fact, convention, source);
  return { about: convention.describe(fact), kind: kinds[fact.spanKind], status, errorType };
}

/** Hands every attribute of the span to the sink. */
export function addAttributes(sink: AttributeSink, fact: SpanFact, { about, errorType }: SpanHead): void {
  conventionOf(fact).addAttributes(sink, fact, about);
  if (errorType !== undefined) sink.text(names.ERROR_TYPE, errorType);
  addGoroutineAttributes(sink, fact);
}

/** Hands the attributes of the link to the ended span over. */
export function addLinkAttributes(sink: AttributeSink): void {
  sink.text(names.GOIDSPAN_LINK_REASON, 'parent_ended');
}

function addGoroutineAttributes(sink: AttributeSink, fact: SpanFact): void {
  sink.int(names.GOIDSPAN_GOID, fact.goid);
  if (fact.parentGoid !== 0) sink.int(names.GOIDSPAN_PARENT_GOID, fact.parentGoid);
  // 0: the span was ended for its goroutine, from outside.
  if (fact.threadId !== 0) sink.int(names.THREAD_ID, fact.threadId);
  if (fact.ending !== 'returned') sink.text(names.GOIDSPAN_SPAN_ENDING, fact.ending);
  if (fact.cut.length > 0) sink.texts(names.GOIDSPAN_CUT, fact.cut);
}
