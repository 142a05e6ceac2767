/**
 * A store that keeps figures, and a Jaeger that keeps the spans they are of: each is asked for what it has. A trace is what both have
 * of it, since here are only spans of this host, and there not yet the newest.
 */
import type { FlameAnswer, SearchAnswer, SpanAnswer, SpanHit, TraceAnswer } from '../page-api/answers.ts';
import { REQUEST_BYTES_MAX } from '../page-api/limits.ts';
import type { FlameScope, SearchQuery } from '../page-api/query.ts';
import type { SpanReader } from '../page-api/span-store.ts';
import { flameOf } from '../store/flame-query.ts';
import type { TraceChunks } from '../store/found-spans.ts';
import type { ThreadReader } from '../store/thread-reader.ts';
import { spanOf, traceOf, traceParts } from '../store/trace-query.ts';
import type { JaegerReader } from './jaeger-reader.ts';

export class JoinedReader implements SpanReader {
  readonly #store: ThreadReader;
  readonly #jaeger: JaegerReader;
  readonly services: SpanReader['services'];
  readonly operations: SpanReader['operations'];
  readonly scatter: SpanReader['scatter'];
  readonly compare: SpanReader['compare'];
  readonly stacks: SpanReader['stacks'];
  readonly state: SpanReader['state'];

  /** Owns neither. */
  constructor(store: ThreadReader, jaeger: JaegerReader) {
    this.#store = store;
    this.#jaeger = jaeger;
    this.services = store.services;
    this.operations = store.operations;
    this.scatter = store.scatter;
    this.compare = store.compare;
    this.stacks = store.stacks;
    this.state = store.state;
  }

  /**
   * The columns here tell of all spans; what is asked of attributes, only the spans do. Where Jaeger does not answer, what is found here
   * says of how many it is.
   */
  async search(query: SearchQuery): Promise<SearchAnswer> {
    const here = await this.#store.search(query);
    if (here.searched.spans === here.searched.of) return here;
    const there = await this.#jaeger.search(query).catch(() => undefined);
    if (!there) return here;
    const hits = new Map<string, SpanHit>();
    for (const hit of [...there.hits, ...here.hits]) hits.set(`${hit.traceId} ${hit.spanId}`, hit);
    const newest = [...hits.values()].sort((a, b) => b.startUs - a.startUs).slice(0, query.limit);
    const { traces } = there.searched;
    return { hits: newest, searched: { ...here.searched, ...(traces !== undefined && { traces }) } };
  }

  async trace(traceId: string): Promise<TraceAnswer | undefined> {
    return traceOf(await this.#chunks(traceId), traceId);
  }

  async span(traceId: string, spanId: string): Promise<SpanAnswer | undefined> {
    const found = spanOf(await this.#chunks(traceId), traceId, spanId);
    const rank = found && (await this.#store.rank(found));
    return found && { ...found, ...(rank && { rank }) };
  }

  async flame(traceId: string, spanId: string, scope: FlameScope): Promise<FlameAnswer | undefined> {
    const trace = await this.trace(traceId);
    if (!trace) return undefined;
    const [stacks, hasAny] = await Promise.all([this.stacks(traceId), this.#store.hasStacks()]);
    return flameOf(trace, stacks, spanId, scope, hasAny);
  }

  async *traceBytes(traceId: string, partBytes: number): AsyncIterable<Uint8Array> {
    yield* traceParts(await this.#chunks(traceId), traceId, partBytes);
  }

  async close(): Promise<void> {}

  /** Where Jaeger does not answer, what is here is better than nothing. */
  async #chunks(traceId: string): Promise<readonly TraceChunks[]> {
    const [here, there] = await Promise.all([
      this.#chunksHere(traceId),
      this.#jaeger.chunks(traceId).catch((error: unknown) => error),
    ]);
    if (Array.isArray(there)) return [...here, ...(there as readonly TraceChunks[])];
    if (here.length > 0) return here;
    throw there;
  }

  async #chunksHere(traceId: string): Promise<TraceChunks[]> {
    const chunks: TraceChunks[] = [];
    for await (const bytes of this.#store.traceBytes(traceId, REQUEST_BYTES_MAX))
      chunks.push({ chunk: () => bytes, chunksOfTrace: () => [0] });
    return chunks;
  }
}
