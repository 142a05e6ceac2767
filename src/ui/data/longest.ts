/** The longest spans of certain operations of a time, with all that they say. */
import type { OperationRow, SearchAnswer, SpanAnswer } from '../../page-api/answers.ts';
import type { TimeRange } from '../../page-api/query.ts';
import { apiPath, ask } from './api.ts';

/** Of each operation, of which then the longest are asked for in detail. */
const HITS_MAX = 200;
const OPERATIONS_MAX = 12;

/** `minNs` of a search is what keeps the short ones out: p99, or p50 where there are few. */
export async function longestOf(
  rows: readonly OperationRow[],
  { fromUs, toUs }: TimeRange,
  limit: number,
  signal: AbortSignal,
): Promise<readonly SpanAnswer[]> {
  const most = [...rows].sort((a, b) => b.sumNs - a.sumNs).slice(0, OPERATIONS_MAX);
  const found = await Promise.all(
    most.map(({ service, name, kind, count, p50Ns, p99Ns }) => {
      const min = count > HITS_MAX ? (count > 50 * HITS_MAX ? p99Ns : p50Ns) : 0;
      const params = { service, name, kind, from: fromUs, to: toUs, min, limit: HITS_MAX };
      return ask<SearchAnswer>(apiPath(['search'], params), signal);
    }),
  );
  const longest = found
    .flatMap(({ hits }) => hits)
    .sort((a, b) => b.durationNs - a.durationNs)
    .slice(0, limit);
  return Promise.all(
    longest.map(({ traceId, spanId }) => ask<SpanAnswer>(apiPath(['span', traceId, spanId]), signal)),
  );
}

/** Who ended waits, by span id; those that are no more kept are left out. */
export async function wakersOf(
  links: readonly { readonly traceId: string; readonly spanId: string }[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SpanAnswer>> {
  const found = await Promise.all(
    links.map(({ traceId, spanId }) =>
      ask<SpanAnswer>(apiPath(['span', traceId, spanId]), signal).then(
        (waker) => [spanId, waker] as const,
        () => undefined,
      ),
    ),
  );
  return new Map(found.filter((one) => one !== undefined));
}
