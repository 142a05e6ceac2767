/** What is said of a call to a database by what it asks for: its name, its text, its operation. Pure. */
import type { DbOperation, DbSystem, RecurringCall, SqlSystem } from '../correlate/db-call.ts';
import { redisTold } from './db-redis-text.ts';
import type { DbTold } from './db-telling.ts';
import { sqlText } from './sql-text.ts';

export const systemNames: Readonly<Record<DbSystem, string>> = {
  postgresql: 'postgresql',
  mysql: 'mysql',
  sqlite: 'sqlite',
  other: 'other_sql',
  redis: 'redis',
};

/** Calls that say what they do without a statement. */
const commands: Partial<Record<DbOperation, string>> = {
  ping: 'PING',
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  batch: 'BATCH',
  copy: 'COPY',
  connect: 'CONNECT',
};
/** … or put before that of a statement: the server is only told it and does nothing yet; it is one of several. */
const prefixes: Partial<Record<DbOperation, string>> = { prepare: 'PREPARE', batch: 'BATCH' };

const nothing = { sanitized: undefined, raw: undefined, summary: undefined, collection: undefined };

export function toldOfCall(body: RecurringCall): DbTold {
  const { system, operation, statement, batchSize } = body;
  if (system === 'redis') return redisTold(body);
  const command = operation && commands[operation];
  if (operation === 'copy') return copied(body);
  if (statement === undefined) {
    const name = [command, targetOf(body)].filter((part) => part !== undefined).join(' ');
    return { ...nothing, name, operation: command };
  }
  // A batch of one is none.
  const prefix = operation === 'batch' && batchSize === 1 ? undefined : operation && prefixes[operation];
  return sqlTold(statement, system, prefix);
}

function sqlTold(statement: string, system: SqlSystem, prefix: string | undefined): DbTold {
  const sql = sqlText(statement, system);
  const summary = [prefix, sql.summary].filter(Boolean).join(' ');
  return {
    name: summary,
    sanitized: sql.sanitized,
    raw: statement,
    summary: summary || undefined,
    operation:
      prefix === 'BATCH' ? [prefix, sql.operation].filter(Boolean).join(' ') : (prefix ?? sql.operation),
    collection: sql.collection,
  };
}

/** The table is what is known of it. */
function copied({ statement }: RecurringCall): DbTold {
  const name = ['COPY', statement].filter(Boolean).join(' ');
  return { ...nothing, name, summary: name, operation: 'COPY', collection: statement };
}

/** What a call is made to that names no table. */
export function targetOf({ system, namespace, peer }: RecurringCall): string | undefined {
  if (system === 'redis') return undefined;
  return namespace ?? (peer && `${peer.address}:${peer.port}`);
}
