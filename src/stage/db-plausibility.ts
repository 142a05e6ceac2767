/** What no right record of a database call can say. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { FamilyPlausibility } from './family-plausibility.ts';

type DbFact = SpanFactOf<'db'>;

const statusCode = /^(?:[0-9A-Z]{5}|[0-9]+)$/;

export const dbPlausibility: FamilyPlausibility<DbFact> = {
  fault({ body }: DbFact): string | undefined {
    const { operation, statusCode: code } = body;
    if (operation === undefined) return 'the operation is none';
    if (code !== undefined && !statusCode.test(code)) return `${JSON.stringify(code)} is no status code`;
    return undefined;
  },

  /** A program may send an empty statement, but not always. */
  doubt({ body }: DbFact): string | undefined {
    const { operation, statement } = body;
    const needsText = operation === 'query' || operation === 'exec' || operation === 'prepare';
    return needsText && statement === undefined ? 'the statement cannot be read' : undefined;
  },
};
