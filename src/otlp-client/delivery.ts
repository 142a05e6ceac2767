/**
 * Delivers encoded requests to one collector: several at once while it is well, one at a time after a pause while it is
 * not, and nothing lost without a count. Owns when what happens; the bytes are in the queue, the sockets in the transport.
 */
import { setMaxListeners } from 'node:events';
import type { EncodedRequest } from '../otlp/trace-request.ts';
import { type Attempt, attempt } from './attempt.ts';
import { BackOff, type Urgency } from './back-off.ts';
import { type Codec, codecFor } from './codec.ts';
import { type DeliveryHooks, DeliveryLog } from './delivery-log.ts';
import type { DeliverySettings } from './delivery-settings.ts';
import { Drain, type Drained, timerMs } from './drain.ts';
import type { Fate, QueuedRequest } from './queued-request.ts';
import { RequestQueue } from './request-queue.ts';
import type { Transport } from './transport.ts';

/** Of requests without an outcome: waiting and under way. */
export interface DeliveryState {
  readonly requests: number;
  readonly spans: number;
  /** Of those, the ones that have been tried: they are under way, or wait to be tried again. */
  readonly triedSpans: number;
  readonly bytes: number;
  /** The most that `bytes` has ever been. */
  readonly bytesHighWater: number;
  readonly inFlight: number;
  /** Whether the last answer that counts was that the collector cannot be reached, or not now. */
  readonly isAway: boolean;
}

/** Before the first request. */
export const NO_REQUESTS: DeliveryState = {
  requests: 0,
  spans: 0,
  triedSpans: 0,
  bytes: 0,
  bytesHighWater: 0,
  inFlight: 0,
  isAway: false,
};

/** Half of libuv's four threads: the others look up names and read files. */
const COMPRESSING_MAX = 2;
/** Of the bound: a collector that is slow, or has not answered at all yet, is taken for away at this much. */
const CROWDED_SHARE = 0.25;

export class Delivery {
  readonly #transport: Transport;
  readonly #settings: DeliverySettings;
  readonly #codec: Codec;
  readonly #log: DeliveryLog;
  readonly #queue: RequestQueue;
  readonly #backOff: BackOff;
  readonly #drains = new Set<Drain>();
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #inFlight = 0;
  #triedSpans = 0;
  #compressing = 0;
  #closing: Promise<void> | undefined;

  constructor(
    transport: Transport,
    settings: DeliverySettings,
    hooks: DeliveryHooks,
    codec: Codec = codecFor(settings.compression, settings.queueBytesMax),
  ) {
    this.#transport = transport;
    this.#settings = settings;
    this.#codec = codec;
    this.#log = new DeliveryLog(hooks);
    this.#queue = new RequestQueue(settings.queueBytesMax);
    this.#backOff = new BackOff(settings.ageMsMax);
    setMaxListeners(settings.inFlightMax + 1, this.#end.signal);
  }

  get state(): DeliveryState {
    const { requests, spans, bytes, bytesHighWater } = this.#queue;
    return {
      requests,
      spans,
      triedSpans: this.#triedSpans,
      bytes,
      bytesHighWater,
      inFlight: this.#inFlight,
      isAway: this.#backOff.isAway,
    };
  }

  /**
   * Takes a request, or loses it at once as `queue_full` or, after a shutdown, `closed`. Resolves when it has an outcome.
   * Never throws and never rejects.
   */
  push(encoded: EncodedRequest): Promise<Fate> {
    const expiresAt = performance.now() + this.#settings.ageMsMax;
    const request = this.#closing ? undefined : this.#queue.add(encoded, expiresAt);
    if (request) {
      this.#advance();
      return request.fate;
    }
    const reason = this.#closing ? 'closed' : 'queue_full';
    this.#log.lost(reason, encoded.spans);
    return Promise.resolve({ ok: false, reason });
  }

  /**
   * Resolves when all that is here now has an outcome, or at the deadline; what is left then stays queued. Never rejects.
   */
  async flush(deadlineMs: number): Promise<Drained> {
    const drain = new Drain(this.#queue, deadlineMs);
    this.#drains.add(drain);
    this.#advance();
    const drained = await drain.done;
    this.#drains.delete(drain);
    return drained;
  }

  /**
   * Sends what is here until the deadline; what is left then is lost by the reason of its last failure, or as `deadline`
   * when it has none. Closes the transport. Idempotent; never rejects.
   */
  shutdown(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#shutdown(deadlineMs);
    return this.#closing;
  }

  async #shutdown(deadlineMs: number): Promise<void> {
    // The caller sets `#closing` first.
    await undefined;
    await this.flush(deadlineMs);
    for (const request of this.#queue.takeAll()) {
      this.#lose(request, request.lastFailure?.reason ?? 'deadline');
    }
    clearTimeout(this.#timer);
    this.#end.abort();
    try {
      this.#transport.close();
    } catch {
      // There is nothing left that it could lose.
    }
  }

  /** Does all that is due, and sees to it that it is called when more is. */
  #advance(): void {
    const now = performance.now();
    this.#expire(now);
    while (this.#maySend(now)) {
      const request = this.#queue.take();
      if (request) void this.#send(request);
    }
    this.#compressWaiting();
    const dueInMs = this.#dueAt() - now;
    if (dueInMs < Infinity) this.#advanceIn(dueInMs);
    else clearTimeout(this.#timer);
  }

  #advanceIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#advance(), timerMs(ms)).unref();
  }

  #expire(now: number): void {
    while ((this.#queue.oldest?.expiresAt ?? Infinity) <= now) {
      const request = this.#queue.take();
      if (request) this.#lose(request, 'expired');
    }
  }

  #maySend(now: number): boolean {
    if (this.#queue.waiting === 0) return false;
    if (!this.#backOff.isAway) return this.#inFlight < this.#settings.inFlightMax;
    return this.#inFlight === 0 && now >= this.#backOff.readyAt(this.#urgency);
  }

  #dueAt(): number {
    const expiresAt = this.#queue.oldest?.expiresAt ?? Infinity;
    // While something is under way, its outcome is what is waited for.
    const isPausing = this.#backOff.isAway && this.#inFlight === 0 && this.#queue.waiting > 0;
    return isPausing ? Math.min(expiresAt, this.#backOff.readyAt(this.#urgency)) : expiresAt;
  }

  get #urgency(): Urgency {
    if (this.#closing) return 'shutdown';
    return this.#drains.size > 0 ? 'flush' : 'none';
  }

  async #send(request: QueuedRequest): Promise<void> {
    const isProbe = this.#backOff.isAway;
    this.#inFlight++;
    if (request.firstTriedAt === undefined) {
      request.firstTriedAt = performance.now();
      this.#triedSpans += request.spans;
    }
    const tried = await attempt(request, this.#transport, this.#codec, this.#settings, this.#end.signal);
    this.#inFlight--;
    // Unless it was given up meanwhile.
    if (this.#queue.has(request)) this.#conclude(request, tried, isProbe);
    this.#advance();
  }

  #conclude(request: QueuedRequest, tried: Attempt, isProbe: boolean): void {
    const { outcome } = tried;
    // An answer to what was sent before the failure says nothing about now.
    if (isProbe && (outcome.ok || !outcome.failure.isRetryable)) this.#backOff.answered();
    if (outcome.ok) {
      const { spans } = request;
      const rejected = Math.max(0, Math.min(Math.trunc(outcome.rejectedItems) || 0, spans));
      this.#decide(request, { ok: true, rejected });
      this.#log.sent(spans, rejected, outcome.message, { ...tried, operationMs: operationMs(request) ?? 0 });
      return;
    }
    const now = performance.now();
    const { failure, retryAfterMs } = outcome;
    request.lastFailure = failure;
    if (!failure.isRetryable) {
      this.#log.failed(failure, false, tried);
      this.#lose(request, failure.reason);
      return;
    }
    // Those that were under way together fail together: that is one failure.
    if (isProbe || !this.#backOff.isAway) this.#backOff.failed(now, retryAfterMs);
    else this.#backOff.asked(now, retryAfterMs);
    this.#queue.giveBack(request);
    this.#log.failed(failure, request.expiresAt > now, tried);
  }

  #lose(request: QueuedRequest, reason: string): void {
    const failure = request.lastFailure;
    this.#decide(request, { ok: false, reason, ...(failure && { failure }) });
    this.#log.lost(reason, request.spans, operationMs(request));
  }

  /** Before the hooks are told, since they may call what looks at the queue. */
  #decide(request: QueuedRequest, fate: Fate): void {
    this.#queue.remove(request);
    if (request.firstTriedAt !== undefined) this.#triedSpans -= request.spans;
    request.decide(fate);
    for (const drain of this.#drains) drain.decided(request);
  }

  /** Makes room while requests have to wait. */
  #compressWaiting(): void {
    const isCrowded = this.#queue.bytes > this.#settings.queueBytesMax * CROWDED_SHARE;
    if (this.#compressing > 0 || (!isCrowded && !this.#backOff.isAway)) return;
    while (this.#compressing < COMPRESSING_MAX) {
      const request = this.#queue.nextAsEncoded();
      if (!request) return;
      this.#compressing++;
      void request.compress(this.#codec).then(() => {
        // The next ones when all are through, and by the timer: zlib keeps the process alive, but the timer is unref'd.
        if (--this.#compressing === 0) this.#advanceIn(0);
      });
    }
  }
}

/** From the beginning of the first try until now; undefined when there was none. */
function operationMs({ firstTriedAt }: QueuedRequest): number | undefined {
  return firstTriedAt === undefined ? undefined : performance.now() - firstTriedAt;
}
