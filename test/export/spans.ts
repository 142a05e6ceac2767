/** Spans for the tests of the exporters, made by the real stage before them. */
import type { HttpExchange } from '../../src/correlate/http-exchange.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { toSpan } from '../../src/span/to-span.ts';
import { makeFact, makeSource } from '../span/fact.ts';
import type { HttpFact } from '../support/http-fact.ts';

const source = makeSource();

/** A span of trace number `trace` with span id `id`; a child if `parent` is a span id. */
export function makeSpan(
  trace: number,
  id: number,
  more: Partial<HttpFact> & { readonly parent?: number } = {},
  http: Partial<HttpExchange> = {},
): ReadableSpan {
  const { parent, ...fact } = more;
  return toSpan(
    makeFact(
      {
        traceId: [0, 0, 0, trace],
        spanId: [0, id],
        ...(parent !== undefined && { parentSpanId: [0, parent] }),
        ...fact,
      },
      http,
    ),
    source,
  );
}

export function makeSpans(count: number): ReadableSpan[] {
  return Array.from({ length: count }, (_, index) => makeSpan(index + 1, index + 1));
}

/** Sum of all reasons. */
export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
