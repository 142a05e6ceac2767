/** What a span record says of a database call. */
import { dbFlag, dbOperation, dbSystem, dbText, type EvSpanEnd } from '../wire/wire.gen.ts';
import { addressText } from './address-text.ts';
import type { BodyReader } from './body-reader.ts';
import type { RecordTexts } from './record-texts.ts';

export type DbOperation = 'query' | 'exec' | 'prepare' | 'ping' | 'begin' | 'commit' | 'rollback';
export type DbSystem = 'postgresql' | 'mysql' | 'sqlite' | 'other';

/** What calls of `database/sql` have in common that do the same. */
export interface RecurringCall {
  /** Absent when the record holds a number that is none. */
  readonly operation?: DbOperation | undefined;
  readonly system: DbSystem;
  /** As the program has written it; a query, an execution or a preparation has one. */
  readonly statement?: string | undefined;
  /** Name of the database that the connection is to. */
  readonly namespace?: string | undefined;
  /** The server at the other end of the connection. */
  readonly peer?: { readonly address: string; readonly port: number } | undefined;
  /** SQLSTATE, or the number that the driver's error has. */
  readonly statusCode?: string | undefined;
  /** The error is `context.Canceled`. */
  readonly isCanceled: boolean;
}

/** How full a pool was. */
export interface PoolUse {
  /** Connections that were in use, or being made. */
  readonly used: number;
  /** As many as it may have. */
  readonly max: number;
}

/** What is known of a call of `database/sql`. */
export interface DbCall extends RecurringCall {
  /** Nanoseconds that the call waited for a connection of the pool; 0 if it did not. */
  readonly poolWaitNs: number;
  /** When the call began to wait for a connection the last time; absent if it did not, or if it is not known. */
  readonly pool?: PoolUse | undefined;
}

const operations: Readonly<Record<number, DbOperation>> = {
  [dbOperation.DB_OPERATION_QUERY]: 'query',
  [dbOperation.DB_OPERATION_EXEC]: 'exec',
  [dbOperation.DB_OPERATION_PREPARE]: 'prepare',
  [dbOperation.DB_OPERATION_PING]: 'ping',
  [dbOperation.DB_OPERATION_BEGIN]: 'begin',
  [dbOperation.DB_OPERATION_COMMIT]: 'commit',
  [dbOperation.DB_OPERATION_ROLLBACK]: 'rollback',
};
const systems: Readonly<Record<number, DbSystem>> = {
  [dbSystem.DB_SYSTEM_OTHER]: 'other',
  [dbSystem.DB_SYSTEM_POSTGRESQL]: 'postgresql',
  [dbSystem.DB_SYSTEM_MYSQL]: 'mysql',
  [dbSystem.DB_SYSTEM_SQLITE]: 'sqlite',
};

/** Reads the body and the texts of a record of the family db. */
export const dbCallReader: BodyReader<RecurringCall, DbCall> = {
  varying: ['pool_wait_ns', 'pool_used', 'pool_max'],

  readRecurring(record: EvSpanEnd, texts: RecordTexts): RecurringCall {
    const { flags } = record.header;
    const body = record.db;
    const failed = record.errorTypeAddr !== 0;
    return {
      operation: operations[body.operation],
      system: systems[body.system] ?? 'other',
      statement: texts.of(dbText.DB_TEXT_STATEMENT),
      namespace: texts.of(dbText.DB_TEXT_NAMESPACE),
      peer:
        flags & dbFlag.DB_FLAG_PEER
          ? { address: addressText(body.peerAddress), port: body.peerPort }
          : undefined,
      statusCode: failed ? statusCodeOf(body.sqlState, body.errorNumber) : undefined,
      isCanceled: failed && (flags & dbFlag.DB_FLAG_CANCELED) !== 0,
    };
  },

  readBody(recurring: RecurringCall, record: EvSpanEnd): DbCall {
    const { poolWaitNs, poolUsed, poolMax } = record.db;
    return {
      operation: recurring.operation,
      system: recurring.system,
      statement: recurring.statement,
      namespace: recurring.namespace,
      peer: recurring.peer,
      statusCode: recurring.statusCode,
      isCanceled: recurring.isCanceled,
      // Negative if the process has ended while it waited.
      poolWaitNs: Math.max(0, poolWaitNs),
      // Full, or it is not the pool that was waited for.
      pool: poolMax > 0 && poolUsed === poolMax ? { used: poolUsed, max: poolMax } : undefined,
    };
  },
};

function statusCodeOf(sqlState: Uint8Array, number: number): string | undefined {
  if (sqlState[0] !== 0) return String.fromCharCode(...sqlState.subarray(0, 5));
  return number === 0 ? undefined : String(number);
}
