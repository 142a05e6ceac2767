/** A service with an OpenTelemetry SDK (`test/fixtures/sdk`) under a live tracer, and what its SDK has sent to a collector meanwhile. */
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerOptions, TracerStats } from '../../src/tracer/api.ts';
import { eventually } from './child.ts';
import { readableSpansOf } from './otlp-proto.ts';
import { ScriptedSink } from './scripted-sink.ts';
import { collecting, TracedServer } from './traced-server.ts';

export class SdkServer {
  /** Of the SDK. */
  readonly theirs: readonly ReadableSpan[];
  readonly traced: TracedServer;
  readonly #sink: ScriptedSink;

  private constructor(traced: TracedServer, sink: ScriptedSink, theirs: readonly ReadableSpan[]) {
    this.traced = traced;
    this.#sink = sink;
    this.theirs = theirs;
  }

  static async start(
    binary: string,
    options: Partial<TracerOptions> = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<SdkServer> {
    const theirs: ReadableSpan[] = [];
    const sink = await ScriptedSink.start({
      protocol: 'http',
      script: ({ message }) => {
        theirs.push(...readableSpansOf(message));
        return 'accept';
      },
    });
    const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...env };
    return new SdkServer(await TracedServer.start(binary, options, collecting, collector), sink, theirs);
  }

  /** Of the tracer. */
  get ours(): readonly ReadableSpan[] {
    return this.traced.spans;
  }

  /** Asks for the route, and waits for as many spans of either side that belong to it: in its trace, or named by its id. */
  async request(path: string, theirs: number, ours: number): Promise<RequestOfSdk> {
    const id = new URL(path, 'http://host').searchParams.get('id') ?? '';
    await this.traced.server.get(path);
    return await this.whole(id, theirs, ours);
  }

  /** The same of a request that was made. */
  async whole(id: string, theirs: number, ours: number): Promise<RequestOfSdk> {
    return await eventually(`${theirs} spans of the SDK and ${ours} of ours for ${id}`, 10_000, async () => {
      const found = this.of(id);
      if (found.theirs.length >= theirs && found.ours.length >= ours) return found;
      await this.traced.settle();
      return undefined;
    });
  }

  /** Its SDK has sent what it had, and of that call all is known. */
  async settled(): Promise<void> {
    await eventually('a call that sends telemetry', 10_000, async () => {
      const { notes } = await this.traced.tracer.stats();
      const isTold = this.ours.some(({ attributes }) => /\/v1\/traces$/.test(String(attributes['url.full'])));
      return isTold || (notes['telemetry_exports'] ?? 0) > 0 ? true : undefined;
    });
  }

  /** All that there is by now of a request. */
  of(id: string): RequestOfSdk {
    const said = (span: ReadableSpan): boolean =>
      Object.values(span.attributes).some((value) =>
        new RegExp(`(^|[?&])((id|of)=)?${id}(&|$)`).test(String(value)),
      );
    const traces = new Set([...this.theirs, ...this.ours].filter(said).map(traceOf));
    const inThem = (span: ReadableSpan): boolean => traces.has(traceOf(span));
    return { theirs: this.theirs.filter(inThem), ours: this.ours.filter(inThem), traces: traces.size };
  }

  async stop(): Promise<TracerStats> {
    const stats = await this.traced.stop();
    await this.#sink.close();
    return stats;
  }
}

export interface RequestOfSdk {
  readonly theirs: readonly ReadableSpan[];
  readonly ours: readonly ReadableSpan[];
  readonly traces: number;
}

const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;
