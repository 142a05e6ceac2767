/** Answers what is asked of a store, from its files alone: beside whoever writes them, or when nobody does. Each answer is whole when it returns. */
import type {
  CompareAnswer,
  FlameAnswer,
  OperationsAnswer,
  ScatterAnswer,
  SearchAnswer,
  SpanAnswer,
  StacksAnswer,
  StoreState,
  TraceAnswer,
} from '../page-api/answers.ts';
import type { FlameScope, Operation, OperationQuery, SearchQuery, TimeRange } from '../page-api/query.ts';
import { compareOf } from './compare-query.ts';
import { countBelow } from './duration-buckets.ts';
import { flameOf } from './flame-query.ts';
import { operationsOf, rollupOf } from './operations-query.ts';
import { countIn } from './rows-in.ts';
import { scatterOf } from './scatter-query.ts';
import { searchFor } from './search-query.ts';
import { SegmentSet } from './segment-set.ts';
import { stacksOf } from './stacks-query.ts';
import { spanOf, traceOf, traceParts } from './trace-query.ts';
import type { StoreLimits } from './writer.ts';

/** Around a span, for how it compares with others. */
const HALF_HOUR_US = 1_800_000_000;

export class Reader {
  readonly #set: SegmentSet;
  readonly #limits: StoreLimits;

  constructor(folder: string, limits: StoreLimits) {
    this.#set = new SegmentSet(folder);
    this.#limits = limits;
    // What cannot be read is said at once.
    this.#set.segments();
  }

  services(range: TimeRange): string[] {
    const services = new Set<string>();
    for (const segment of this.#set.segments()) {
      for (const facts of segment.facts) {
        const service = facts.operation?.service;
        if (service === undefined || services.has(service)) continue;
        if (countIn(segment, facts, range) > 0) services.add(service);
      }
    }
    return [...services].sort();
  }

  operations(range: TimeRange & { readonly service?: string | undefined }): OperationsAnswer {
    return operationsOf(this.#set.segments(), range);
  }

  scatter(query: OperationQuery & { readonly points: number }): ScatterAnswer {
    return scatterOf(this.#set.segments(), query);
  }

  compare(query: OperationQuery & { readonly around: TimeRange }): CompareAnswer {
    return compareOf(this.#set.segments(), query);
  }

  search(query: SearchQuery): SearchAnswer {
    return searchFor(this.#set.segments(), query);
  }

  trace(traceId: string): TraceAnswer | undefined {
    return isHex(traceId, 32) ? traceOf(this.#set.segments(), traceId) : undefined;
  }

  span(traceId: string, spanId: string): SpanAnswer | undefined {
    if (!isHex(traceId, 32) || !isHex(spanId, 16)) return undefined;
    const segments = this.#set.segments();
    const found = spanOf(segments, traceId, spanId);
    if (found === undefined) return undefined;
    const rank = this.rank(found);
    return { ...found, ...(rank && { rank }) };
  }

  /** Where a duration is among those of its operation in the hour around it. Undefined: there are none. */
  rank(span: Operation & Pick<SpanAnswer, 'startUs' | 'durationNs'>): SpanAnswer['rank'] {
    const { startUs, durationNs } = span;
    const hour = { fromUs: startUs - HALF_HOUR_US, toUs: startUs + HALF_HOUR_US };
    const { buckets, count } = rollupOf(this.#set.segments(), span, hour);
    return count === 0 ? undefined : { below: countBelow(buckets, durationNs) / count, of: count };
  }

  flame(traceId: string, spanId: string, scope: FlameScope): FlameAnswer | undefined {
    const trace = this.trace(traceId);
    return trace && flameOf(trace, this.stacks(traceId), spanId, scope, this.hasStacks());
  }

  /** Of any trace. */
  hasStacks(): boolean {
    return this.#set.segments().some(({ hasStacks }) => hasStacks);
  }

  stacks(traceId: string): StacksAnswer {
    return stacksOf(isHex(traceId, 32) ? this.#set.segments() : [], traceId);
  }

  traceBytes(traceId: string, partBytes: number): Uint8Array[] {
    return isHex(traceId, 32) ? traceParts(this.#set.segments(), traceId, partBytes) : [];
  }

  state(): StoreState {
    const segments = this.#set.segments().filter(({ spans }) => spans > 0);
    const oldest = segments.reduce(
      (least, { minStartUs }) => Math.min(least, minStartUs),
      Number.POSITIVE_INFINITY,
    );
    const newest = segments.reduce(
      (most, { maxStartUs }) => Math.max(most, maxStartUs),
      Number.NEGATIVE_INFINITY,
    );
    return {
      spans: segments.reduce((sum, { spans }) => sum + spans, 0),
      bytes: this.#set.bytes,
      ...this.#limits,
      ...(segments.length > 0 && { oldestUs: oldest, newestUs: newest }),
      ...this.#set.losses(),
    };
  }

  /** To be called now and then while nothing is asked: what was removed meanwhile is let go of. */
  release(): void {
    this.#set.release();
  }

  close(): void {
    this.#set.close();
  }
}

const isHex = (text: string, length: number): boolean => text.length === length && /^[0-9a-f]*$/.test(text);
