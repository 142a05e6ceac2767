/** What no right record of a database call can say. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { FamilyPlausibility } from './family-plausibility.ts';

type DbFact = SpanFactOf<'db'>;

const statusCode = /^(?:[0-9A-Z]{5}|[0-9]+)$/;
/** How the errors of Redis begin. */
const errorWord = /^[A-Z]{1,16}$/;

export const dbPlausibility: FamilyPlausibility<DbFact> = {
  fault({ body }: DbFact): string | undefined {
    const { operation, system, statusCode: code } = body;
    const wanted = system === 'redis' ? errorWord : statusCode;
    if (operation === undefined) return 'the operation is none';
    if (code !== undefined && !wanted.test(code)) return `${JSON.stringify(code)} is no status code`;
    return undefined;
  },

  /** A program may send an empty statement, but not always. */
  doubt({ body }: DbFact): string | undefined {
    const { operation, statement } = body;
    const needsText =
      operation === 'query' || operation === 'exec' || operation === 'prepare' || operation === 'command';
    return needsText && statement === undefined ? 'the statement cannot be read' : undefined;
  },
};
