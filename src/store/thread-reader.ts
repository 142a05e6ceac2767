/** A `SpanReader` whose work is done in a thread of its own, so that nobody waits for a long search but who has asked for it. */
import type { SpanReader } from '../page-api/span-store.ts';
import type { Reader } from './reader.ts';
import { receivedError } from './sent-error.ts';
import type { ReaderMethod, StoreSettings, ToReader } from './store-protocol.ts';
import { ThreadClient } from './thread-client.ts';

export class ReaderClient {
  readonly #client: ThreadClient<ToReader>;

  private constructor(settings: StoreSettings) {
    this.#client = new ThreadClient({ role: 'read', ...settings }, 'goidspan-reader');
  }

  static async start(settings: StoreSettings): Promise<ReaderClient> {
    const reader = new ReaderClient(settings);
    await reader.#client.start((message) => {
      if (message.kind === 'answer') reader.#client.answer(message.id, message.answer);
      else if (message.kind === 'refused')
        for (const id of message.ids) reader.#client.refuse(id, receivedError(message.error));
    });
    return reader;
  }

  ask(method: ReaderMethod, ...args: readonly unknown[]): Promise<unknown> {
    return this.#client.ask((id) => ({ id, method, args }));
  }

  unref(): void {
    this.#client.unref();
  }

  async close(): Promise<void> {
    await this.#client.terminate();
  }
}

type Asked<Method extends ReaderMethod> = (
  ...args: Parameters<Reader[Method]>
) => Promise<ReturnType<Reader[Method]>>;

export class ThreadReader implements SpanReader {
  readonly #reader: ReaderClient;

  constructor(reader: ReaderClient) {
    this.#reader = reader;
  }

  services: SpanReader['services'] = (range) => this.#ask('services', range);
  operations: SpanReader['operations'] = (range) => this.#ask('operations', range);
  scatter: SpanReader['scatter'] = (query) => this.#ask('scatter', query);
  compare: SpanReader['compare'] = (query) => this.#ask('compare', query);
  search: SpanReader['search'] = (query) => this.#ask('search', query);
  trace: SpanReader['trace'] = (traceId) => this.#ask('trace', traceId);
  span: SpanReader['span'] = (traceId, spanId) => this.#ask('span', traceId, spanId);
  flame: SpanReader['flame'] = (traceId, spanId, scope) => this.#ask('flame', traceId, spanId, scope);
  stacks: SpanReader['stacks'] = (traceId) => this.#ask('stacks', traceId);
  state: SpanReader['state'] = () => this.#ask('state');
  rank: Asked<'rank'> = (span) => this.#ask('rank', span);
  hasStacks: Asked<'hasStacks'> = () => this.#ask('hasStacks');

  async *traceBytes(traceId: string, partBytes: number): AsyncIterable<Uint8Array> {
    yield* await this.#ask<readonly Uint8Array[]>('traceBytes', traceId, partBytes);
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  #ask<T>(method: ReaderMethod, ...args: readonly unknown[]): Promise<T> {
    return this.#reader.ask(method, ...args) as Promise<T>;
  }
}
