/** All requests without an outcome, bounded by bytes. Owns their sums; when something happens to them, others decide. */
import type { EncodedRequest } from '../otlp/trace-request.ts';
import { QueuedRequest } from './queued-request.ts';
import { WaitingLine } from './waiting-line.ts';

export class RequestQueue {
  readonly #bytesMax: number;
  readonly #open = new Set<QueuedRequest>();
  readonly #line = new WaitingLine();
  #sequence = 0;
  #spans = 0;
  #bytes = 0;
  #bytesHighWater = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Of the request that was added last. */
  get lastSequence(): number {
    return this.#sequence;
  }

  /** Waiting and under way, as are `spans` and `bytes`. */
  get requests(): number {
    return this.#open.size;
  }

  get spans(): number {
    return this.#spans;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The most that `bytes` has ever been. */
  get bytesHighWater(): number {
    return this.#bytesHighWater;
  }

  get waiting(): number {
    return this.#line.length;
  }

  /** The oldest that waits. */
  get oldest(): QueuedRequest | undefined {
    return this.#line.oldest;
  }

  /** Undefined when there is no room. */
  add(encoded: EncodedRequest, expiresAt: number): QueuedRequest | undefined {
    if (this.#bytes + encoded.bytes.byteLength > this.#bytesMax) return undefined;
    const onResize = (resized: QueuedRequest, byBytes: number): void => {
      if (this.#open.has(resized)) this.#bytes += byBytes;
    };
    const request = new QueuedRequest(encoded, { sequence: ++this.#sequence, expiresAt, onResize });
    this.#open.add(request);
    this.#line.join(request);
    this.#spans += request.spans;
    this.#bytes += request.byteLength;
    this.#bytesHighWater = Math.max(this.#bytesHighWater, this.#bytes);
    return request;
  }

  /** The oldest that waits is from now on under way. */
  take(): QueuedRequest | undefined {
    return this.#line.take();
  }

  /** It was under way and waits again. */
  giveBack(request: QueuedRequest): void {
    this.#line.rejoin(request);
  }

  /** It was taken and has an outcome. */
  remove(request: QueuedRequest): void {
    if (!this.#open.delete(request)) return;
    this.#spans -= request.spans;
    this.#bytes -= request.byteLength;
  }

  /** Whether it has no outcome yet. */
  has(request: QueuedRequest): boolean {
    return this.#open.has(request);
  }

  /** The oldest that waits and that nobody has begun to compress. */
  nextAsEncoded(): QueuedRequest | undefined {
    return this.#line.nextAsEncoded();
  }

  /** Empties the line; returns all without an outcome, also those under way. */
  takeAll(): QueuedRequest[] {
    while (this.#line.take());
    return [...this.#open];
  }
}
