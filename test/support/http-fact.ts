/** Facts where a test has only spans of HTTP. */
import type { SpanFact, SpanFactOf } from '../../src/correlate/fact.ts';

export type HttpFact = SpanFactOf<'http'>;

/** Throws for a span of another family. */
export function httpFact(fact: SpanFact): HttpFact {
  if (fact.family === 'http') return fact;
  throw new Error(`a span of the family ${(fact as SpanFact).family}`);
}
