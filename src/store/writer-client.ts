/** The owner's end of the writing thread: bounds what waits for it. */
import type { MessagePort } from 'node:worker_threads';
import { GoidspanError } from '../errors.ts';
import type { StoreResult } from '../page-api/span-store.ts';
import type { HitsIn } from './hits-in.ts';
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

  static async start(
    settings: StoreSettings,
    maxQueuedBytes: number,
    onKept: (kept: HitsIn) => void,
  ): Promise<WriterClient> {
    const writer = new WriterClient(settings, maxQueuedBytes);
    await writer.#client.start((message) => {
      if (message.kind === 'appended')
        for (const [id, result] of message.results) writer.#client.answer(id, result);
      else if (message.kind === 'refused')
        for (const id of message.ids) writer.#client.refuse(id, receivedError(message.error));
      else if (message.kind === 'kept') onKept(message.kept);
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

  answer(port: MessagePort): void {
    this.#client.tell({ kind: 'port', port }, [port]);
  }

  unref(): void {
    this.#client.unref();
  }

  follow(room: number | undefined): void {
    this.#client.tell({ kind: 'follow', room });
  }

  async close(): Promise<void> {
    this.#client.tell({ kind: 'close' });
    await this.#client.ended;
  }
}
