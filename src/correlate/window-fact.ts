/** What happened to a whole program as facts within a span that it hit: of the family of waits, and of no record of their own. */
import type { SpanFact, SpanFactOf } from './fact.ts';
import type { TimedWindow } from './gc-window.ts';

/** The part of a span in which it was so. It has no id of its own yet. */
export function windowFact(span: SpanFact, { start, end, body }: TimedWindow): SpanFactOf<'wait'> {
  return {
    kind: 'span',
    spanKind: 'internal',
    family: 'wait',
    targetId: span.targetId,
    traceId: span.traceId,
    spanId: [0, 0],
    parentSpanId: span.spanId,
    parentIsRemote: false,
    traceFlags: span.traceFlags,
    start,
    end,
    goid: span.goid,
    parentGoid: span.parentGoid,
    threadId: 0,
    ending: 'returned',
    errorTypeAddr: 0,
    body,
    cut: [],
  };
}
