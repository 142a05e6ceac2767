/** The writing thread: what has come by the time that it can write goes into one transaction, and is answered after it. */
import { type MessagePort, Worker } from 'node:worker_threads';
import { answerRequests } from '../otlp-client/port-transport.ts';
import type { Outcome } from '../otlp-client/transport.ts';
import type { StoreResult } from '../page-api/span-store.ts';
import { workerPath } from '../worker-path.ts';
import { failedOutcome, outcomeOf } from './export-outcome.ts';
import { hitsIn } from './hits-in.ts';
import { sentError } from './sent-error.ts';
import type { FromSealer, FromWriter, StoreSettings, StoreThread, ToWriter } from './store-protocol.ts';
import { THREAD_LIMITS } from './thread-client.ts';
import { type SealOutcome, Writer } from './writer.ts';

/** A transaction takes no more, so that the first of it does not wait for long. */
const TRANSACTION_BYTES = 4 << 20;
/** How often the log goes to the disk, and old segments away. */
const MAINTAIN_MS = 1_000;

interface Waiting {
  readonly request: Uint8Array;
  readonly done: (result: StoreResult) => void;
  readonly failed: (error: unknown) => void;
}

export class WriteThread {
  readonly #writer: Writer;
  readonly #keepsSpans: boolean;
  readonly #post: (message: FromWriter) => void;
  readonly #timer: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  /** Of the owner's requests, until they are told. */
  readonly #results: (readonly [id: number, result: StoreResult])[] = [];
  #bytes = 0;
  #isDue = false;
  #sealer: Worker | undefined;
  #room: number | undefined;

  /** @throws {GoidspanError} what opening a `Writer` throws. */
  constructor(
    { folder, limits, segmentLimits, keepsSpans }: StoreSettings,
    post: (message: FromWriter) => void,
  ) {
    this.#keepsSpans = keepsSpans;
    this.#writer = new Writer(folder, limits, segmentLimits);
    this.#post = post;
    this.#timer = setInterval(() => this.#maintain(), MAINTAIN_MS);
    this.#maintain();
  }

  receive(message: ToWriter): void {
    switch (message.kind) {
      case 'append': {
        const { id, request } = message;
        this.#take({
          request,
          done: (result) => this.#results.push([id, result]),
          failed: (error) => this.#post({ kind: 'refused', ids: [id], error: sentError(error) }),
        });
        return;
      }
      case 'port':
        this.#answer(message.port);
        return;
      case 'follow':
        this.#room = message.room;
        return;
      case 'close':
        this.#close();
    }
  }

  /** Whoever exports over it bounds what is under way. */
  #answer(port: MessagePort): void {
    answerRequests(port, {
      request: (request) =>
        new Promise((resolve) => {
          const done = (result: StoreResult): void => resolve(outcomeOf(result));
          this.#take({ request, done, failed: (error) => resolve(failedOutcome(error)) });
        }),
      stacks: async (batch) => this.#keepStacks(batch),
    });
  }

  #take(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#bytes += waiting.request.length;
    if (this.#bytes >= TRANSACTION_BYTES) this.#commit();
    else this.#commitSoon();
  }

  #keepStacks(batch: Uint8Array): Outcome {
    try {
      this.#writer.appendStacks(batch);
      return outcomeOf({ stored: 0, rejected: 0 });
    } catch (error) {
      return failedOutcome(error);
    } finally {
      if (this.#writer.hasNewToSeal) this.#sealNext();
    }
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
    const results = this.#written(waiting);
    for (const [index, result] of results.entries()) waiting[index]?.done(result);
    this.#tell(waiting, results);
    if (this.#results.length > 0) this.#post({ kind: 'appended', results: this.#results.splice(0) });
    if (this.#writer.hasNewToSeal) this.#sealNext();
  }

  /** Of each; of none where nothing could be written, as each has been told then. */
  #written(waiting: readonly Waiting[]): readonly StoreResult[] {
    try {
      return this.#writer.append(waiting.map(({ request }) => request));
    } catch (error) {
      for (const { failed } of waiting) failed(error);
      return [];
    }
  }

  /** Who follows hears of what is kept now. */
  #tell(waiting: readonly Waiting[], results: readonly StoreResult[]): void {
    for (const [index, { stored }] of results.entries()) {
      if (this.#room === undefined) return;
      const { request } = waiting[index] as Waiting;
      const kept = this.#room > 0 ? hitsIn(request, this.#room) : { hits: [], of: stored };
      this.#room -= kept.hits.length;
      this.#post({ kind: 'kept', kept });
    }
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
      workerData: { role: 'seal', file, keepsSpans: this.#keepsSpans } satisfies StoreThread,
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
