/** The database conventions: name, error and attributes of a client span. */
import type { DbOperation, DbSystem, RecurringCall } from '../correlate/db-call.ts';
import type { SpanFactOf } from '../correlate/fact.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import type { Convention, Description } from './convention.ts';
import * as db from './db-attribute-names.ts';
import { OPERATION_DURATION } from './db-metrics.ts';
import type { SpanSource } from './span-source.ts';
import { type SqlText, sqlText } from './sql-text.ts';

type DbFact = SpanFactOf<'db'>;
interface RecurringFact {
  readonly body: RecurringCall;
}

interface DbDescription extends Description {
  /** `db.query.text`, if it is to be told. */
  readonly text: string | undefined;
  readonly summary: string | undefined;
  readonly operation: string | undefined;
  readonly collection: string | undefined;
}

const systemNames: Readonly<Record<DbSystem, string>> = {
  postgresql: 'postgresql',
  mysql: 'mysql',
  sqlite: 'sqlite',
  other: 'other_sql',
};
/** Calls that say what they do without a statement. */
const commands: Partial<Record<DbOperation, string>> = {
  ping: 'PING',
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
};

export const dbConvention: Convention<DbFact, RecurringFact, DbDescription> = {
  describe({ body }: RecurringFact, { dbStatement = 'sanitized' }: SpanSource): DbDescription {
    const { system, operation, statement } = body;
    const sql = statement === undefined ? undefined : sqlText(statement, system);
    if (sql === undefined) {
      const command = operation && commands[operation];
      const name = [command, targetOf(body)].filter((part) => part !== undefined).join(' ');
      return {
        name: name || systemNames[system],
        fitsAlike: true,
        text: undefined,
        summary: undefined,
        operation: command,
        collection: undefined,
      };
    }
    const { summary, ...told } = operation === 'prepare' ? prepared(sql) : sql;
    return {
      name: summary || targetOf(body) || systemNames[system],
      fitsAlike: true,
      text: dbStatement === 'none' ? undefined : dbStatement === 'raw' ? statement : sql.sanitized,
      summary: summary || undefined,
      operation: told.operation,
      collection: told.collection,
    };
  },

  fits: () => true,

  errorType({ body }: RecurringFact): string | undefined {
    return body.statusCode ?? (body.isCanceled ? 'context.Canceled' : undefined);
  },

  metrics: [OPERATION_DURATION],

  metricOf: () => OPERATION_DURATION,

  addRecurring(sink: AttributeSink, { body }: RecurringFact, about: DbDescription): void {
    const { system, namespace, peer, statusCode } = body;
    sink.text(db.DB_SYSTEM_NAME, systemNames[system]);
    if (namespace) sink.text(db.DB_NAMESPACE, namespace);
    if (about.text !== undefined) sink.text(db.DB_QUERY_TEXT, about.text);
    if (about.summary !== undefined) sink.text(db.DB_QUERY_SUMMARY, about.summary);
    if (about.operation !== undefined) sink.text(db.DB_OPERATION_NAME, about.operation);
    if (about.collection !== undefined) sink.text(db.DB_COLLECTION_NAME, about.collection);
    if (statusCode !== undefined) sink.text(db.DB_RESPONSE_STATUS_CODE, statusCode);
    if (peer) {
      sink.text(names.SERVER_ADDRESS, peer.address);
      sink.int(names.SERVER_PORT, peer.port);
    }
  },

  addVarying(sink: AttributeSink, { body: { poolWaitNs } }: DbFact): void {
    if (poolWaitNs > 0) sink.double(db.DB_CLIENT_CONNECTION_WAIT_TIME, poolWaitNs / 1e9);
  },
};

/** What a call is made to that names no table. */
function targetOf({ namespace, peer }: RecurringCall): string | undefined {
  return namespace ?? (peer && `${peer.address}:${peer.port}`);
}

/** The server is only told the statement; it does nothing yet. */
function prepared({ summary, collection }: SqlText): Pick<SqlText, 'summary' | 'operation' | 'collection'> {
  return {
    summary: summary === '' ? 'PREPARE' : `PREPARE ${summary}`,
    operation: 'PREPARE',
    ...(collection !== undefined && { collection }),
  };
}
