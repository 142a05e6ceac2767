/** What no right record of a wait can say. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { FamilyPlausibility } from './family-plausibility.ts';

export const waitPlausibility: FamilyPlausibility<SpanFactOf<'wait'>> = {
  fault({ body }) {
    const goid = 'window' in body ? 0 : body.wakerGoid;
    return Number.isSafeInteger(goid) ? undefined : `the goroutine id ${goid} is none`;
  },
  doubt: () => undefined,
};
