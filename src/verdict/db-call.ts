/** Calls of `database/sql` as a person would call them: `SELECT items`, `COMMIT`. */
import { sqlText } from '../span/sql-text.ts';
import type { CallTelling } from './call.ts';

export const dbCall: CallTelling<'db'> = {
  kind: 'database',
  nameOf: ({ body: { statement, operation = 'call', system } }) =>
    (statement && sqlText(statement, system).summary) || operation.toUpperCase(),
  poolNs: ({ body }) => body.poolWaitNs,
  poolOf: ({ body }) => body.pool,
};
