/**
 * Our OTLP exporter: spans and facts are encoded as they come, cut into requests, and delivered. Owns the counting at
 * the door; when to send is the batcher's, how often to try the delivery's.
 */
import { TraceFlags } from '@opentelemetry/api';
import type { SpanFact } from '../correlate/fact.ts';
import { ExportCounts, type ExportCountsSnapshot } from '../export/export-counts.ts';
import type { FactSink, SpanSink, TakesStacks } from '../export/span-sink.ts';
import type { LastFact } from '../otlp/last-fact.ts';
import type { ReadableSpan } from '../span/readable-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import { Delivery, type DeliveryState } from './delivery.ts';
import { DRAIN_DEADLINE_MS } from './delivery-settings.ts';
import type { OtlpSinkHooks, OtlpSinkSettings } from './otlp-sink-settings.ts';
import { RequestBatcher } from './request-batcher.ts';
import type { StackOutlet } from './stack-outlet.ts';
import type { Transport } from './transport.ts';

export interface OtlpSinkOptions extends Omit<OtlpSinkSettings, 'otlp'>, OtlpSinkHooks {
  readonly transport: Transport;
  /** Where others get the same facts. */
  readonly lastFact?: LastFact | undefined;
  /** Where stacks of its spans go; default: nowhere. */
  readonly stacks?: StackOutlet | undefined;
}

export class OtlpSink implements SpanSink, FactSink, TakesStacks {
  readonly name: string;
  readonly stacks: StackOutlet | undefined;
  readonly #maxQueueSize: number;
  readonly #counts = new ExportCounts();
  readonly #onEvent: OtlpSinkHooks['onEvent'];
  readonly #batcher: RequestBatcher;
  readonly #delivery: Delivery;
  #closing: Promise<void> | undefined;

  constructor(options: OtlpSinkOptions) {
    const { name, transport, stacks, delivery, onFailure, onEvent, maxQueueSize, ...batch } = options;
    this.name = name;
    this.stacks = stacks;
    this.#maxQueueSize = maxQueueSize;
    this.#onEvent = onEvent;
    this.#delivery = new Delivery(transport, delivery, { counts: this.#counts, onEvent, onFailure });
    this.#batcher = new RequestBatcher({
      ...batch,
      send: (request) => void this.#delivery.push(request),
      lose: (reason) => this.#lose(reason),
    });
  }

  /** Never throws; what is refused is counted. */
  onEnd(span: ReadableSpan): void {
    if (this.#admits(traceFlagsOf(span))) this.#batcher.addSpan(span);
  }

  /** The same for a fact, without the `ReadableSpan` between. */
  onFact(fact: SpanFact, source: SpanSource): void {
    if (this.#admits(fact.traceFlags)) this.#batcher.addFact(fact, source);
  }

  /** Resolves when all that was handed over has an outcome, or after five seconds; the rest stays queued. Never rejects. */
  async forceFlush(deadlineMs = DRAIN_DEADLINE_MS): Promise<void> {
    const endsAt = performance.now() + deadlineMs;
    await Promise.all([this.#batcher.flush(deadlineMs), this.stacks?.flush(deadlineMs)]);
    await this.#delivery.flush(Math.max(0, endsAt - performance.now()));
  }

  /** Drains until the deadline (five seconds from now), then gives up and counts. Idempotent; never rejects. */
  shutdown(deadlineMs = DRAIN_DEADLINE_MS): Promise<void> {
    this.#closing ??= this.#shutdown(deadlineMs);
    return this.#closing;
  }

  counts(): ExportCountsSnapshot {
    return this.#counts.snapshot();
  }

  /** Of what waits and is under way. */
  get queue(): DeliveryState {
    const state = this.#delivery.state;
    return {
      ...state,
      spans: state.spans + this.#batcher.spans,
      bytes: state.bytes + this.#batcher.bytes,
    };
  }

  #admits(traceFlags: number): boolean {
    this.#counts.handed++;
    if ((traceFlags & TraceFlags.SAMPLED) === 0) {
      // As it was decided, so nobody is told.
      this.#counts.lose('not_sampled', 1);
      return false;
    }
    const isOver = this.#maxQueueSize < Number.POSITIVE_INFINITY && this.queue.spans >= this.#maxQueueSize;
    const reason = this.#closing ? 'closed' : isOver ? 'queue_full' : undefined;
    if (reason !== undefined) this.#lose(reason);
    return reason === undefined;
  }

  #lose(reason: string): void {
    this.#counts.lose(reason, 1);
    this.#onEvent({ kind: 'lost', reason, spans: 1 });
  }

  async #shutdown(deadlineMs: number): Promise<void> {
    const endsAt = performance.now() + deadlineMs;
    await Promise.all([this.#batcher.flush(deadlineMs), this.stacks?.flush(deadlineMs)]);
    await this.#delivery.shutdown(Math.max(0, endsAt - performance.now()));
  }
}

/** Something that is no span is sampled until its encoding shows what it is. */
function traceFlagsOf(span: ReadableSpan): number {
  try {
    return span.spanContext().traceFlags;
  } catch {
    return TraceFlags.SAMPLED;
  }
}
