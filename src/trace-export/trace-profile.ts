/**
 * A trace as a profile: by spans within spans, and what the time of each was spent on that no span within it tells. Time of goroutines, so
 * what runs at once is added up.
 */
import type { TraceAnswer } from '../page-api/answers.ts';
import { Profile, type ProfileFrame } from '../profile/profile.ts';
import { spansOf, type TraceSpan } from './trace-spans.ts';

const VALUES = [{ type: 'time', unit: 'nanoseconds' }];
/** Where it is not told on what. */
const UNTOLD = 'time';
/** Deeper ones are left out of the stacks. */
const DEPTH_MAX = 256;

export function traceProfile(trace: TraceAnswer): Profile {
  const spans = [...spansOf(trace)];
  const [first] = spans;
  const profile = new Profile({
    values: VALUES,
    ...(first && { startUnixMs: first.startUs / 1_000, durationMs: first.durationNs / 1e6 }),
  });
  const own = spans.map(spentBy);
  for (const span of spans) {
    const parent = span.parent === undefined ? undefined : spans[span.parent];
    // What a call waits for is part of the wait of who makes it, on the same goroutine.
    if (parent && isWithin(span, parent)) subtract(own[parent.index] as Map<string, number>, spentBy(span));
  }
  for (const span of spans) {
    const stack = stackOf(span, spans);
    for (const [use, ns] of own[span.index] ?? []) {
      if (ns <= 0) continue;
      const leaf = { function: use, file: '', line: 0, isInlined: false };
      profile.add([leaf, ...stack], [ns], { trace_id: trace.traceId, span_id: span.spanId });
    }
  }
  return profile;
}

const spentBy = ({ spent, durationNs }: TraceSpan): Map<string, number> =>
  new Map(spent.length > 0 ? spent : [[UNTOLD, durationNs]]);

const isWithin = (span: TraceSpan, parent: TraceSpan): boolean =>
  span.goid === parent.goid &&
  span.service === parent.service &&
  span.spent.length > 0 === parent.spent.length > 0;

function subtract(from: Map<string, number>, spent: ReadonlyMap<string, number>): void {
  for (const [use, ns] of spent) from.set(use, (from.get(use) ?? 0) - ns);
}

/** Innermost first. */
function stackOf(span: TraceSpan, spans: readonly TraceSpan[]): ProfileFrame[] {
  const stack: ProfileFrame[] = [];
  let at: TraceSpan | undefined = span;
  while (at && stack.length < DEPTH_MAX) {
    stack.push({ function: at.name, file: at.service, line: 0, isInlined: false });
    at = at.parent === undefined ? undefined : spans[at.parent];
  }
  return stack;
}
