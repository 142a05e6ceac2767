/** Where spans that are still open were seen on a processor, until they end. Bounded. */
import { type CodePlace, placeKey } from '../correlate/code-place.ts';
import type { SpanIdWords } from '../correlate/fact.ts';
import type { SampledPlace } from '../verdict/evidence.ts';
import { SpanTable } from './span-table.ts';

/** Spans; those of more are given up, the oldest first. */
const SPANS_MAX = 8_192;
/** Different places of one span; samples at more count for none. */
const PLACES_MAX = 256;

const NOTHING: readonly SampledPlace[] = [];

export class HeldSamples {
  readonly #bySpan = new SpanTable<Map<string, SampledPlace>>(() => {});

  add(spanId: SpanIdWords, place: CodePlace): void {
    this.#addAll(spanId, [{ place, samples: 1 }]);
  }

  /** Those of a span that has ended, the places that were seen most often first. */
  take(spanId: SpanIdWords): readonly SampledPlace[] {
    const places = this.#bySpan.take(spanId);
    return places ? [...places.values()].sort((a, b) => b.samples - a.samples) : NOTHING;
  }

  /** What was seen in a span was seen in the one around it as well. */
  handOn(spanId: SpanIdWords, sampled: readonly SampledPlace[]): void {
    if (sampled.length > 0) this.#addAll(spanId, sampled);
  }

  #addAll(spanId: SpanIdWords, sampled: readonly SampledPlace[]): void {
    const places = this.#bySpan.get(spanId) ?? this.#begin(spanId);
    for (const { place, samples } of sampled) {
      const key = placeKey(place);
      const before = places.get(key)?.samples ?? 0;
      if (before > 0 || places.size < PLACES_MAX) places.set(key, { place, samples: before + samples });
    }
  }

  #begin(spanId: SpanIdWords): Map<string, SampledPlace> {
    if (this.#bySpan.size >= SPANS_MAX) this.#bySpan.forgetOldest();
    return this.#bySpan.add(spanId, new Map());
  }
}
