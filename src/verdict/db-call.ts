/** Calls of databases as a person would call them: `SELECT items`, `COMMIT`, `PIPELINE get`. */
import { toldOfCall } from '../span/db-told.ts';
import type { CallTelling } from './call.ts';

export const dbCall: CallTelling<'db'> = {
  kind: 'database',
  nameOf: ({ body }) => {
    const { summary, operation } = toldOfCall(body);
    return summary ?? operation ?? (body.operation ?? 'call').toUpperCase();
  },
  poolNs: ({ body }) => body.poolWaitNs,
  poolOf: ({ body }) => body.pool,
};
