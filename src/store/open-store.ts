/** Opens the store of a folder: for who writes and reads it, and for who only reads it beside another process. */
import { statSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { GoidspanError } from '../errors.ts';
import { STORE_AGE_MS, STORE_BYTES } from '../page-api/limits.ts';
import type { SpanReader, SpanStore, StoreResult } from '../page-api/span-store.ts';
import type { HitsIn } from './hits-in.ts';
import { openDatabase } from './sqlite.ts';
import type { StoreSettings } from './store-protocol.ts';
import { ReaderClient, ThreadReader } from './thread-reader.ts';
import type { SegmentLimits } from './writer.ts';
import { WriterClient } from './writer-client.ts';

export { defaultFolder } from './folder.ts';

/** Of what waits to be written. */
const QUEUED_BYTES_MAX = 64 << 20;

export interface StoreOptions {
  /** Of all files together. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** Since it was written. Default 24 hours. */
  readonly maxAgeMs?: number | undefined;
  /** False: another one has the spans; here they are kept until their segment is whole, and then only what is told of many. Default true. */
  readonly keepsSpans?: boolean;
  /** When a segment is whole. For tests. */
  readonly segmentLimits?: SegmentLimits | undefined;
  /** Of requests that wait to be written. Default 64 MiB. */
  readonly maxQueuedBytes?: number | undefined;
  /** Whether the process goes on for it. Default true. */
  readonly keepsAlive?: boolean;
  /** Told of what is kept, as far as it was asked for: see `follow`. */
  readonly onKept?: (kept: HitsIn) => void;
}

/**
 * The store of a folder, which is made if it is not there, until `close`. Its threads keep the process alive if nothing else is said.
 * @throws {GoidspanError} `no_sqlite`, `store_busy`, `bad_store`, `cannot_write`, `shim_unusable`.
 */
export async function openStore(folder: string, options: StoreOptions = {}): Promise<ThreadStore> {
  const settings = settingsOf(folder, options);
  const { maxQueuedBytes = QUEUED_BYTES_MAX, keepsAlive = true, onKept = () => {} } = options;
  const writer = await WriterClient.start(settings, maxQueuedBytes, onKept);
  try {
    const reader = await ReaderClient.start(settings);
    if (!keepsAlive) {
      writer.unref();
      reader.unref();
    }
    return new ThreadStore(reader, writer);
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
  const { maxBytes = STORE_BYTES, maxAgeMs = STORE_AGE_MS, keepsSpans = true, segmentLimits } = options;
  // Here rather than in a thread: an old Node is told apart before any is started.
  openDatabase(':memory:', { readOnly: false }).close();
  return { folder, limits: { maxBytes, maxAgeMs }, keepsSpans, segmentLimits };
}

/** With what only this process can have of it. */
export class ThreadStore extends ThreadReader implements SpanStore {
  readonly #writer: WriterClient;

  constructor(reader: ReaderClient, writer: WriterClient) {
    super(reader);
    this.#writer = writer;
  }

  append(request: Uint8Array): Promise<StoreResult> {
    return this.#writer.append(request);
  }

  /** For an exporter in any thread of this process: what it sends there (`PortTransport`) is kept, requests and stacks. */
  answer(port: MessagePort): void {
    this.#writer.answer(port);
  }

  /** The next `room` spans that are kept are told, of the others how many they are; undefined: nothing more. */
  follow(room: number | undefined): void {
    this.#writer.follow(room);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#writer.close();
  }
}
