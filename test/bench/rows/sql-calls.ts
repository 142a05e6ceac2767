/** A handler that makes a query by database/sql, whose driver answers at once: two spans a request. */
import { buildGo } from '../../support/go-build.ts';
import type { Row } from '../bench.ts';
import { kept } from './kept.ts';

export const sqlCalls: Row = async (bench) => {
  const target = await buildGo({ name: 'load-database', dir: 'test/fixtures/load/database' });
  return kept(
    { ...bench, target },
    {
      row: 'sql-calls',
      what: 'a query by database/sql, answered at once: requests/s kept',
      path: '/',
    },
  );
};
