/** The owner's end of a thread of the store, which answers what it is asked by number. */
import { type Transferable, Worker } from 'node:worker_threads';
import { GoidspanError } from '../errors.ts';
import { threadError, workerPath } from '../worker-path.ts';
import { receivedError } from './sent-error.ts';
import type { FromReader, FromWriter, StoreThread } from './store-protocol.ts';

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The room for new objects, which V8 lets grow to three times that: these threads make few that last. */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 6 };

export class ThreadClient<To> {
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  #nextId = 1;
  #failure: Error | undefined;

  constructor(data: StoreThread, name: string) {
    this.#worker = new Worker(workerPath('store/store-worker'), {
      workerData: data,
      name,
      resourceLimits: THREAD_LIMITS,
    });
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

  ask(messageOf: (id: number) => To, transfer: readonly Transferable[] = []): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.tell(messageOf(id), transfer);
    });
  }

  tell(message: To, transfer: readonly Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  answer(id: number, answer: unknown): void {
    this.#asked.get(id)?.resolve(answer);
    this.#asked.delete(id);
  }

  refuse(id: number, error: Error): void {
    this.#asked.get(id)?.reject(error);
    this.#asked.delete(id);
  }

  /** The process does not go on for it. */
  unref(): void {
    this.#worker.unref();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const id of [...this.#asked.keys()]) this.refuse(id, this.#failure);
  }
}
