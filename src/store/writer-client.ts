/** The owner's end of the writing thread: bounds what waits for it. */
import { GoidspanError } from '../errors.ts';
import type { StoreResult } from '../page-api/span-store.ts';
import { receivedError } from './sent-error.ts';
import type { StoreSettings, ToWriter } from './store-protocol.ts';
import { ThreadClient } from './thread-client.ts';

export class WriterClient {
  readonly #client: ThreadClient<ToWriter>;
  readonly #maxQueuedBytes: number;
  #queuedBytes = 0;

  private constructor(settings: StoreSettings, maxQueuedBytes: number) {
    this.#client = new ThreadClient({ role: 'write', ...settings }, 'goidspan-store');
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
    return (await this.#send(request, (id, copy) => ({ kind: 'append', id, request: copy }))) as StoreResult;
  }

  async appendStacks(batch: Uint8Array): Promise<void> {
    await this.#send(batch, (id, copy) => ({ kind: 'stacks', id, batch: copy }));
  }

  async #send(
    given: Uint8Array,
    messageOf: (id: number, copy: Uint8Array<ArrayBuffer>) => ToWriter,
  ): Promise<unknown> {
    const bytes = given.length;
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
      const copy = new Uint8Array(given);
      return await this.#client.ask((id) => messageOf(id, copy), [copy.buffer]);
    } finally {
      this.#queuedBytes -= bytes;
    }
  }

  async close(): Promise<void> {
    this.#client.tell({ kind: 'close' });
    await this.#client.ended;
  }
}
