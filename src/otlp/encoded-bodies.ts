/**
 * What the convention of a family makes of a body, as it stands in the span: for bodies that many spans share. Lives as
 * long as the body.
 */
import type { SpanFact } from '../correlate/fact.ts';

export interface EncodedBody {
  /** The fields of name and kind. */
  readonly head: Uint8Array;
  /** The attributes that the convention adds. */
  readonly attributes: Uint8Array;
  readonly attributeCount: number;
}

export class EncodedBodies {
  readonly #byBody = new WeakMap<object, EncodedBody>();

  /** Undefined for a body that nobody shares, and for one that was not kept. */
  of(fact: SpanFact): EncodedBody | undefined {
    return fact.isBodyShared ? this.#byBody.get(fact.body) : undefined;
  }

  keep(fact: SpanFact, encoded: EncodedBody): void {
    this.#byBody.set(fact.body, encoded);
  }
}
