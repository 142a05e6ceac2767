/** What no right record of a wait can say. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { FamilyPlausibility } from './family-plausibility.ts';

export const waitPlausibility: FamilyPlausibility<SpanFactOf<'wait'>> = {
  fault: ({ body: { wakerGoid } }) =>
    Number.isSafeInteger(wakerGoid) ? undefined : `the goroutine id ${wakerGoid} is none`,
  doubt: () => undefined,
};
