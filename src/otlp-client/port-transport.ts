/** Hands requests to another thread of this process, which answers over the same port: nothing is packed, and nothing leaves the host. */
import type { MessagePort } from 'node:worker_threads';
import { failureOf } from '../export/export-failure.ts';
import { TIMEOUT } from '../export/failure-kinds.ts';
import type { Outcome, RequestBody, Transport } from './transport.ts';

/** Of an exporter whose requests go to a thread. A port belongs to one thread: it is transferred with the settings. */
export interface PortSettings {
  readonly port: MessagePort;
}

interface PortRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  /** They are no request, but what stands beside: a `StackBatch`. */
  readonly areStacks?: boolean;
}

interface PortAnswer {
  readonly id: number;
  readonly outcome: Outcome;
}

const CLOSED: Outcome = {
  ok: false,
  failure: failureOf({ reason: 'thread_ended', isRetryable: false, remedy: '' }, 'the thread has ended'),
};
const TIMED_OUT: Outcome = { ok: false, failure: failureOf(TIMEOUT, '') };

export class PortTransport implements Transport {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #nextId = 1;
  #isClosed = false;

  constructor({ port }: PortSettings) {
    this.#port = port;
    port.on('message', ({ id, outcome }: PortAnswer) => this.#waiting.get(id)?.(outcome));
    port.on('close', () => this.#end());
    port.unref();
  }

  send({ bytes }: RequestBody, timeoutMs: number, signal: AbortSignal): Promise<Outcome> {
    return this.#ask({ bytes }, timeoutMs, signal);
  }

  /** Stacks of spans, once: what they come to as of a request. */
  sendStacks(bytes: Uint8Array, timeoutMs: number): Promise<Outcome> {
    return this.#ask({ bytes, areStacks: true }, timeoutMs);
  }

  #ask(request: Omit<PortRequest, 'id'>, timeoutMs: number, signal?: AbortSignal): Promise<Outcome> {
    if (this.#isClosed) return Promise.resolve(CLOSED);
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const done = (outcome: Outcome): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(id);
        resolve(outcome);
      };
      const abort = (): void => done(TIMED_OUT);
      const timer = setTimeout(abort, timeoutMs).unref();
      signal?.addEventListener('abort', abort);
      this.#waiting.set(id, done);
      this.#port.postMessage({ id, ...request } satisfies PortRequest);
    });
  }

  close(): void {
    this.#port.close();
    this.#end();
  }

  #end(): void {
    this.#isClosed = true;
    for (const done of [...this.#waiting.values()]) done(CLOSED);
  }
}

/** What takes what comes out of a port. */
export interface PortTaker {
  readonly request: (bytes: Uint8Array) => Promise<Outcome>;
  readonly stacks: (bytes: Uint8Array) => Promise<Outcome>;
}

/** The other end: each request gets the outcome that `take` comes to. Never keeps the thread alive. */
export function answerRequests(port: MessagePort, take: PortTaker): void {
  port.on('message', async ({ id, bytes, areStacks }: PortRequest) => {
    const outcome = await (areStacks ? take.stacks(bytes) : take.request(bytes));
    port.postMessage({ id, outcome } satisfies PortAnswer);
  });
  port.unref();
}
