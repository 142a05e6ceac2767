/** Calls of database/sql, whatever the driver. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import { dbOperation } from '../wire/wire.gen.ts';
import type { Hook, ProbeFamily, SiteChoice, SiteRule } from './hook.ts';

const retry = 'database/sql.(*DB).retry';
const {
  DB_OPERATION_QUERY: query,
  DB_OPERATION_EXEC: exec,
  DB_OPERATION_PREPARE: prepare,
  DB_OPERATION_PING: ping,
  DB_OPERATION_BEGIN: begin,
  DB_OPERATION_COMMIT: commit,
  DB_OPERATION_ROLLBACK: rollback,
} = dbOperation;

/** Once per call, with the arguments. */
const entry = (arg: ArgumentRegister): readonly SiteRule[] => [
  { at: 'after_stack_check', arg },
  { at: 'stack_check_branch', arg },
];

const atEntry = (name: string, arg: ArgumentRegister, variant: number): SiteChoice => ({
  on: [`database/sql.${name}`],
  rules: entry(arg),
  variant,
});

const atCall = (name: string, of: string, arg: ArgumentRegister, variant: number): SiteChoice => ({
  on: [`database/sql.${name}`],
  rules: [{ at: 'call', of, arg }],
  variant,
});

/** `func (db *DB) QueryContext(ctx context.Context, query string, args ...any) (*Rows, error)` and its like: `arg` holds `query`. */
const poolStart: Hook = {
  name: 'db_pool_start',
  phase: 'start',
  sites: 'each',
  choices: [
    atEntry('(*DB).QueryContext', 3, query),
    atEntry('(*DB).ExecContext', 3, exec),
    atEntry('(*DB).PrepareContext', 3, prepare),
    atEntry('(*DB).PingContext', 3, ping),
    atEntry('(*DB).BeginTx', 3, begin),
  ],
  need: 'required',
  without: 'calls of database/sql are not traced',
};

/** `func (s *Stmt) QueryContext(ctx context.Context, args ...any) (*Rows, error)`, `ExecContext`: `arg` holds `s`. */
const statementStart: Hook = {
  name: 'db_stmt_start',
  phase: 'start',
  sites: 'each',
  choices: [atEntry('(*Stmt).QueryContext', 0, query), atEntry('(*Stmt).ExecContext', 0, exec)],
  need: 'optional',
  without: 'the program uses no prepared statements, or they are not traced',
};

/**
 * Methods of a transaction, and of a connection that was taken out of the pool, where they have their connection and go to
 * the driver: `arg` holds the `*driverConn`. `withLock(lk sync.Locker, fn func())` is called with it as `lk`.
 */
const sessionStart: Hook = {
  name: 'db_session_start',
  phase: 'start',
  sites: 'each',
  choices: [
    ...['(*Tx)', '(*Conn)'].flatMap((type) => [
      atCall(`${type}.QueryContext`, 'database/sql.(*DB).queryDC', 5, query),
      atCall(`${type}.ExecContext`, 'database/sql.(*DB).execDC', 3, exec),
      atCall(`${type}.PrepareContext`, 'database/sql.(*DB).prepareDC', 3, prepare),
    ]),
    atCall('(*Conn).PingContext', 'database/sql.(*DB).pingDC', 3, ping),
    atCall('(*Conn).BeginTx', 'database/sql.(*DB).beginDC', 3, begin),
    atCall('(*Tx).Commit', 'database/sql.withLock', 1, commit),
    atCall('(*Tx).rollback', 'database/sql.withLock', 1, rollback),
  ],
  need: 'optional',
  without: 'the program uses no transactions, or what is done in them is not traced',
};

/** `func (rs *Rows) initContextClose(ctx, txctx context.Context)`: every query that succeeds. `arg` holds `rs`. */
const rows: Hook = {
  name: 'db_rows',
  phase: 'end',
  choices: [{ on: ['database/sql.(*Rows).initContextClose'], rules: entry(0) }],
  need: 'optional',
  without: 'the program queries nothing, or queries that succeed have no end',
};

/**
 * What an attempt gives its connection back with, `func(err error)`, entered as a method value: `arg` holds `err`, and the
 * closure its receiver. The variants are those of `enum db_owner`.
 */
const release: Hook = {
  name: 'db_release',
  phase: 'end',
  sites: 'each',
  choices: [
    atEntry('(*driverConn).releaseConn-fm', 0, 0),
    atEntry('(*Tx).closemuRUnlockRelease-fm', 0, 1),
    atEntry('(*Conn).closemuRUnlockCondReleaseConn-fm', 0, 2),
  ],
  need: 'optional',
  without: 'calls that execute, ping or prepare have no end',
};

/** In `Commit` and `rollback`, the call `errors.Is(err, driver.ErrBadConn)` on the driver's answer: `arg` holds `err`. */
const sessionEnd: Hook = {
  name: 'db_session_end',
  phase: 'end',
  sites: 'each',
  choices: ['(*Tx).Commit', '(*Tx).rollback'].map((name) => atCall(name, 'errors.Is', 0, 0)),
  need: 'optional',
  without: 'the program uses no transactions, or their ends are told late',
};

/** `func (db *DB) beginDC(ctx context.Context, dc *driverConn, release func(error), opts *TxOptions)`: `arg` holds `dc`. */
const beginOn: Hook = {
  name: 'db_begin_on',
  phase: 'during',
  choices: [{ on: ['database/sql.(*DB).beginDC'], rules: entry(3) }],
  need: 'optional',
  without: 'the program uses no transactions, or their beginnings do not tell the server',
};

/** In `func (db *DB) beginDC(…) (tx *Tx, err error)`, the call that starts `tx.awaitDone`. `arg` means nothing. */
const begun: Hook = {
  name: 'db_begun',
  phase: 'end',
  choices: [{ on: ['database/sql.(*DB).beginDC'], rules: [{ at: 'call', of: 'runtime.newproc', arg: 0 }] }],
  need: 'optional',
  without: 'the program uses no transactions, or their beginnings have no end',
};

/** In `func (db *DB) retry(fn func(strategy connReuseStrategy) error) error`, the call `errors.Is(err, …)`: `arg` holds `err`. */
const attempt: Hook = {
  name: 'db_attempt',
  phase: 'during',
  choices: [{ on: [retry], rules: [{ at: 'call', of: 'errors.Is', arg: 0 }] }],
  need: 'optional',
  without: 'calls that get no connection do not tell their error',
};

/** In `retry`, the jump on what `errors.Is` returns: `arg` holds it, and if it is false the call returns its error. */
const giveUp: Hook = {
  name: 'db_give_up',
  phase: 'end',
  choices: [{ on: [retry], rules: [{ at: 'branch_after_call', of: 'errors.Is', arg: 0 }] }],
  need: 'optional',
  without: 'calls that fail end when their caller does',
};

const inOldGo = (name: string, arg: ArgumentRegister): SiteChoice => ({
  on: [`database/sql.${name}`],
  unless: retry,
  rules: [{ at: 'returns', arg }],
});

/** The error of the last attempt, as `retry` passes it on: `arg` holds it. Go ≤ 1.19 has no `retry`, but its loop in each function. */
const giveBack: Hook = {
  name: 'db_return',
  phase: 'end',
  sites: 'each',
  choices: [
    { on: [retry], rules: [{ at: 'returns_of_call', arg: 0 }] },
    inOldGo('(*DB).QueryContext', 1),
    inOldGo('(*DB).ExecContext', 2),
    inOldGo('(*DB).PrepareContext', 1),
    inOldGo('(*DB).PingContext', 0),
    inOldGo('(*DB).BeginTx', 1),
    inOldGo('(*Stmt).QueryContext', 1),
    inOldGo('(*Stmt).ExecContext', 2),
  ],
  need: 'optional',
  without: 'calls that fail on three connections end when their caller does',
};

const conn = 'database/sql.(*DB).conn';

/** In `func (db *DB) conn(ctx context.Context, strategy connReuseStrategy) (*driverConn, error)`: it has to wait. */
const waitStart: Hook = {
  name: 'db_wait_start',
  phase: 'during',
  choices: [{ on: [conn], rules: [{ at: 'call', of: 'runtime.makechan', arg: 0 }] }],
  need: 'optional',
  without: 'the wait for a connection of the pool is not told',
};

/** In `conn`, the calls `time.Since(waitStart)`: it has waited. */
const waitEnd: Hook = {
  name: 'db_wait_end',
  phase: 'during',
  choices: [{ on: [conn], rules: [{ at: 'calls', of: 'time.Since', arg: 0 }] }],
  need: 'optional',
  without: 'the wait for a connection of the pool is not told',
};

export const db: ProbeFamily = {
  name: 'db',
  level: 'spans',
  need: 'any',
  isLate: true,
  makes: { family: 'db', spanKind: 'client' },
  hooks: [
    poolStart,
    statementStart,
    sessionStart,
    rows,
    release,
    sessionEnd,
    beginOn,
    begun,
    attempt,
    giveUp,
    giveBack,
    waitStart,
    waitEnd,
  ],
  reads: ['db', 'net'],
};
