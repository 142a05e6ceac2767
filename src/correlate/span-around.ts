/** Which span of ours a span was made within, whoever its parent is. */
import type { SpanFact, SpanIdWords } from './fact.ts';

/** In the same process; undefined of a local root. */
export function spanAround({
  sdk,
  aroundSpanId,
  parentSpanId,
  parentIsRemote,
}: SpanFact): SpanIdWords | undefined {
  if (sdk) return aroundSpanId;
  return parentIsRemote ? undefined : parentSpanId;
}
