/** What is known of spans that are still open, until they end. Bounded. */
import type { SpanIdWords } from '../correlate/fact.ts';
import { spanKey } from './span-key.ts';

export interface HeldLimits {
  /** For all spans; of more the oldest spans are given up. */
  readonly all: number;
  /** For one span; of more the last are not taken. */
  readonly ofOne: number;
}

interface Held<T> {
  readonly spanId: SpanIdWords;
  readonly items: T[];
  /** So many of them no span has used yet. */
  unused: number;
}

export class HeldBySpan<T> {
  readonly #bySpan = new Map<number, Held<T>>();
  readonly #limits: HeldLimits;
  readonly #giveUp: (items: number) => void;
  #held = 0;

  /** `giveUp` is told of what no span has used, and none can use any more. */
  constructor(limits: HeldLimits, giveUp: (items: number) => void) {
    this.#limits = limits;
    this.#giveUp = giveUp;
  }

  get isEmpty(): boolean {
    return this.#held === 0;
  }

  add(spanId: SpanIdWords, item: T): void {
    this.#addTo(spanId, [item]).unused++;
  }

  /** What a span has used is of use to its parent as well. */
  handOn(spanId: SpanIdWords, items: readonly T[]): void {
    this.#addTo(spanId, items);
  }

  /** That of a span, once. */
  take(spanId: SpanIdWords): readonly T[] | undefined {
    const held = this.#held === 0 ? undefined : this.#of(spanId);
    if (held === undefined) return undefined;
    this.#bySpan.delete(spanKey(spanId));
    this.#held -= held.items.length;
    return held.items;
  }

  #addTo(spanId: SpanIdWords, items: readonly T[]): Held<T> {
    const held = this.#of(spanId) ?? this.#begin(spanId);
    const room = Math.min(items.length, this.#limits.ofOne - held.items.length);
    for (const item of items.slice(0, room)) held.items.push(item);
    this.#held += room;
    if (room < items.length) this.#giveUp(items.length - room);
    while (this.#held > this.#limits.all) this.#forget(this.#bySpan.keys().next().value as number);
    return held;
  }

  #of(spanId: SpanIdWords): Held<T> | undefined {
    const held = this.#bySpan.get(spanKey(spanId));
    return held?.spanId[0] === spanId[0] && held.spanId[1] === spanId[1] ? held : undefined;
  }

  #begin(spanId: SpanIdWords): Held<T> {
    const key = spanKey(spanId);
    if (this.#bySpan.has(key)) this.#forget(key);
    const held = { spanId, items: [], unused: 0 };
    this.#bySpan.set(key, held);
    return held;
  }

  #forget(key: number): void {
    const held = this.#bySpan.get(key);
    if (held === undefined) return;
    this.#bySpan.delete(key);
    this.#held -= held.items.length;
    this.#giveUp(held.unused);
  }
}
