/** Opens the store of a folder: for who writes and reads it, and for who only reads it beside another process. */
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { GoidspanError } from '../errors.ts';
import type { SpanReader, SpanStore, StoreResult } from '../page-api/span-store.ts';
import { threadError, workerPath } from '../worker-path.ts';
import { receivedError } from './sent-error.ts';
import { openDatabase } from './sqlite.ts';
import type {
  FromReader,
  FromWriter,
  ReaderMethod,
  StoreSettings,
  StoreThread,
  ToReader,
  ToWriter,
} from './store-protocol.ts';
import type { SegmentLimits } from './writer.ts';

export { defaultFolder } from './folder.ts';

/** 1 GiB and 24 hours. */
const STORE_BYTES = 1 << 30;
const STORE_AGE_MS = 86_400_000;
/** Of what waits to be written. */
const QUEUED_BYTES_MAX = 64 << 20;

export interface StoreOptions {
  /** Of all files together. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** Since it was written. Default 24 hours. */
  readonly maxAgeMs?: number | undefined;
  /** When a segment is whole. For tests. */
  readonly segmentLimits?: SegmentLimits | undefined;
  /** Of requests that wait to be written. Default 64 MiB. */
  readonly maxQueuedBytes?: number | undefined;
}

/**
 * The store of a folder, which is made if it is not there, until `close`. Its threads keep the process alive.
 * @throws {GoidspanError} `no_sqlite`, `store_busy`, `bad_store`, `cannot_write`, `shim_unusable`.
 */
export async function openStore(folder: string, options: StoreOptions = {}): Promise<SpanStore> {
  const settings = settingsOf(folder, options);
  const writer = await WriterClient.start(settings, options.maxQueuedBytes ?? QUEUED_BYTES_MAX);
  try {
    return new ThreadStore(await ReaderClient.start(settings), writer);
  } catch (error) {
    await writer.close();
    throw error;
  }
}

/** Reads a store that is there, whoever writes it meanwhile. Throws as `openStore` does, but never `store_busy`. */
export async function openStoreReader(folder: string, options: StoreOptions = {}): Promise<SpanReader> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new GoidspanError(
      'bad_store',
      `cannot read the store ${folder}: it is no folder (name one that goidspan serve has made)`,
    );
  return new ThreadReader(await ReaderClient.start(settingsOf(folder, options)));
}

function settingsOf(folder: string, options: StoreOptions): StoreSettings {
  const { maxBytes = STORE_BYTES, maxAgeMs = STORE_AGE_MS, segmentLimits } = options;
  // Here rather than in a thread: an old Node is told apart before any is started.
  openDatabase(':memory:', { readOnly: false }).close();
  return { folder, limits: { maxBytes, maxAgeMs }, segmentLimits };
}

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that answers what is asked by number. */
class Client<To> {
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  #nextId = 1;
  #failure: Error | undefined;

  constructor(data: StoreThread, name: string) {
    this.#worker = new Worker(workerPath('store/store-worker'), { workerData: data, name });
    this.#worker.on('error', (cause) => this.#fail(threadError('keep spans', cause)));
    this.ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(new GoidspanError('cannot_write', 'cannot use the store: it is closed (open it again)'));
        resolve();
      });
    });
  }

  /** Resolves when the thread has opened the store. */
  start(receive: (message: FromWriter | FromReader) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#asked.set(0, { resolve: () => resolve(), reject });
      this.#worker.on('message', (message: FromWriter | FromReader) => {
        if (message.kind === 'open') this.answer(0, undefined);
        else if (message.kind === 'failed') this.#fail(receivedError(message.error));
        else receive(message);
      });
    });
  }

  ask(messageOf: (id: number) => To, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.tell(messageOf(id), transfer);
    });
  }

  tell(message: To, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer as ArrayBuffer[]);
  }

  answer(id: number, answer: unknown): void {
    this.#asked.get(id)?.resolve(answer);
    this.#asked.delete(id);
  }

  refuse(id: number, error: Error): void {
    this.#asked.get(id)?.reject(error);
    this.#asked.delete(id);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const id of [...this.#asked.keys()]) this.refuse(id, this.#failure);
  }
}

class WriterClient {
  readonly #client: Client<ToWriter>;
  readonly #maxQueuedBytes: number;
  #queuedBytes = 0;

  private constructor(settings: StoreSettings, maxQueuedBytes: number) {
    this.#client = new Client({ role: 'write', ...settings }, 'goidspan-store');
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  static async start(settings: StoreSettings, maxQueuedBytes: number): Promise<WriterClient> {
    const writer = new WriterClient(settings, maxQueuedBytes);
    await writer.#client.start((message) => {
      if (message.kind === 'appended')
        for (const [id, result] of message.results) writer.#client.answer(id, result);
      else if (message.kind === 'refused')
        for (const id of message.ids) writer.#client.refuse(id, receivedError(message.error));
    });
    return writer;
  }

  async append(request: Uint8Array): Promise<StoreResult> {
    const bytes = request.length;
    // One that is larger than all that may wait is still taken, alone.
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#maxQueuedBytes) {
      throw new GoidspanError(
        'store_full',
        `cannot store ${bytes} bytes of spans: ${this.#queuedBytes} bytes wait to be written (send them again later)`,
      );
    }
    this.#queuedBytes += bytes;
    try {
      // A copy: who calls may go on with theirs, which may be a part of something larger.
      const copy = new Uint8Array(request);
      return (await this.#client.ask(
        (id) => ({ kind: 'append', id, request: copy }),
        [copy.buffer],
      )) as StoreResult;
    } finally {
      this.#queuedBytes -= bytes;
    }
  }

  async close(): Promise<void> {
    this.#client.tell({ kind: 'close' });
    await this.#client.ended;
  }
}

class ReaderClient {
  readonly #client: Client<ToReader>;

  private constructor(settings: StoreSettings) {
    this.#client = new Client({ role: 'read', ...settings }, 'goidspan-reader');
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

  async close(): Promise<void> {
    await this.#client.terminate();
  }
}

class ThreadReader implements SpanReader {
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
  state: SpanReader['state'] = () => this.#ask('state');

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

class ThreadStore extends ThreadReader implements SpanStore {
  readonly #writer: WriterClient;

  constructor(reader: ReaderClient, writer: WriterClient) {
    super(reader);
    this.#writer = writer;
  }

  append(request: Uint8Array): Promise<StoreResult> {
    return this.#writer.append(request);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#writer.close();
  }
}
