/** The order of requests that wait: oldest first, also after they were under way and came back. Owns no sums. */
import type { QueuedRequest } from './queued-request.ts';

/** So many gone ones at the front are worth moving the rest. */
const GONE_MAX = 1_024;

export class WaitingLine {
  /** Came back: older than all that have not been under way. No more than may be under way at once, in order. */
  readonly #returned: QueuedRequest[] = [];
  /** Have not been under way; before `#front` they are gone. */
  #fresh: (QueuedRequest | undefined)[] = [];
  #front = 0;
  /** Before it, all have been handed out for compression. */
  #frontAsEncoded = 0;

  get length(): number {
    return this.#returned.length + this.#fresh.length - this.#front;
  }

  get oldest(): QueuedRequest | undefined {
    return this.#returned[0] ?? this.#fresh[this.#front];
  }

  join(request: QueuedRequest): void {
    this.#fresh.push(request);
  }

  rejoin(request: QueuedRequest): void {
    const index = this.#returned.findIndex(({ sequence }) => sequence > request.sequence);
    this.#returned.splice(index < 0 ? this.#returned.length : index, 0, request);
  }

  /** The oldest one, which no longer waits. */
  take(): QueuedRequest | undefined {
    const returned = this.#returned.shift();
    if (returned) return returned;
    const request = this.#fresh[this.#front];
    if (!request) return undefined;
    this.#fresh[this.#front++] = undefined;
    if (this.#front >= GONE_MAX && this.#front * 2 >= this.#fresh.length) {
      this.#fresh = this.#fresh.slice(this.#front);
      this.#frontAsEncoded -= this.#front;
      this.#front = 0;
    }
    return request;
  }

  /** The oldest one that nobody has begun to compress; it goes on waiting. Each fresh one is handed out once. */
  nextAsEncoded(): QueuedRequest | undefined {
    const returned = this.#returned.find((request) => request.isAsEncoded);
    if (returned) return returned;
    this.#frontAsEncoded = Math.max(this.#frontAsEncoded, this.#front);
    while (this.#frontAsEncoded < this.#fresh.length) {
      const request = this.#fresh[this.#frontAsEncoded++];
      if (request?.isAsEncoded) return request;
    }
    return undefined;
  }
}
