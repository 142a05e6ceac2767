/**
 * What many spans have in common, as it stands in each of them: all that is said of a body that they share, or of what
 * recurs in their bodies. Lives as long as these.
 */
import type { SpanFact } from '../correlate/fact.ts';
import type { Description } from '../span/convention.ts';
import { fitsSpan } from '../span/describe-span.ts';
import type { ProtoWriter } from './proto-writer.ts';

/** The fields of name, kind and attributes. */
export interface EncodedBlock {
  readonly bytes: Uint8Array;
  readonly attributeCount: number;
}

interface RecurringBlock extends EncodedBlock {
  /** What it was made with. */
  readonly about: Description;
}

export class EncodedBlocks {
  readonly #byBody = new WeakMap<object, EncodedBlock>();
  readonly #byRecurring = new WeakMap<object, RecurringBlock>();

  /** Undefined for a body that nobody shares, and for one that was not kept. */
  ofBody(fact: SpanFact): EncodedBlock | undefined {
    return fact.isBodyShared ? this.#byBody.get(fact.body) : undefined;
  }

  /** Undefined if nothing is known to recur, or what was kept does not fit this fact. */
  ofRecurring(fact: SpanFact): EncodedBlock | undefined {
    const block = fact.recurring && this.#byRecurring.get(fact.recurring);
    return block && fitsSpan(block.about, fact) ? block : undefined;
  }

  /** Keeps what has been written since there were `size` bytes, if the body is shared. */
  keepBody(fact: SpanFact, writer: ProtoWriter, size: number, attributeCount: number): void {
    if (fact.isBodyShared) this.#byBody.set(fact.body, { bytes: writer.copyFrom(size), attributeCount });
  }

  /** Likewise, if the body recurs. */
  keepRecurring(
    fact: SpanFact,
    about: Description,
    writer: ProtoWriter,
    size: number,
    attributeCount: number,
  ): void {
    if (fact.recurring) {
      this.#byRecurring.set(fact.recurring, { about, bytes: writer.copyFrom(size), attributeCount });
    }
  }
}
