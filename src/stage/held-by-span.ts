/** What is known of spans that are still open, until they end. Bounded. */
import type { SpanIdWords } from '../correlate/fact.ts';
import { SpanTable } from './span-table.ts';

export interface HeldLimits {
  /** For all spans; of more the oldest spans are given up. */
  readonly all: number;
  /** For one span; of more the last are not taken. */
  readonly ofOne: number;
}

interface Held<T> {
  readonly items: T[];
  /** So many of them no span has used yet. */
  unused: number;
}

export class HeldBySpan<T> {
  readonly #bySpan: SpanTable<Held<T>>;
  readonly #limits: HeldLimits;
  readonly #giveUp: (items: number) => void;
  #held = 0;

  /** `giveUp` is told of what no span has used, and none can use any more. */
  constructor(limits: HeldLimits, giveUp: (items: number) => void) {
    this.#limits = limits;
    this.#giveUp = giveUp;
    this.#bySpan = new SpanTable(({ items, unused }) => {
      this.#held -= items.length;
      giveUp(unused);
    });
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
    const items = this.#bySpan.take(spanId)?.items;
    this.#held -= items?.length ?? 0;
    return items;
  }

  #addTo(spanId: SpanIdWords, items: readonly T[]): Held<T> {
    const held = this.#bySpan.get(spanId) ?? this.#bySpan.add(spanId, { items: [], unused: 0 });
    const room = Math.min(items.length, this.#limits.ofOne - held.items.length);
    for (const item of items.slice(0, room)) held.items.push(item);
    this.#held += room;
    if (room < items.length) this.#giveUp(items.length - room);
    while (this.#held > this.#limits.all) this.#bySpan.forgetOldest();
    return held;
  }
}
