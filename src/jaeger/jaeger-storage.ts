/**
 * Our store as the storage of a Jaeger: what its query service asks by its remote storage, version 2. It writes by OTLP, as anybody. Owns
 * how much is answered at once; spans go out as the bytes that they came as.
 * Services: https://github.com/jaegertracing/jaeger-idl/tree/v0.6.0/proto/storage/v2
 */
import type { TimeRange } from '../page-api/query.ts';
import type { SpanReader } from '../page-api/span-store.ts';
import { GrpcError, type GrpcMethod, type GrpcMethods, grpcStatus } from '../receiver/grpc-method.ts';
import {
  operationsAskedIn,
  operationsResponse,
  servicesResponse,
  type TracesQuery,
  traceIdsIn,
  traceIdsResponse,
  tracesQueryIn,
} from './storage-messages.ts';

/** A client takes 4 MiB a message if nothing else is configured: https://pkg.go.dev/google.golang.org/grpc#MaxCallRecvMsgSize */
const MESSAGE_BYTES_MAX = 4 * 2 ** 20;
/** At once: a trace is held while it is read. */
const CALLS_MAX = 8;
/** Spans of one look at the store, and how often it is looked: traces may have many spans that fit. */
const HITS_MIN = 100;
const HITS_MAX = 4_000;
const LOOKS_MAX = 12;
const EVER: TimeRange = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };

/** Calls by what became of them; and spans that were left out since one alone is longer than a message may be. */
export interface JaegerCounts {
  calls: number;
  refused: number;
  busy: number;
  failed: number;
  tooLong: number;
}

export class JaegerStorage {
  readonly counts: JaegerCounts = { calls: 0, refused: 0, busy: 0, failed: 0, tooLong: 0 };
  readonly methods: GrpcMethods;
  readonly #reader: SpanReader;
  #underWay = 0;

  constructor(reader: SpanReader) {
    this.#reader = reader;
    const of = (service: string, name: string, method: GrpcMethod) =>
      [`/jaeger.storage.v2.${service}/${name}`, this.#counted(method)] as const;
    this.methods = new Map([
      of('TraceReader', 'GetTraces', (request) => this.#traces(traceIdsIn(request))),
      of('TraceReader', 'FindTraces', (request) => this.#found(request)),
      of('TraceReader', 'FindTraceIDs', (request) => this.#foundIds(request)),
      of('TraceReader', 'GetServices', () => this.#services()),
      of('TraceReader', 'GetOperations', (request) => this.#operations(request)),
      // Which service calls which is not kept; Jaeger makes it of spans by a job of its own elsewhere, too.
      of('DependencyReader', 'GetDependencies', nothing),
    ]);
  }

  #counted(method: GrpcMethod): GrpcMethod {
    const { counts } = this;
    const enter = (): void => {
      counts.calls++;
      if (this.#underWay === CALLS_MAX) {
        counts.busy++;
        throw new GrpcError(grpcStatus.resourceExhausted, `${CALLS_MAX} calls are under way (try again)`);
      }
      this.#underWay++;
    };
    const leave = (): void => {
      this.#underWay--;
    };
    return async function* counted(request) {
      enter();
      try {
        yield* method(request);
      } catch (error) {
        counts[error instanceof GrpcError ? 'refused' : 'failed']++;
        throw error;
      } finally {
        leave();
      }
    };
  }

  /** Parts of a trace follow each other. */
  async *#traces(ids: readonly string[]): AsyncIterable<Uint8Array> {
    for (const id of ids) {
      for await (const part of this.#reader.traceBytes(id, MESSAGE_BYTES_MAX)) {
        if (part.length <= MESSAGE_BYTES_MAX) yield part;
        else this.counts.tooLong++;
      }
    }
  }

  /** One that cannot be handed out, for its length, does not stand in the way of the others. */
  async *#found(request: Uint8Array): AsyncIterable<Uint8Array> {
    const ids = await this.#idsOf(tracesQueryIn(request));
    const errors: unknown[] = [];
    for (const id of ids) {
      try {
        yield* this.#traces([id]);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0 && errors.length === ids.length) throw errors[0];
    this.counts.failed += errors.length;
  }

  async *#foundIds(request: Uint8Array): AsyncIterable<Uint8Array> {
    yield traceIdsResponse(await this.#idsOf(tracesQueryIn(request)));
  }

  async *#services(): AsyncIterable<Uint8Array> {
    yield servicesResponse(await this.#reader.services(EVER));
  }

  async *#operations(request: Uint8Array): AsyncIterable<Uint8Array> {
    const { service, kind } = operationsAskedIn(request);
    const { operations } = await this.#reader.operations({ ...EVER, service });
    yield operationsResponse(operations.filter((one) => kind === undefined || one.kind === kind));
  }

  /** The newest traces with a span that fits. */
  async #idsOf({ spans, depth }: TracesQuery): Promise<string[]> {
    const ids = new Set<string>();
    if (spans.fromUs >= spans.toUs) return [];
    let { toUs } = spans;
    let limit = Math.min(HITS_MAX, Math.max(HITS_MIN, 2 * depth));
    for (let look = 0; look < LOOKS_MAX && ids.size < depth; look++) {
      const { hits } = await this.#reader.search({ ...spans, toUs, limit });
      for (const { traceId } of hits) if (ids.size < depth) ids.add(traceId);
      const oldest = hits.at(-1)?.startUs;
      if (oldest === undefined || hits.length < limit) break;
      // More of that very microsecond may not have been among them.
      toUs = oldest + 1 < toUs ? oldest + 1 : oldest;
      limit = HITS_MAX;
    }
    return [...ids];
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {
  yield new Uint8Array();
}
