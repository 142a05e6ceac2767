/**
 * Where stacks of spans leave for a store of this process: gathered for as long as its requests are, and sent once. Bounded; what gets
 * lost is counted, and told with the next.
 */

import type { SpanStacks, StackSink } from '../span/span-stacks.ts';
import { StackBatchBuilder } from '../span/stack-batch.ts';
import type { PortTransport } from './port-transport.ts';

/** One batch; a part of the store is one. */
const BATCH_BYTES = 256 << 10;
/** Of what has been sent and has no answer yet. */
const SENT_BYTES_MAX = 8 << 20;
const TIMEOUT_MS = 30_000;

export class StackOutlet implements StackSink {
  readonly #transport: Pick<PortTransport, 'sendStacks'>;
  readonly #delayMs: number;
  readonly #batch = new StackBatchBuilder();
  readonly #sent = new Set<Promise<void>>();
  #sentBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `delayMs`: what is handed over leaves after it. */
  constructor(transport: Pick<PortTransport, 'sendStacks'>, delayMs: number) {
    this.#transport = transport;
    this.#delayMs = delayMs;
  }

  onStacks(stacks: SpanStacks): void {
    this.#batch.add(stacks);
    if (this.#batch.bytes >= BATCH_BYTES) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), this.#delayMs).unref();
  }

  /** Resolves when all that was handed over has an outcome, or after that time. Never rejects. */
  async flush(deadlineMs: number): Promise<void> {
    if (!this.#batch.isEmpty) this.#send();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([Promise.all(this.#sent), deadline]);
    clearTimeout(timer);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { count, lost } = this.#batch;
    const bytes = this.#batch.take();
    if (this.#sentBytes + bytes.length > SENT_BYTES_MAX) {
      this.#lose('queue_full', count, lost);
      return;
    }
    this.#sentBytes += bytes.length;
    const sent = this.#transport.sendStacks(bytes, TIMEOUT_MS).then((outcome) => {
      this.#sentBytes -= bytes.length;
      this.#sent.delete(sent);
      if (!outcome.ok) this.#lose(outcome.failure.reason, count, lost);
    });
    this.#sent.add(sent);
  }

  /** `before`: what would have been told with it. */
  #lose(reason: string, count: number, before: Readonly<Record<string, number>>): void {
    for (const [known, of] of Object.entries(before)) this.#batch.lose(known, of);
    this.#batch.lose(reason, count);
  }
}
