/** Waits that are spans, until the span ends in which they were: only the longest of each are told. Bounded. */
import type { SpanFactOf, SpanIdWords } from '../correlate/fact.ts';
import { LongestWaits } from './longest-waits.ts';
import { SpanTable } from './span-table.ts';

type WaitFact = SpanFactOf<'wait'>;

/** Spans whose waits are held; those of more are given up, the oldest first. */
const SPANS_MAX = 16_384;

export class HeldWaits {
  readonly #bySpan: SpanTable<LongestWaits>;
  readonly #giveUp: (waits: number) => void;

  /** `giveUp` is told of waits whose span does not come. */
  constructor(giveUp: (waits: number) => void) {
    this.#giveUp = giveUp;
    this.#bySpan = new SpanTable(({ told }) => giveUp(told.length));
  }

  add(wait: WaitFact): void {
    const spanId = wait.parentSpanId;
    if (spanId === undefined) this.#giveUp(1);
    else (this.#bySpan.get(spanId) ?? this.#begin(spanId)).add(wait);
  }

  /** Those of a span that has ended; undefined if there are none. */
  take(spanId: SpanIdWords): LongestWaits | undefined {
    return this.#bySpan.take(spanId);
  }

  #begin(spanId: SpanIdWords): LongestWaits {
    if (this.#bySpan.size >= SPANS_MAX) this.#bySpan.forgetOldest();
    return this.#bySpan.add(spanId, new LongestWaits());
  }
}
