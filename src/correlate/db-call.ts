/** What a span record says of a database call. */
import { type DbBody, dbFlag, dbOperation, dbSystem, dbText, type EvSpanEnd } from '../wire/wire.gen.ts';
import { addressText } from './address-text.ts';
import type { BodyReader } from './body-reader.ts';
import type { RecordTexts } from './record-texts.ts';

export type DbOperation =
  | ('query' | 'exec' | 'prepare' | 'ping' | 'begin' | 'commit' | 'rollback' | 'batch' | 'copy' | 'connect')
  | ('command' | 'pipeline' | 'transaction');
export type SqlSystem = 'postgresql' | 'mysql' | 'sqlite' | 'other';
export type DbSystem = SqlSystem | 'redis';

/** What calls of `database/sql`, pgx or go-redis have in common that do the same. */
export interface RecurringCall {
  /** Absent when the record holds a number that is none. */
  readonly operation?: DbOperation | undefined;
  readonly system: DbSystem;
  /**
   * As the program has written it; a query, an execution or a preparation has one, and a batch of one statement. Of a copy the
   * table. Of Redis the command, behind a space its arguments if they are told; of several each in a line, or the one that all are.
   */
  readonly statement?: string | undefined;
  /** Name of the database that the connection is to, of Redis its number. */
  readonly namespace?: string | undefined;
  /** Redis: the script or function that is called. */
  readonly procedure?: string | undefined;
  /** Statements or commands that were sent at once. */
  readonly batchSize?: number | undefined;
  /** They are all the one that is told. */
  readonly isAlike?: boolean | undefined;
  /** Redis: arguments of the command. */
  readonly arguments?: number | undefined;
  /** The server at the other end of the connection. */
  readonly peer?: { readonly address: string; readonly port: number } | undefined;
  /** Redis: the server as the program has it, `host:port`, or the path of a socket. */
  readonly server?: string | undefined;
  /** SQLSTATE, or the number that the driver's error has; of Redis the word that its error begins with. */
  readonly statusCode?: string | undefined;
  /** By the driver's own interface, and not by `database/sql`. */
  readonly isNative?: boolean | undefined;
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

/** What is known of such a call. */
export interface DbCall extends RecurringCall {
  /** Nanoseconds that the call waited for a connection of the pool; 0 if it did not. */
  readonly poolWaitNs: number;
  /** When the call began to wait for a connection the last time; absent if it did not, or if it is not known. */
  readonly pool?: PoolUse | undefined;
  /** Rows that were read, as the server has counted them; absent if it has not, or if they were not read to their end. */
  readonly returnedRows?: number | undefined;
}

const operations: Readonly<Record<number, DbOperation>> = {
  [dbOperation.DB_OPERATION_QUERY]: 'query',
  [dbOperation.DB_OPERATION_EXEC]: 'exec',
  [dbOperation.DB_OPERATION_PREPARE]: 'prepare',
  [dbOperation.DB_OPERATION_PING]: 'ping',
  [dbOperation.DB_OPERATION_BEGIN]: 'begin',
  [dbOperation.DB_OPERATION_COMMIT]: 'commit',
  [dbOperation.DB_OPERATION_ROLLBACK]: 'rollback',
  [dbOperation.DB_OPERATION_BATCH]: 'batch',
  [dbOperation.DB_OPERATION_COPY]: 'copy',
  [dbOperation.DB_OPERATION_CONNECT]: 'connect',
  [dbOperation.DB_OPERATION_COMMAND]: 'command',
  [dbOperation.DB_OPERATION_PIPELINE]: 'pipeline',
  [dbOperation.DB_OPERATION_TRANSACTION]: 'transaction',
};
const systems: Readonly<Record<number, DbSystem>> = {
  [dbSystem.DB_SYSTEM_OTHER]: 'other',
  [dbSystem.DB_SYSTEM_POSTGRESQL]: 'postgresql',
  [dbSystem.DB_SYSTEM_MYSQL]: 'mysql',
  [dbSystem.DB_SYSTEM_SQLITE]: 'sqlite',
  [dbSystem.DB_SYSTEM_REDIS]: 'redis',
};

/** Reads the body and the texts of a record of the family db. */
export const dbCallReader: BodyReader<RecurringCall, DbCall> = {
  varying: ['pool_wait_ns', 'pool_used', 'pool_max', 'returned_rows'],

  readRecurring(record: EvSpanEnd, texts: RecordTexts): RecurringCall {
    const { flags } = record.header;
    const body = record.db;
    const failed = record.errorTypeAddr !== 0;
    const system = systems[body.system] ?? 'other';
    const isRedis = system === 'redis';
    return {
      operation: operations[body.operation],
      system,
      statement: texts.of(dbText.DB_TEXT_STATEMENT),
      namespace: isRedis ? String(body.database) : texts.of(dbText.DB_TEXT_NAMESPACE),
      procedure: isRedis ? texts.of(dbText.DB_TEXT_NAMESPACE) : undefined,
      batchSize: body.batchSize || undefined,
      isNative: (flags & dbFlag.DB_FLAG_NATIVE) !== 0 || undefined,
      isAlike: (flags & dbFlag.DB_FLAG_ALIKE) !== 0 || undefined,
      arguments: body.arguments || undefined,
      peer:
        flags & dbFlag.DB_FLAG_PEER
          ? { address: addressText(body.peerAddress), port: body.peerPort }
          : undefined,
      server: texts.of(dbText.DB_TEXT_SERVER),
      statusCode: failed ? statusCodeOf(body) : undefined,
      isCanceled: failed && (flags & dbFlag.DB_FLAG_CANCELED) !== 0,
    };
  },

  readBody(recurring: RecurringCall, record: EvSpanEnd): DbCall {
    const { poolWaitNs, poolUsed, poolMax, returnedRows } = record.db;
    return {
      operation: recurring.operation,
      system: recurring.system,
      statement: recurring.statement,
      namespace: recurring.namespace,
      procedure: recurring.procedure,
      batchSize: recurring.batchSize,
      isNative: recurring.isNative,
      isAlike: recurring.isAlike,
      arguments: recurring.arguments,
      peer: recurring.peer,
      server: recurring.server,
      statusCode: recurring.statusCode,
      isCanceled: recurring.isCanceled,
      // Negative if the process has ended while it waited.
      poolWaitNs: Math.max(0, poolWaitNs),
      // Full, or it is not the pool that was waited for.
      pool: poolMax > 0 && poolUsed === poolMax ? { used: poolUsed, max: poolMax } : undefined,
      returnedRows: returnedRows === 0 ? undefined : returnedRows - 1,
    };
  },
};

function statusCodeOf({ sqlState, errorNumber, errorWord }: DbBody): string | undefined {
  if (sqlState[0] !== 0) return String.fromCharCode(...sqlState.subarray(0, 5));
  if (errorWord[0] !== 0) return /^[A-Z]+(?=[ \0]|$)/.exec(String.fromCharCode(...errorWord))?.[0];
  return errorNumber === 0 ? undefined : String(errorNumber);
}
