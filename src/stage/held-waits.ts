/** Waits that are spans, until the span ends in which they were: only the longest of each are told. Bounded. */
import type { SpanFactOf, SpanIdWords } from '../correlate/fact.ts';
import { LongestWaits } from './longest-waits.ts';
import { spanKey } from './span-key.ts';

type WaitFact = SpanFactOf<'wait'>;

/** Spans whose waits are held; those of more are given up, the oldest first. */
const SPANS_MAX = 16_384;

interface Held {
  readonly spanId: SpanIdWords;
  readonly waits: LongestWaits;
}

export class HeldWaits {
  readonly #bySpan = new Map<number, Held>();
  readonly #giveUp: (waits: number) => void;

  /** `giveUp` is told of waits whose span does not come. */
  constructor(giveUp: (waits: number) => void) {
    this.#giveUp = giveUp;
  }

  add(wait: WaitFact): void {
    const spanId = wait.parentSpanId;
    if (spanId === undefined) {
      this.#giveUp(1);
      return;
    }
    const held = this.#of(spanId) ?? this.#begin(spanId);
    held.waits.add(wait);
  }

  /** Those of a span that has ended; undefined if there are none. */
  take(spanId: SpanIdWords): LongestWaits | undefined {
    if (this.#bySpan.size === 0) return undefined;
    const held = this.#of(spanId);
    if (held) this.#bySpan.delete(spanKey(spanId));
    return held?.waits;
  }

  #of(spanId: SpanIdWords): Held | undefined {
    const held = this.#bySpan.get(spanKey(spanId));
    return held?.spanId[0] === spanId[0] && held.spanId[1] === spanId[1] ? held : undefined;
  }

  #begin(spanId: SpanIdWords): Held {
    const key = spanKey(spanId);
    if (this.#bySpan.has(key)) this.#forget(key);
    if (this.#bySpan.size >= SPANS_MAX) this.#forget(this.#bySpan.keys().next().value as number);
    const held = { spanId, waits: new LongestWaits() };
    this.#bySpan.set(key, held);
    return held;
  }

  #forget(key: number): void {
    this.#giveUp(this.#bySpan.get(key)?.waits.told.length ?? 0);
    this.#bySpan.delete(key);
  }
}
