/** Spans of the project's own stages in the form that the validator takes. */
import type { Ktime, SpanFact } from '../../src/correlate/fact.ts';
import { breakdownOf } from '../../src/correlate/time-spent.ts';
import { hexOf } from '../../src/span/span-context.ts';
import type { ValidSpan } from './validator.ts';

/** Nanoseconds of kernel time. */
export function nanosOf([seconds, nanos]: Ktime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

/** A span as `correlate` gives it. */
export function validSpanOf(fact: SpanFact): ValidSpan {
  return {
    name: `${fact.spanKind} g${fact.goid}@${nanosOf(fact.start)}`,
    traceId: hexOf(fact.traceId),
    spanId: hexOf(fact.spanId),
    parentSpanId: fact.parentSpanId && hexOf(fact.parentSpanId),
    parentIsRemote: fact.parentIsRemote || fact.sdk !== undefined,
    links: fact.link ? [{ traceId: hexOf(fact.link.traceId), spanId: hexOf(fact.link.spanId) }] : [],
    kind: fact.spanKind,
    startNs: nanosOf(fact.start),
    endNs: nanosOf(fact.end),
    sampled: (fact.traceFlags & 1) === 1,
    goroutine: goroutineOf(fact),
    breakdown: fact.time && breakdownOf(fact.time),
    critical: fact.criticalNs && breakdownOf({ ns: fact.criticalNs }),
  };
}

/** A stream that was made is nothing that its goroutine does: it may overlap that. */
function goroutineOf(fact: SpanFact): string {
  const goroutine = `${fact.targetId}/${fact.goid}`;
  const isStream = fact.family === 'grpc' && fact.body.streaming !== undefined;
  return isStream ? `${goroutine} ${hexOf(fact.spanId)}` : goroutine;
}
