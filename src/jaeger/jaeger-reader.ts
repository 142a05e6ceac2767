/**
 * Spans that a Jaeger keeps, for the page: names, search, traces. What Jaeger cannot tell — percentiles, what time was spent on over
 * many spans, comparisons — is an error that says so. Owns what is remembered of traces, since a page asks for many spans of one.
 */
import { GoidspanError } from '../errors.ts';
import type {
  OperationsAnswer,
  SearchAnswer,
  SpanAnswer,
  SpanHit,
  StacksAnswer,
  StoreState,
  TraceAnswer,
} from '../page-api/answers.ts';
import type { Operation, SearchQuery, TimeRange } from '../page-api/query.ts';
import type { SpanReader } from '../page-api/span-store.ts';
import type { TraceChunks } from '../store/found-spans.ts';
import { spanOf, traceOf, traceParts } from '../store/trace-query.ts';
import { JaegerClient, TooLongError } from './jaeger-client.ts';
import { listIn, memberOf } from './json-members.ts';
import { otlpParts } from './otlp-parts.ts';
import { matchesIn } from './search-match.ts';
import { searchParams } from './search-params.ts';
import { KINDS } from './span-kinds.ts';

/** FindTraces answers whole traces: more would be more than anybody reads. Fewer if they are too long together. */
const TRACES = [20, 5, 1];
/** Services whose operations are asked for if none is named. */
const SERVICES_MAX = 50;
const NAMES_MAX = 10_000;
/** For a page that is looked at: its spans are asked for one by one. */
const REMEMBERED_MS = 30_000;
const REMEMBERED_TRACES = 4;

export class JaegerReader implements SpanReader {
  readonly #client: JaegerClient;
  readonly #traces = new Map<string, Promise<readonly TraceChunks[]>>();

  /** @throws {GoidspanError} `no_jaeger`: nothing is there that answers. */
  static async open(url: string): Promise<JaegerReader> {
    const reader = JaegerReader.at(url);
    await reader.services();
    return reader;
  }

  /** Whatever is there is asked for only when somebody wants to know. */
  static at(url: string): JaegerReader {
    return new JaegerReader(new JaegerClient(url));
  }

  private constructor(client: JaegerClient) {
    this.#client = client;
  }

  /** Of any time: Jaeger tells no times of them. */
  async services(): Promise<readonly string[]> {
    return textsIn(await this.#client.ask('services'), 'services').sort();
  }

  async operations({
    service,
  }: TimeRange & { readonly service?: string | undefined }): Promise<OperationsAnswer> {
    const services = service === undefined ? (await this.services()).slice(0, SERVICES_MAX) : [service];
    const named: Operation[] = [];
    // One after the other: it has others to answer.
    for (const one of services) named.push(...(await this.#operationsOf(one)));
    return { operations: [], others: 0, named };
  }

  scatter(): Promise<never> {
    return Promise.reject(notThere('durations of all spans of an operation'));
  }

  compare(): Promise<never> {
    return Promise.reject(notThere('what differs between slow and fast spans'));
  }

  flame(): Promise<never> {
    return Promise.reject(notThere('where in the code the time of a span went'));
  }

  /** None are kept there: files for other tools are made of the spans alone. */
  stacks(): Promise<StacksAnswer> {
    const frames = { function: [], file: [], line: [], isInlined: [] };
    const seen = { spanId: [], goid: [], use: [], isSample: [], count: [], ns: [], stack: [] };
    return Promise.resolve({ texts: [], frames, stacks: [], seen, left: {} });
  }

  async search(query: SearchQuery): Promise<SearchAnswer> {
    const parts = otlpParts(await this.#find(query));
    const { hits, spans, traces } = matchesIn(parts, query);
    const newest = (a: SpanHit, b: SpanHit) => b.startUs - a.startUs;
    return { hits: hits.sort(newest).slice(0, query.limit), searched: { spans, of: spans, traces } };
  }

  async trace(traceId: string): Promise<TraceAnswer | undefined> {
    return traceOf(await this.chunks(traceId), traceId);
  }

  async span(traceId: string, spanId: string): Promise<SpanAnswer | undefined> {
    return spanOf(await this.chunks(traceId), traceId, spanId);
  }

  async *traceBytes(traceId: string, partBytes: number): AsyncIterable<Uint8Array> {
    yield* traceParts(await this.chunks(traceId), traceId, partBytes);
  }

  /** Nothing is kept here. */
  state(): Promise<StoreState> {
    return Promise.resolve({ spans: 0, bytes: 0, maxBytes: 0, maxAgeMs: 0, losses: {}, stackLosses: {} });
  }

  async close(): Promise<void> {}

  async #operationsOf(service: string): Promise<Operation[]> {
    const answer = await this.#client.ask('operations', { service });
    return objectsIn(answer, 'operations').flatMap(({ name, spanKind }) => {
      if (typeof name !== 'string') return [];
      return [{ service, name, kind: Math.max(0, KINDS.indexOf(String(spanKind ?? ''))) }];
    });
  }

  async #find(query: SearchQuery, [traces = 1, ...fewer] = TRACES): Promise<unknown> {
    try {
      const answer = await this.#client.ask('traces', searchParams(query, traces));
      return memberOf(answer, 'result');
    } catch (error) {
      if (error instanceof TooLongError && fewer.length > 0) return this.#find(query, fewer);
      throw error;
    }
  }

  /** A trace as it came; nothing if there is none of that id. */
  chunks(traceId: string): Promise<readonly TraceChunks[]> {
    const known = this.#traces.get(traceId);
    if (known) return known;
    const [oldest] = this.#traces.keys();
    if (this.#traces.size >= REMEMBERED_TRACES && oldest !== undefined) this.#traces.delete(oldest);
    const chunks = this.#ask(traceId);
    this.#traces.set(traceId, chunks);
    const forget = (): void => {
      if (this.#traces.get(traceId) === chunks) this.#traces.delete(traceId);
    };
    chunks.then(() => setTimeout(forget, REMEMBERED_MS).unref(), forget);
    return chunks;
  }

  async #ask(traceId: string): Promise<readonly TraceChunks[]> {
    const answer = await this.#client.ask(`traces/${traceId}`);
    return otlpParts(memberOf(answer, 'result')).map((bytes) => ({
      chunk: () => bytes,
      chunksOfTrace: () => [0],
    }));
  }
}

const notThere = (what: string): GoidspanError =>
  new GoidspanError(
    'not_in_jaeger',
    `cannot tell ${what}: Jaeger keeps no figures of them (send spans to goidspan serve, which does)`,
  );

const namesIn = (value: unknown, name: string): readonly unknown[] => listIn(value, name).slice(0, NAMES_MAX);

const textsIn = (value: unknown, name: string): string[] =>
  namesIn(value, name).filter((one): one is string => typeof one === 'string');

const objectsIn = (value: unknown, name: string): Readonly<Record<string, unknown>>[] =>
  namesIn(value, name).filter(
    (one): one is Readonly<Record<string, unknown>> => typeof one === 'object' && one !== null,
  );
