/**
 * What stands behind a page: the store, who fills it, and the page itself. Owns the order: the store first, closed last, so that nothing
 * is acknowledged that cannot be kept.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { GoidspanError } from '../errors.ts';
import { installedPath } from '../installation.ts';
import { JaegerReader } from '../jaeger/jaeger-reader.ts';
import { JaegerStorage } from '../jaeger/jaeger-storage.ts';
import { JoinedReader } from '../jaeger/joined-reader.ts';
import type { AgentState } from '../page-api/agent-state.ts';
import type { JaegerState, StoreState } from '../page-api/answers.ts';
import type { SpanReader, StoreResult } from '../page-api/span-store.ts';
import { Receiver } from '../receiver/receiver.ts';
import type { HitsIn } from '../store/hits-in.ts';
import { defaultFolder, openStore, type ThreadStore } from '../store/open-store.ts';
import { LiveTail } from './live-tail.ts';
import { PageServer } from './page-server.ts';

export interface BackendOptions {
  /** Without a folder: the default of the platform. */
  readonly store: {
    readonly folder?: string | undefined;
    readonly maxBytes: number;
    readonly maxAgeMs: number;
    /** A Jaeger that has the spans, too: of those that come only figures are kept, and traces are asked there. */
    readonly spansInJaeger?: string | undefined;
  };
  readonly host: string;
  /** Of the page; the next are tried if it is taken. 0: any that is free. */
  readonly ports: readonly number[];
  /** Undefined: spans come from this process alone. */
  readonly otlp?:
    | {
        readonly grpcPort: number;
        readonly httpPort: number;
        /** On the port of gRPC a Jaeger may have its storage. */
        readonly isJaegerStorage?: boolean;
      }
    | undefined;
  readonly token: string | undefined;
  /** Whether the process goes on for it. Default true. */
  readonly keepsAlive?: boolean;
  /** A Jaeger that shows the same traces. */
  readonly jaegerUrl?: string | undefined;
}

/** As links name it, and whether it has the spans. */
interface OurJaeger {
  readonly url: string | undefined;
  readonly hasSpans: boolean;
}

export class Backend {
  readonly #store: ThreadStore;
  readonly #reader: SpanReader;
  readonly #live: LiveTail;
  readonly #jaeger: OurJaeger;
  #receiver: Receiver | undefined;
  #page: PageServer | undefined;
  #storage: JaegerStorage | undefined;
  #agent: (() => AgentState | undefined) | undefined;

  /**
   * @throws {GoidspanError} `no_sqlite`, `bad_store`, `store_busy`, `cannot_write`, `cannot_listen`; nothing is left open then.
   */
  static async open({
    store: { folder = defaultFolder(process.env), spansInJaeger, ...limits },
    host,
    ports,
    otlp,
    token,
    keepsAlive = true,
    jaegerUrl,
  }: BackendOptions): Promise<Backend> {
    // It is told of spans only after it has asked for them.
    const onKept = (kept: HitsIn): void => live.add(kept);
    const keepsSpans = spansInJaeger === undefined;
    const store = await openStore(folder, { ...limits, keepsSpans, keepsAlive, onKept });
    const live = new LiveTail((room) => store.follow(room));
    const reader = keepsSpans ? store : new JoinedReader(store, JaegerReader.at(spansInJaeger));
    const jaeger = { url: jaegerUrl ?? spansInJaeger, hasSpans: !keepsSpans };
    const backend = new Backend(store, reader, live, jaeger);
    try {
      if (otlp?.isJaegerStorage) backend.#storage = new JaegerStorage(store);
      const methods = backend.#storage?.methods;
      if (otlp) backend.#receiver = await Receiver.open(store, { host, token, methods, ...otlp });
      backend.#page = await backend.#openPage(host, ports, token);
      if (!keepsAlive) backend.#page.unref();
      return backend;
    } catch (error) {
      await backend.close();
      throw error;
    }
  }

  private constructor(store: ThreadStore, reader: SpanReader, live: LiveTail, jaeger: OurJaeger) {
    this.#store = store;
    this.#reader = reader;
    this.#live = live;
    this.#jaeger = jaeger;
  }

  /** Of the page, without a token. */
  get url(): string {
    return this.#page?.url ?? '';
  }

  /** Where OTLP is taken; undefined: nowhere. */
  get endpoints(): Receiver['endpoints'] | undefined {
    return this.#receiver?.endpoints;
  }

  async state(): Promise<StoreState> {
    const jaeger = this.#jaegerState();
    return { ...(await this.#store.state()), ...(jaeger && { jaeger }) };
  }

  /** The page tells of a tracer in this process what it tells of itself. Must not throw. */
  tellOf(agent: () => AgentState | undefined): void {
    this.#agent = agent;
  }

  /** As {@link SpanStore.append}. */
  append(request: Uint8Array): Promise<StoreResult> {
    return this.#store.append(request);
  }

  /** For an exporter in any thread of this process: its requests are kept. */
  openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.answer(port1);
    return port2;
  }

  /** The requests that come over the port are kept. */
  answer(port: MessagePort): void {
    this.#store.answer(port);
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    await this.#receiver?.close();
    await this.#page?.close();
    await this.#store.close();
  }

  /** Undefined: none has to do with it. */
  #jaegerState(): JaegerState | undefined {
    const { url, hasSpans } = this.#jaeger;
    const counts = this.#storage && Object.entries(this.#storage.counts).filter(([, count]) => count > 0);
    if (url === undefined && !counts) return undefined;
    return {
      ...(url !== undefined && { url }),
      ...(hasSpans && { hasSpans }),
      ...(counts && { calls: Object.fromEntries(counts) }),
    };
  }

  async #openPage(host: string, ports: readonly number[], token: string | undefined): Promise<PageServer> {
    const [port = 0, ...others] = ports;
    const files = installedPath('dist', 'page');
    try {
      return await PageServer.open(this.#reader, {
        ...{ host, port, token, files },
        live: this.#live,
        jaeger: () => this.#jaegerState(),
        agent: () => this.#agent?.(),
      });
    } catch (error) {
      const isTaken = error instanceof GoidspanError && error.code === 'cannot_listen';
      if (isTaken && others.length > 0) return this.#openPage(host, others, token);
      throw error;
    }
  }
}
