/** The writing thread: what has come by the time that it can write goes into one transaction, and is answered after it. */
import { Worker } from 'node:worker_threads';
import { workerPath } from '../worker-path.ts';
import { sentError } from './sent-error.ts';
import type { FromSealer, FromWriter, StoreSettings, StoreThread, ToWriter } from './store-protocol.ts';
import { THREAD_LIMITS } from './thread-client.ts';
import { type SealOutcome, Writer } from './writer.ts';

/** A transaction takes no more, so that the first of it does not wait for long. */
const TRANSACTION_BYTES = 4 << 20;
/** How often the log goes to the disk, and old segments away. */
const MAINTAIN_MS = 1_000;

interface Waiting {
  readonly id: number;
  readonly request: Uint8Array;
}

export class WriteThread {
  readonly #writer: Writer;
  readonly #post: (message: FromWriter) => void;
  readonly #timer: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #isDue = false;
  #sealer: Worker | undefined;

  /** @throws {GoidspanError} what opening a `Writer` throws. */
  constructor({ folder, limits, segmentLimits }: StoreSettings, post: (message: FromWriter) => void) {
    this.#writer = new Writer(folder, limits, segmentLimits);
    this.#post = post;
    this.#timer = setInterval(() => this.#maintain(), MAINTAIN_MS);
    this.#maintain();
  }

  receive(message: ToWriter): void {
    if (message.kind === 'close') {
      this.#close();
      return;
    }
    if (message.kind === 'stacks') {
      this.#keepStacks(message.id, message.batch);
      return;
    }
    this.#waiting.push(message);
    this.#bytes += message.request.length;
    if (this.#bytes >= TRANSACTION_BYTES) this.#commit();
    else this.#commitSoon();
  }

  #keepStacks(id: number, batch: Uint8Array): void {
    try {
      this.#writer.appendStacks(batch);
      this.#post({ kind: 'appended', results: [[id, { stored: 0, rejected: 0 }]] });
    } catch (error) {
      this.#post({ kind: 'refused', ids: [id], error: sentError(error) });
    }
    if (this.#writer.hasNewToSeal) this.#sealNext();
  }

  /** After the messages that are here already. */
  #commitSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#commit();
    });
  }

  #commit(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    try {
      const results = this.#writer.append(waiting.map(({ request }) => request));
      this.#post({
        kind: 'appended',
        results: results.map((result, index) => [(waiting[index] as Waiting).id, result]),
      });
    } catch (error) {
      this.#post({ kind: 'refused', ids: waiting.map(({ id }) => id), error: sentError(error) });
    }
    if (this.#writer.hasNewToSeal) this.#sealNext();
  }

  #maintain(): void {
    try {
      this.#writer.maintain();
    } catch {
      // The disk is full: whoever appends next is told.
    }
    this.#sealNext();
  }

  /** One at a time, in a thread of its own, which takes its memory along when it ends. */
  #sealNext(): void {
    const file = this.#writer.nextToSeal();
    if (file === undefined) return;
    const sealer = new Worker(workerPath('store/store-worker'), {
      workerData: { role: 'seal', file } satisfies StoreThread,
      name: 'goidspan-seal',
      resourceLimits: THREAD_LIMITS,
    });
    this.#sealer = sealer;
    let outcome: SealOutcome = 'failed';
    sealer.on('message', (message: FromSealer) => {
      if (message.kind === 'opened') this.#writer.opened(file.number);
      else outcome = message.outcome;
    });
    // Then it has said nothing, and has failed.
    sealer.on('error', () => {});
    sealer.on('exit', () => {
      if (this.#sealer !== sealer) return;
      this.#sealer = undefined;
      this.#writer.sealed(outcome);
      // Where the disk is full, when it is looked after next.
      if (outcome !== 'disk_full') this.#sealNext();
    });
  }

  #close(): void {
    clearInterval(this.#timer);
    this.#commit();
    const sealer = this.#sealer;
    this.#sealer = undefined;
    // What it has not finished is sealed when the store is opened again.
    void sealer?.terminate();
    try {
      this.#writer.close();
    } catch {
      // The disk is full: all that was answered is there.
    }
  }
}
