/**
 * Encodes spans as they come and cuts requests off: when one has spans enough, is large enough, or its first span has
 * waited long enough. Owns the request that is being filled; what is cut off belongs to whoever takes it.
 */
import type { SpanFact } from '../correlate/fact.ts';
import type { LastFact } from '../otlp/last-fact.ts';
import type { SpanLimits } from '../otlp/limits.ts';
import { type EncodedRequest, TraceRequestBuilder } from '../otlp/trace-request.ts';
import type { ReadableSpan, Resource } from '../span/readable-span.ts';
import type { SpanSource } from '../span/span-source.ts';

export interface RequestBatcherOptions {
  readonly limits: SpanLimits;
  /** Where others get the same facts. */
  readonly lastFact?: LastFact | undefined;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly send: (request: EncodedRequest) => void;
  /** A span could not be sent: `not_a_span` or `too_large`. */
  readonly lose: (reason: string) => void;
}

/** Receivers refuse more than 4 MiB by default; the rest is for resources and scopes. */
const REQUEST_BYTES_MAX = 3.5 * 2 ** 20;

/** What a span is cut to that would not fit into a request alone. */
const TIGHT_LIMITS: SpanLimits = {
  attributeCount: 128,
  attributeValueLength: 4_096,
  eventCount: 128,
  linkCount: 128,
  attributePerEventCount: 16,
  attributePerLinkCount: 16,
};

/** A resource that is never detected must not hold its spans for ever. */
const RESOURCE_DEADLINE_MS = 5_000;

export class RequestBatcher {
  readonly #options: RequestBatcherOptions;
  readonly #request: TraceRequestBuilder;
  #timer: NodeJS.Timeout | undefined;
  #resources: Promise<void> | undefined;

  constructor(options: RequestBatcherOptions) {
    this.#options = options;
    this.#request = new TraceRequestBuilder(options.limits, options.lastFact);
  }

  /** Spans in the request that is being filled. */
  get spans(): number {
    return this.#request.spans;
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#request.bytes;
  }

  /** Never throws. */
  addSpan(span: ReadableSpan): void {
    let bytes: number;
    try {
      bytes = this.#request.addSpan(span);
    } catch {
      this.#options.lose('not_a_span');
      return;
    }
    if (this.#request.bytes <= REQUEST_BYTES_MAX) this.#advance();
    else this.#makeRoomFor(span, bytes);
  }

  addFact(fact: SpanFact, source: SpanSource): void {
    // A fact is two kilobytes at most: never too much alone.
    this.#request.addFact(fact, source);
    if (this.#request.bytes <= REQUEST_BYTES_MAX) this.#advance();
    else this.#cut();
  }

  /**
   * Cuts off what there is; resolves when it has been handed on, which waits for a resource that is being detected, to the
   * deadline at most.
   */
  async flush(deadlineMs: number): Promise<void> {
    if (this.#request.spans > 0) this.#cutWhenReady();
    if (this.#resources === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([this.#resources, deadline]);
    clearTimeout(timer);
    if (this.#request.spans > 0) this.#cut();
  }

  #advance(): void {
    const { maxExportBatchSize, scheduledDelayMillis } = this.#options;
    if (this.#request.spans >= maxExportBatchSize) this.#cutWhenReady();
    else this.#timer ??= setTimeout(() => this.#cutWhenReady(), scheduledDelayMillis).unref();
  }

  /** The span has made the request too large: it goes into the next one, or is cut if it is too large alone. */
  #makeRoomFor(span: ReadableSpan, bytes: number): void {
    const { resource, instrumentationScope } = span;
    this.#request.removeLast(resource, instrumentationScope, bytes);
    if (this.#request.spans > 0) this.#cut();
    if (bytes <= REQUEST_BYTES_MAX) {
      this.#request.addSpan(span);
    } else {
      const cutBytes = this.#request.addSpan(span, TIGHT_LIMITS);
      if (cutBytes > REQUEST_BYTES_MAX) {
        this.#request.removeLast(resource, instrumentationScope, cutBytes);
        this.#options.lose('too_large');
        return;
      }
    }
    this.#advance();
  }

  /** Spans of a resource that is still being detected wait for it, as long as they have room. */
  #cutWhenReady(): void {
    const pending = this.#request.resources.filter((resource) => resource.asyncAttributesPending);
    if (pending.length === 0) {
      this.#cut();
      return;
    }
    this.#resources ??= detected(pending).then(() => {
      this.#resources = undefined;
      if (this.#request.spans > 0) this.#cut();
    });
  }

  #cut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.send(this.#request.take());
  }
}

/** Resolves when the resources are complete, have failed, or have taken too long. */
async function detected(resources: readonly Resource[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, RESOURCE_DEADLINE_MS).unref();
  });
  const all = resources.map(async (resource) => resource.waitForAsyncAttributes?.());
  await Promise.race([Promise.allSettled(all), deadline]);
  clearTimeout(timer);
}
