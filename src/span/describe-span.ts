/** What a span says, whatever form it leaves in: the convention of its family, and what is the same in all. Pure. */
import { SpanKind } from '@opentelemetry/api';
import type { SpanFact, SpanFactOf, SpanKindName } from '../correlate/fact.ts';
import type { Verdict } from '../correlate/verdict.ts';
import { nanosBetween } from '../wire/batch.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import type { CallMetric } from './call-metric.ts';
import { addConnectionAttributes } from './connection-attributes.ts';
import type { Description } from './convention.ts';
import { conventionOf } from './conventions.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { SpanSource } from './span-source.ts';
import { addTimeAttributes } from './time-attributes.ts';
import { waitConvention } from './wait-convention.ts';

const kinds: Readonly<Record<SpanKindName, SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
};

/** Status and, for errors, the value of `error.type`. */
export const outcomeOfSpan = (fact: SpanFact, source: SpanSource): Outcome =>
  outcomeOf(fact, conventionOf(fact), source);

/** What the convention of its family makes of the fact. */
export const aboutSpan = (fact: SpanFact, source: SpanSource): Description =>
  conventionOf(fact).describe(fact, source);

/** What stands for an operation that has a span of the target's own is told as something within that. */
export const kindNameOf = ({ sdk, spanKind }: SpanFact): SpanKindName =>
  sdk === 'same' ? 'internal' : spanKind;

export const kindOf = (fact: SpanFact): SpanKind => kinds[kindNameOf(fact)];

/** Whether what was made of a fact whose body recurs is right for this one, too. */
export const fitsSpan = (about: Description, fact: SpanFact): boolean =>
  about.fitsAlike || conventionOf(fact).fits(about, fact);

/** By which metric of the conventions calls like this one are counted, if they are. */
export const metricOfCall = (fact: SpanFact): CallMetric | undefined => conventionOf(fact).metricOf(fact);

/** Hands the attributes of the convention to the sink that spans have in common whose bodies recur. */
export function addRecurringAttributes(sink: AttributeSink, fact: SpanFact, about: Description): void {
  conventionOf(fact).addRecurring(sink, fact, about);
}

/** Hands the rest of those that the body alone decides to the sink. */
export function addVaryingAttributes(sink: AttributeSink, fact: SpanFact): void {
  conventionOf(fact).addVarying(sink, fact);
}

/** Hands the attributes to the sink that are in spans of all families, behind those of the body. */
export function addOwnAttributes(sink: AttributeSink, fact: SpanFact, errorType: string | undefined): void {
  if (errorType !== undefined) sink.text(names.ERROR_TYPE, errorType);
  addGoroutineAttributes(sink, fact);
}

/** What an event is called that tells of a wait. */
export const nameOfWait = (wait: SpanFactOf<'wait'>): string => waitConvention.describe(wait).name;

/** Hands the attributes of such an event over. */
export function addWaitAttributes(sink: AttributeSink, wait: SpanFactOf<'wait'>): void {
  waitConvention.addRecurring(sink, wait);
  waitConvention.addVarying(sink, wait);
  sink.int(names.GOIDSPAN_WAIT_DURATION_NS, nanosBetween(wait.start, wait.end));
}

/** Hands the attributes of the link over: to the ended span whose context was inherited; of a wait, to that of who ended it. */
export function addLinkAttributes(sink: AttributeSink, { family }: SpanFact): void {
  sink.text(names.GOIDSPAN_LINK_REASON, family === 'wait' ? 'woken_by' : 'parent_ended');
}

function addGoroutineAttributes(sink: AttributeSink, fact: SpanFact): void {
  sink.int(names.GOIDSPAN_GOID, fact.goid);
  if (fact.parentGoid !== 0) sink.int(names.GOIDSPAN_PARENT_GOID, fact.parentGoid);
  // 0: the span was ended for its goroutine, from outside.
  if (fact.threadId !== 0) sink.int(names.THREAD_ID, fact.threadId);
  if (fact.ending !== 'returned') sink.text(names.GOIDSPAN_SPAN_ENDING, fact.ending);
  if (fact.sdk) sink.text(names.GOIDSPAN_SDK, fact.sdk);
  if (fact.kept) sink.text(names.GOIDSPAN_KEPT, fact.kept);
  if (fact.cut.length > 0) sink.texts(names.GOIDSPAN_CUT, fact.cut);
  if (fact.level !== undefined) sink.text(names.GOIDSPAN_LEVEL, fact.level);
  if (fact.connection) addConnectionAttributes(sink, fact.connection);
  if (fact.time) addTimeAttributes(sink, fact.time, fact.criticalNs);
  if (fact.verdict) addVerdictAttributes(sink, fact.verdict);
  if (fact.waitsDropped) sink.int(names.GOIDSPAN_WAITS_DROPPED, fact.waitsDropped);
}

function addVerdictAttributes(sink: AttributeSink, { sentence, cause, share, confidence }: Verdict): void {
  sink.text(names.GOIDSPAN_VERDICT, sentence);
  sink.text(names.GOIDSPAN_VERDICT_CAUSE, cause);
  sink.double(names.GOIDSPAN_VERDICT_SHARE, share);
  sink.double(names.GOIDSPAN_VERDICT_CONFIDENCE, confidence);
}
