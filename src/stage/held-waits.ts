/** Waits that are spans, until the span ends in which they were: only the longest of each are told. Bounded. */
import type { SpanFactOf, SpanIdWords } from '../correlate/fact.ts';
import { nanosBetween } from '../wire/batch.ts';
import { spanKey } from './span-key.ts';

type WaitFact = SpanFactOf<'wait'>;

/** So many are told of one span. */
const WAITS_MAX = 20;
/** Spans whose waits are held; those of more are given up, the oldest first. */
const SPANS_MAX = 16_384;

/** The waits of one span. */
export interface Waits {
  /** In the order in which they ended. */
  readonly told: readonly WaitFact[];
  /** Shorter ones, that are not told. */
  readonly dropped: number;
}

interface Held {
  readonly spanId: SpanIdWords;
  readonly told: WaitFact[];
  dropped: number;
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
    held.told.push(wait);
    if (held.told.length <= WAITS_MAX) return;
    held.told.splice(shortestOf(held.told), 1);
    held.dropped++;
  }

  /** Those of a span that has ended; undefined if there are none. */
  take(spanId: SpanIdWords): Waits | undefined {
    if (this.#bySpan.size === 0) return undefined;
    const held = this.#of(spanId);
    if (held) this.#bySpan.delete(spanKey(spanId));
    return held;
  }

  #of(spanId: SpanIdWords): Held | undefined {
    const held = this.#bySpan.get(spanKey(spanId));
    return held?.spanId[0] === spanId[0] && held.spanId[1] === spanId[1] ? held : undefined;
  }

  #begin(spanId: SpanIdWords): Held {
    const key = spanKey(spanId);
    if (this.#bySpan.has(key)) this.#forget(key);
    if (this.#bySpan.size >= SPANS_MAX) this.#forget(this.#bySpan.keys().next().value as number);
    const held = { spanId, told: [], dropped: 0 };
    this.#bySpan.set(key, held);
    return held;
  }

  #forget(key: number): void {
    this.#giveUp(this.#bySpan.get(key)?.told.length ?? 0);
    this.#bySpan.delete(key);
  }
}

function shortestOf(waits: readonly WaitFact[]): number {
  let shortest = 0;
  for (let index = 1; index < waits.length; index++) {
    if (lengthOf(waits[index] as WaitFact) < lengthOf(waits[shortest] as WaitFact)) shortest = index;
  }
  return shortest;
}

const lengthOf = ({ start, end }: WaitFact): number => nanosBetween(start, end);
