/** What is looked at in the spans of a family. */
import type { Batch } from '../wire/batch.ts';

export interface FamilyPlausibility<Fact> {
  /** What no right record can say; undefined if there is nothing of the kind. */
  fault(fact: Fact): string | undefined;
  /** What may be so once in a long life, but not in every span of a program that was just attached. */
  doubt(fact: Fact): string | undefined;
  /** Whether no fault is in what varies in a record, if there was none in another one that is like it else; absent where none can be. */
  variesWell?(batch: Batch, at: number): boolean;
}
