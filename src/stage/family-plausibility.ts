/** What is looked at in the spans of a family. */
export interface FamilyPlausibility<Fact> {
  /** What no right record can say; undefined if there is nothing of the kind. */
  fault(fact: Fact): string | undefined;
  /** What may be so once in a long life, but not in every span of a program that was just attached. */
  doubt(fact: Fact): string | undefined;
}
