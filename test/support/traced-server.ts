/**
 * The acceptance target under a live tracer: requests go in from outside, finished spans come out, and each span is
 * found by what its own URL says (`?id=` of a request, `?of=` of a call made on its behalf).
 */
import { SpanKind } from '@opentelemetry/api';
import type { SpanSink } from '../../src/export/span-sink.ts';
import { OtlpExport } from '../../src/otlp-client/otlp-export.ts';
import { otlpSinkSettingsOf } from '../../src/otlp-client/otlp-sink-settings.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerOptions, TracerStats } from '../../src/tracer/api.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { eventually } from './child.ts';
import { GoServer } from './go-server.ts';
import { readableSpansOf } from './otlp-proto.ts';
import { ScriptedSink } from './scripted-sink.ts';
import { toValidSpan } from './valid-readable-span.ts';
import { validate } from './validator.ts';

/** Between two threads, and from one measurement of the clock to the next. */
const RACE_NS = 1_000_000n;

/** Where the spans go, and how to wait for them. */
export interface SpanDestination {
  readonly processor: SpanSink;
  readonly spans: ReadableSpan[];
  flush(): Promise<void>;
  close(): Promise<void>;
}

export async function collecting(): Promise<SpanDestination> {
  const spans: ReadableSpan[] = [];
  const nothing = async (): Promise<void> => {};
  const processor = {
    onEnd: (span: ReadableSpan) => void spans.push(span),
    forceFlush: nothing,
    shutdown: nothing,
  };
  return { processor, spans, flush: nothing, close: nothing };
}

/** By OTLP, from the draining thread. Every span that was handed over must arrive. */
export async function byThread(): Promise<SpanDestination> {
  const spans: ReadableSpan[] = [];
  const sink = await ScriptedSink.start({
    protocol: 'grpc',
    script: ({ message }) => {
      for (const span of readableSpansOf(message)) spans.push(span);
      return 'accept';
    },
  });
  const options = { otlp: { url: sink.url, protocol: 'grpc' } } as const;
  const settings = otlpSinkSettingsOf('otlp', options, {}, () => {});
  const processor = new OtlpExport(settings, { onFailure: () => {}, onEvent: () => {} });
  return {
    processor,
    spans,
    flush: () => processor.forceFlush(),
    close: async () => {
      await processor.shutdown();
      await sink.close();
      const { handed, exported, lostByReason } = processor.counts();
      if (exported !== handed || exported !== spans.length) {
        throw new Error(`${spans.length} of ${handed} spans arrived; lost: ${JSON.stringify(lostByReason)}`);
      }
    },
  };
}

/** The spans of one request. */
export interface RequestSpans {
  readonly server: ReadableSpan;
  /** Client spans made on its behalf, by `n`. */
  readonly calls: readonly ReadableSpan[];
  /** Server spans that answered them, by `n`. */
  readonly leaves: readonly ReadableSpan[];
}

export class TracedServer {
  readonly spans: readonly ReadableSpan[];
  readonly server: GoServer;
  readonly tracer: Tracer;
  /** Spans by the `id` or `of` of their URL, as far as `spans` was indexed. */
  readonly #byId = new Map<string, ReadableSpan[]>();
  #indexed = 0;

  readonly #out: SpanDestination;

  private constructor(server: GoServer, tracer: Tracer, out: SpanDestination) {
    this.server = server;
    this.tracer = tracer;
    this.#out = out;
    this.spans = out.spans;
  }

  /** `by`: spans are made here (`collecting`), or by the draining thread, which sends them (`byThread`). */
  static async start(
    binary: string,
    options: Partial<TracerOptions> = {},
    by: () => Promise<SpanDestination> = collecting,
    env: Readonly<Record<string, string>> = {},
  ): Promise<TracedServer> {
    return await TracedServer.of(await GoServer.start(binary, env), options, by);
  }

  /** Of a server that runs. */
  static async of(
    server: GoServer,
    options: Partial<TracerOptions> = {},
    by: () => Promise<SpanDestination> = collecting,
  ): Promise<TracedServer> {
    const out = await by();
    const tracer = await Tracer.open({ processors: [out.processor], ...options });
    await tracer.attachPid(server.pid);
    return new TracedServer(server, tracer, out);
  }

  /** All that has ended so far is among the spans. */
  async settle(): Promise<void> {
    await this.tracer.stats();
    await this.#out.flush();
  }

  /** Waits until there are that many spans that match. */
  async matching(count: number, match: (span: ReadableSpan) => boolean): Promise<ReadableSpan[]> {
    return await eventually(`${count} matching spans`, 20_000, async () => {
      await this.settle();
      const found = this.spans.filter(match);
      return found.length >= count ? found : undefined;
    });
  }

  /** Waits for the spans of the request with that id: itself, `calls` client spans and `leaves` server spans. */
  async request(id: string, calls: number, leaves: number = calls): Promise<RequestSpans> {
    return await eventually(`request ${id} with ${calls} calls and ${leaves} answers`, 20_000, async () => {
      const found = this.#spansOf(id);
      if (found.server && found.calls.length >= calls && found.leaves.length >= leaves) {
        return { server: found.server, calls: found.calls.sort(byN), leaves: found.leaves.sort(byN) };
      }
      await this.settle();
      return undefined;
    });
  }

  #spansOf(id: string): { server: ReadableSpan | undefined; calls: ReadableSpan[]; leaves: ReadableSpan[] } {
    for (; this.#indexed < this.spans.length; this.#indexed++) {
      const span = this.spans[this.#indexed] as ReadableSpan;
      const query = queryOf(span);
      const key = query.get('id') ?? query.get('of') ?? '';
      const known = this.#byId.get(key);
      if (known) known.push(span);
      else this.#byId.set(key, [span]);
    }
    const spans = this.#byId.get(id) ?? [];
    const madeFor = spans.filter((span) => queryOf(span).get('of') === id);
    return {
      server: spans.find((span) => isServer(span) && queryOf(span).get('id') === id),
      calls: madeFor.filter((span) => !isServer(span)),
      leaves: madeFor.filter(isServer),
    };
  }

  /** Ends server and tracer; fails if any span that came out breaks an invariant. */
  async stop(): Promise<TracerStats> {
    const stats = await this.tracer.close();
    await this.#out.close();
    await this.server.stop();
    const violations = validate(this.spans.map(toValidSpan), { raceNs: RACE_NS });
    if (violations.length > 0)
      throw new Error(`${violations.length} violations:\n${violations.slice(0, 20).join('\n')}`);
    return stats;
  }
}

export const isServer = (span: ReadableSpan): boolean => span.kind === SpanKind.SERVER;

/** The query that the request or call was made with. */
export function queryOf(span: ReadableSpan): URLSearchParams {
  const full = span.attributes['url.full'];
  if (typeof full === 'string') return new URL(full).searchParams;
  return new URLSearchParams(String(span.attributes['url.query'] ?? ''));
}

export const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;
export const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
export const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;

function byN(a: ReadableSpan, b: ReadableSpan): number {
  return Number(queryOf(a).get('n')) - Number(queryOf(b).get('n'));
}
