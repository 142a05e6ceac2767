/** The main thread's end of the draining thread. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { GoidspanError } from '../errors.ts';
import { type Batch, batchOf } from '../wire/batch.ts';
import { errnoName } from './errno.ts';
import type { FromIngest, IngestData, ToIngest } from './ingest-protocol.ts';
import type { Kernel } from './kernel.ts';
import { nativePath } from './native.ts';

const BATCH_BYTES = 1 << 20;
const QUEUED_BYTES_MAX = 64 << 20;

/** Receives what the ring held, in the order in which it was written. */
export interface IngestSink {
  onBatch(batch: Batch): void;
  onFailure(error: GoidspanError): void;
}

export class Ingest {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, () => void>();
  #nextId = 1;
  #ended = false;

  /** Starts draining. The thread keeps the process alive only while somebody waits for it. */
  constructor(kernel: Kernel, sink: IngestSink) {
    const workerData: IngestData = {
      handle: kernel.handle,
      batchBytes: BATCH_BYTES,
      queuedBytesMax: QUEUED_BYTES_MAX,
    };
    this.#worker = new Worker(workerPath(), { workerData, name: 'goidspan-ingest' });
    this.#worker.on('message', (message: FromIngest) => this.#receive(message, sink));
    this.#worker.on('error', (cause) => {
      sink.onFailure(
        new GoidspanError('kernel_refused', `cannot drain the ring buffer: ${cause.message}`, { cause }),
      );
      this.#end();
    });
    this.#worker.on('exit', () => this.#end());
    // Last: a listener for messages holds the process again.
    this.#worker.unref();
  }

  /** Resolves when everything that is in the ring now has been handed to the sink. */
  drain(): Promise<void> {
    return this.#ask(false);
  }

  /** Drains a last time and ends the thread. Idempotent. */
  async close(): Promise<void> {
    await this.#ask(true);
    await this.#worker.terminate();
  }

  #ask(last: boolean): Promise<void> {
    if (this.#ended) return Promise.resolve();
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.ref();
      this.#worker.postMessage({ kind: 'drain', id, last } satisfies ToIngest);
    });
  }

  #receive(message: FromIngest, sink: IngestSink): void {
    switch (message.kind) {
      case 'batch':
        sink.onBatch(batchOf(message.buffer));
        this.#worker.postMessage({ kind: 'taken', bytes: message.buffer.byteLength } satisfies ToIngest);
        break;
      case 'drained':
        this.#waiting.get(message.id)?.();
        this.#waiting.delete(message.id);
        if (this.#waiting.size === 0) this.#worker.unref();
        break;
      case 'failed':
        sink.onFailure(
          new GoidspanError('kernel_refused', `cannot drain the ring buffer: ${errnoName(message.errno)}`),
        );
    }
  }

  #end(): void {
    this.#ended = true;
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}

/** The built worker: it stands beside `native` in the bundle. */
function workerPath(): string {
  const dist = dirname(dirname(nativePath('libgoidspan.so')));
  const path = join(dist, 'kernel', 'ingest-worker.js');
  if (!existsSync(path)) {
    throw new GoidspanError(
      'shim_unusable',
      `cannot find ${path}: it is not part of this installation (reinstall the package, or run \`npm run build\`)`,
    );
  }
  return path;
}
