/** Something of each of some spans, by its id, the oldest first. Of two spans with one key the later one stays. */
import type { SpanIdWords } from '../correlate/fact.ts';
import { isSameSpan, spanKey } from './span-key.ts';

interface Entry<T> {
  readonly spanId: SpanIdWords;
  readonly value: T;
}

export class SpanTable<T> {
  readonly #byKey = new Map<number, Entry<T>>();
  readonly #onForget: (value: T) => void;

  /** `onForget` is told of what goes without having been taken. */
  constructor(onForget: (value: T) => void) {
    this.#onForget = onForget;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(spanId: SpanIdWords): T | undefined {
    const entry = this.#byKey.get(spanKey(spanId));
    return entry && isSameSpan(entry.spanId, spanId) ? entry.value : undefined;
  }

  /** Of a span that has nothing here yet. */
  add(spanId: SpanIdWords, value: T): T {
    const key = spanKey(spanId);
    this.#forget(key);
    this.#byKey.set(key, { spanId, value });
    return value;
  }

  /** What there is of a span, once. */
  take(spanId: SpanIdWords): T | undefined {
    if (this.#byKey.size === 0) return undefined;
    const value = this.get(spanId);
    if (value !== undefined) this.#byKey.delete(spanKey(spanId));
    return value;
  }

  forgetOldest(): void {
    for (const key of this.#byKey.keys()) {
      this.#forget(key);
      return;
    }
  }

  #forget(key: number): void {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return;
    this.#byKey.delete(key);
    this.#onForget(entry.value);
  }
}
