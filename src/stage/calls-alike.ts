/**
 * What was found for calls that say the same but for what varies among them, so that it is found at once for the next of
 * them: nearly all calls of a service are such.
 */
import type { SpanFact } from '../correlate/fact.ts';
import type { Description } from '../span/convention.ts';
import { aboutSpan, fitsSpan } from '../span/describe-span.ts';
import type { SpanSource } from '../span/span-source.ts';

interface Found<T> extends Pick<SpanFact, 'targetId' | 'ending'> {
  readonly about: Description;
  readonly value: T;
}

export class CallsAlike<T> {
  readonly #find: (fact: SpanFact, source: SpanSource, about: Description) => T;
  readonly #known = new WeakMap<object, Found<T>>();

  /** `find` may look at the target, the ending, what the convention makes of the fact and what recurs of its body, and at nothing else. */
  constructor(find: (fact: SpanFact, source: SpanSource, about: Description) => T) {
    this.#find = find;
  }

  of(fact: SpanFact, source: SpanSource): T {
    const { recurring, targetId, ending } = fact;
    const known = recurring && this.#known.get(recurring);
    if (known && known.targetId === targetId && known.ending === ending && fitsSpan(known.about, fact)) {
      return known.value;
    }
    const about = aboutSpan(fact, source);
    const value = this.#find(fact, source, about);
    if (recurring) this.#known.set(recurring, { targetId, ending, about, value });
    return value;
  }
}
