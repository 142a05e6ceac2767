/**
 * A span that goes to several exporters of a thread is encoded for the first of them; the others, which get it right after that one, take
 * the same bytes.
 */
import type { SpanFact } from '../correlate/fact.ts';
import type { SpanSource } from '../span/span-source.ts';
import type { SpanLimits } from './limits.ts';

/** The fact that was encoded last, of those exporters that have the same limits. */
export class LastFact {
  #fact: SpanFact | undefined;
  #source: SpanSource | undefined;
  #bytes: Uint8Array | undefined;

  /** Undefined: it is not that one. */
  bytesOf(fact: SpanFact, source: SpanSource): Uint8Array | undefined {
    return fact === this.#fact && source === this.#source ? this.#bytes : undefined;
  }

  /** `bytes` must stay as they are until the next one is kept. */
  keep(fact: SpanFact, source: SpanSource, bytes: Uint8Array): void {
    this.#fact = fact;
    this.#source = source;
    this.#bytes = bytes;
  }
}

/** One for all exporters of a thread whose limits are the same. */
export class LastFacts {
  readonly #byLimits = new Map<string, LastFact>();

  of(limits: SpanLimits): LastFact {
    // Infinity too: JSON knows none.
    const key = Object.values(limits).join();
    let last = this.#byLimits.get(key);
    if (last === undefined) {
      last = new LastFact();
      this.#byLimits.set(key, last);
    }
    return last;
  }
}
