/** Calls of pgx v5 by its own interface, with its pool or without. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import { dbOperation } from '../wire/wire.gen.ts';
import type { Hook, ProbeFamily, SiteChoice, SiteRule } from './hook.ts';

const pgx = 'github.com/jackc/pgx/v5';
const query = `${pgx}.(*Conn).Query`;
const exec = `${pgx}.(*Conn).Exec`;
const sendBatch = `${pgx}.(*Conn).SendBatch`;
const copyFrom = `${pgx}.(*Conn).CopyFrom`;

/** Once per call, with the arguments. */
const entry = (arg: ArgumentRegister): readonly SiteRule[] => [
  { at: 'after_stack_check', arg },
  { at: 'stack_check_branch', arg },
];

/**
 * `func (c *Conn) Query(ctx context.Context, sql string, args ...any) (Rows, error)`, `Exec`: `arg` holds `sql`. `Prepare` is left
 * alone: they call it themselves for each statement that is new to the connection, and it would cost each of them two hits.
 */
const start: Hook = {
  name: 'db_pgx_start',
  phase: 'start',
  sites: 'each',
  choices: [
    { on: [query], rules: entry(3), variant: dbOperation.DB_OPERATION_QUERY },
    { on: [exec], rules: entry(3), variant: dbOperation.DB_OPERATION_EXEC },
  ],
  need: 'required',
  without: 'calls of pgx are not traced',
};

/** `func (c *Conn) SendBatch(ctx context.Context, b *Batch) (br BatchResults)`: `arg` holds `b`. */
const batch: Hook = {
  name: 'db_pgx_batch',
  phase: 'start',
  choices: [{ on: [sendBatch], rules: entry(3) }],
  need: 'optional',
  without: 'the program sends no batches, or they are not traced',
};

/** `func (c *Conn) CopyFrom(ctx context.Context, tableName Identifier, …) (int64, error)`: `arg` holds `tableName`. */
const copy: Hook = {
  name: 'db_pgx_copy',
  phase: 'start',
  choices: [{ on: [copyFrom], calls: `${pgx}.(*copyFrom).run`, rules: entry(3) }],
  need: 'optional',
  without: 'the program copies no rows to tables, or that is not traced',
};

const afterCalls = (of: string, variant: number): SiteChoice => ({
  on: [query],
  rules: [{ at: 'branches_after_calls', of, arg: 0 }],
  variant,
});

/** In `Query`, where the server has begun to answer: `arg` holds the `*ResultReader`, or (variant 1) whether there is one. */
const result: Hook = {
  name: 'db_pgx_result',
  phase: 'end',
  sites: 'each',
  choices: [
    // With arguments, of a statement that is prepared; one of both, by the version.
    afterCalls(`${pgx}/pgconn.(*PgConn).ExecStatement`, 0),
    afterCalls(`${pgx}/pgconn.(*PgConn).ExecPrepared`, 0),
    afterCalls(`${pgx}/pgconn.(*PgConn).ExecParams`, 0),
    afterCalls(`${pgx}/pgconn.(*MultiResultReader).NextResult`, 1),
  ],
  need: 'required',
  without: 'queries have no end',
};

const wrapping = (of: string): SiteChoice => ({
  on: [`${pgx}.(*Conn).deallocateInvalidatedCachedStatements`],
  rules: [{ at: 'calls', of, arg: 2 }],
  variant: 1,
});

/**
 * In `Query`, the calls `rows.Close()` of rows that hold an error: `arg` holds them. In what `Query`, `Exec` and `SendBatch` begin
 * with (variant 1), the calls that wrap an error, `fmt.Errorf(format string, a ...any) error`: `arg` holds `a`.
 */
const failed: Hook = {
  name: 'db_pgx_failed',
  phase: 'end',
  sites: 'each',
  choices: [
    { on: [query], rules: [{ at: 'calls', of: `${pgx}.(*baseRows).Close`, arg: 0 }] },
    wrapping('fmt.Errorf'),
    wrapping('fmt.errorf'),
  ],
  need: 'required',
  without: 'queries that fail have no end',
};

/** The error of what `Exec` leaves the work to: `arg` holds it, the command tag comes before. */
const end: Hook = {
  name: 'db_pgx_end',
  phase: 'end',
  choices: [
    {
      on: [exec],
      rules: [{ at: 'branch_after_call', of: `${pgx}.(*Conn).exec`, arg: 2, and: [0, 1, 3] }],
    },
  ],
  need: 'required',
  without: 'calls that execute have no end',
};

/** In `CopyFrom`, behind its call of `run(ctx context.Context) (int64, error)`: `arg` holds the error. */
const copied: Hook = {
  name: 'db_pgx_copied',
  phase: 'end',
  choices: [
    {
      on: [copyFrom],
      rules: [{ at: 'after_call', of: `${pgx}.(*copyFrom).run`, arg: 1 }],
    },
  ],
  need: 'optional',
  without: 'the program copies no rows to tables, or that has no end',
};

/** `func (rows *baseRows) Close()`, where the server has said how it went: `arg` holds the command tag, the error comes behind. */
const rows: Hook = {
  name: 'db_pgx_rows',
  phase: 'end',
  choices: [
    {
      on: [`${pgx}.(*baseRows).Close`],
      rules: [{ at: 'branch_after_call', of: `${pgx}/pgconn.(*ResultReader).Close`, arg: 0, and: [1, 2, 3] }],
    },
  ],
  need: 'optional',
  without: 'queries do not tell how many rows they return, nor errors that come with the rows',
};

const sentBy = (mode: string): SiteChoice => ({
  on: [sendBatch],
  unless: `${pgx}.(*Conn).sendBatch`,
  rules: [{ at: 'branch_after_call', of: `${pgx}.(*Conn).sendBatchQueryExecMode${mode}`, arg: 0 }],
});

/** In `SendBatch`, where the batch was sent: `arg` holds the data word of its results. */
const sent: Hook = {
  name: 'db_pgx_sent',
  phase: 'during',
  sites: 'each',
  choices: [
    { on: [sendBatch], rules: [{ at: 'branch_after_call', of: `${pgx}.(*Conn).sendBatch`, arg: 1 }] },
    ...['SimpleProtocol', 'Exec', 'CacheStatement', 'CacheDescribe', 'DescribeExec'].map(sentBy),
  ],
  need: 'optional',
  without: 'the program sends no batches, or they have no end',
};

const results = [
  { type: `${pgx}.(*batchResults)`, closes: `${pgx}/pgconn.(*MultiResultReader).Close` },
  { type: `${pgx}.(*pipelineBatchResults)`, closes: `${pgx}/pgconn.(*Pipeline).Close` },
];

/** `func (br *batchResults) Close() error`, `(br *pipelineBatchResults)` (variant 1): `arg` holds `br`. */
const batchClose: Hook = {
  name: 'db_pgx_batch_close',
  phase: 'end',
  sites: 'each',
  choices: results.map(({ type }, variant) => ({ on: [`${type}.Close`], rules: entry(0), variant })),
  need: 'optional',
  without: 'the program sends no batches, or those that fail have no error',
};

/** The error of what they leave the work to: `arg` holds it. */
const batchEnd: Hook = {
  name: 'db_pgx_batch_end',
  phase: 'end',
  sites: 'each',
  choices: results.map(({ type, closes }, variant) => ({
    on: [`${type}.Close`],
    rules: [{ at: 'branch_after_call', of: closes, arg: 0, and: [1] }],
    variant,
  })),
  need: 'optional',
  without: 'the program sends no batches, or they end when they are sent',
};

const acquirePart = 'github.com/jackc/puddle/v2.(*Pool[go.shape.*uint8])';
const waits = 'golang.org/x/sync/semaphore.(*Weighted).Acquire';
const connects = `${acquirePart}.initResourceValue`;

/**
 * In `func (p *Pool[T]) acquire(ctx context.Context) (*Resource[T], error)`, the calls for a turn, `(*Weighted).Acquire`: `arg`
 * holds the semaphore; and for a new connection (variant 1).
 */
const acquire: Hook = {
  name: 'db_pgx_acquire',
  phase: 'start',
  sites: 'each',
  choices: [
    { on: [`${acquirePart}.acquire`], rules: [{ at: 'call', of: waits, arg: 0 }], variant: 0 },
    { on: [`${acquirePart}.acquire`], rules: [{ at: 'call', of: connects, arg: 0 }], variant: 1 },
  ],
  need: 'optional',
  without:
    'the program uses no pool, or calls do not tell how long they waited for a connection, nor that they got none',
};

/** Their errors: `arg` holds it. */
const acquired: Hook = {
  name: 'db_pgx_acquired',
  phase: 'end',
  sites: 'each',
  choices: [
    {
      on: [`${acquirePart}.acquire`],
      rules: [{ at: 'branch_after_call', of: waits, arg: 0, and: [1] }],
    },
    {
      on: [`${acquirePart}.acquire`],
      rules: [{ at: 'branch_after_call', of: connects, arg: 1, and: [2] }],
    },
  ],
  need: 'optional',
  without: 'the program uses no pool, or waits for its connections have no end',
};

export const dbPgx: ProbeFamily = {
  name: 'db_pgx',
  level: 'spans',
  need: 'library',
  isLate: true,
  onlyIf: {
    user: `${pgx}/stdlib.(*Conn).QueryContext`,
    functions: [
      ...[`${pgx}.Connect`, `${pgx}.ConnectConfig`, `${pgx}.ConnectWithOptions`],
      ...[`${pgx}/pgxpool.New`, `${pgx}/pgxpool.NewWithConfig`],
    ],
    except: [`${pgx}.`, `${pgx}/`],
    otherwise: 'the program uses pgx by database/sql alone',
  },
  makes: { family: 'db', spanKind: 'client' },
  hooks: [
    ...[start, batch, copy, result, failed, end, copied, rows, sent],
    ...[batchClose, batchEnd, acquire, acquired],
  ],
  reads: ['db', 'pgx', 'net'],
};
