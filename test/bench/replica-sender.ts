/** Sends replicas to a `goidspan serve`, as many as it takes or at a rate, and knows which it has acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Replica, Replicas } from './replicas.ts';
import type { Serve } from './serve.ts';

/** Requests that wait for their answer. */
const IN_FLIGHT = 8;
/** Of what was acknowledged last, as many are kept. */
const KEPT = 64;

export interface ReplicaNumbers {
  /** Of the first one: with the same number come the same traces again. Default 0. */
  readonly first?: number;
  /** When it begins, and how much later each next one. */
  readonly fromUs: number;
  readonly stepUs: number;
}

export class ReplicaSender {
  /** The last that were acknowledged. */
  readonly acknowledged: Replica[] = [];
  /** How many spans were, in all. */
  spans = 0;
  readonly #serve: Serve;
  readonly #replicas: Replicas;
  readonly #numbers: Required<ReplicaNumbers>;
  #sent = 0;

  constructor(serve: Serve, replicas: Replicas, { first = 0, fromUs, stepUs }: ReplicaNumbers) {
    this.#serve = serve;
    this.#replicas = replicas;
    this.#numbers = { first, fromUs, stepUs };
  }

  /** As fast as it takes them, until so many more spans are acknowledged. */
  async flood(spans: number): Promise<void> {
    const end = this.#sent + Math.ceil(spans / this.#replicas.spans);
    const lane = async (): Promise<void> => {
      while (this.#sent < end) await this.#sendNext();
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  }

  /** So many spans a second until `isOver`; the longest in ms that one waited for its answer. */
  async pace(spansPerSecond: number, isOver: () => boolean): Promise<number> {
    const everyMs = (this.#replicas.spans * 1_000) / spansPerSecond;
    const began = performance.now();
    const sent: Promise<void>[] = [];
    let longestMs = 0;
    let isRefused = false;
    while (!isOver() && !isRefused) {
      const dueMs = began + sent.length * everyMs;
      await sleep(Math.max(0, dueMs - performance.now()));
      const sentAt = performance.now();
      const answered = this.#sendNext().then(() => {
        longestMs = Math.max(longestMs, performance.now() - sentAt);
      });
      answered.catch(() => {
        isRefused = true;
      });
      sent.push(answered);
    }
    await Promise.all(sent);
    return longestMs;
  }

  async #sendNext(): Promise<void> {
    const { first, fromUs, stepUs } = this.#numbers;
    const at = this.#sent++;
    const replica = this.#replicas.make(first + at, fromUs + at * stepUs);
    await this.#serve.send(replica.bytes);
    this.spans += this.#replicas.spans;
    this.acknowledged.push(replica);
    if (this.acknowledged.length > KEPT) this.acknowledged.shift();
  }
}
