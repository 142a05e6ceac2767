/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Client spans of database/sql, whatever the driver: one for each call, from the entry of a function that users call to the
 * instant at which its result is known. Reading rows is not part of it.
 *
 * Calls of a pool (sql.DB, sql.Stmt) may be tried again on another connection, so that an error ends them only where the
 * pool gives up. Calls of a transaction or of a connection that was taken out of the pool (sql.Tx, sql.Conn) are tried once.
 */
#ifndef DB_SQL_BPF_H
#define DB_SQL_BPF_H

#include "db_begin.bpf.h"
#include "db_error.bpf.h"

/* ---- starts --------------------------------------------------------------------------------------- */

static __always_inline bool db_has_statement(const struct hit *hit)
{
	return COOKIE_VARIANT(hit->cookie) <= DB_OPERATION_PREPARE;
}

/*
 * func (db *DB) QueryContext(ctx context.Context, query string, args ...any) (*Rows, error)  argument: query; likewise
 * ExecContext, PrepareContext. And PingContext, BeginTx, which have none.
 */
SEC("uprobe")
int db_pool_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_POOL_START))
		return 0;
	span = db_begin(ctx, &hit, now);
	if (!span)
		return 0;
	span->header.flags |= DB_FLAG_POOL;
	open_span_of(span)->object_addr = go_register(ctx, 0);
	if (db_has_statement(&hit))
		db_statement(span, (struct go_string){ go_register(ctx, 3), go_register(ctx, 4) });
	return 0;
}

/* func (s *Stmt) QueryContext(ctx context.Context, args ...any) (*Rows, error), ExecContext  argument: s. */
SEC("uprobe")
int db_stmt_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_string statement = {};
	struct ev_span_end *span;
	uaddr_t stmt;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_STMT_START))
		return 0;
	span = db_begin(ctx, &hit, now);
	if (!span)
		return 0;
	stmt = go_argument(ctx, &hit);
	span->header.flags |= DB_FLAG_POOL;
	open_span_of(span)->object_addr = read_u64(stmt + hit.target->db.stmt_db);
	if (!read_user(&statement, sizeof(statement), stmt + hit.target->db.stmt_query))
		db_statement(span, statement);
	return 0;
}

/*
 * In methods of Tx and Conn, the calls db.queryDC(ctx, txctx, dc, release, query, args), db.execDC(ctx, dc, release, query,
 * args), db.prepareDC(ctx, dc, release, cg, query), db.pingDC(ctx, dc, release), db.beginDC(ctx, dc, release, opts), and in
 * Commit and rollback withLock(dc, fn), in which the driver is called  argument: dc.
 */
SEC("uprobe")
int db_session_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_SESSION_START))
		return 0;
	span = db_begin(ctx, &hit, now);
	if (!span)
		return 0;
	if (COOKIE_VARIANT(hit.cookie) == DB_OPERATION_EXEC)
		db_statement(span, (struct go_string){ go_register(ctx, 5), go_register(ctx, 6) });
	else if (db_has_statement(&hit))
		db_statement(span, (struct go_string){ go_register(ctx, 7), go_register(ctx, 8) });
	db_connection(span, hit.target, go_argument(ctx, &hit));
	return 0;
}

/* ---- ends ----------------------------------------------------------------------------------------- */

/* The call ends with no error of the driver's. */
static __always_inline void db_close(const struct target_row *target, struct open_spans *open, enum span_ending ending, ktime_ns_t now)
{
	/* Of an attempt before. */
	open->innermost->error_type_addr = 0;
	open->innermost->header.flags &= ~DB_FLAG_CANCELED;
	call_close(target, open, ending, now);
}

static __always_inline void db_fail(struct open_spans *open, const struct target_row *target, ktime_ns_t now)
{
	if (!db_body(open->innermost)->system && open->innermost->header.flags & DB_FLAG_POOL)
		db_connector(open->innermost, target);
	call_end(target, open, 0, now);
}

/* func (db *DB) beginDC(ctx context.Context, dc *driverConn, release func(error), opts *TxOptions) (tx *Tx, err error)  argument: dc. */
SEC("uprobe")
int db_begin_on(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_BEGIN_ON))
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (open.innermost && open.innermost->header.flags & DB_FLAG_POOL)
		db_connection(open.innermost, hit.target, go_argument(ctx, &hit));
	return 0;
}

/* func (rs *Rows) initContextClose(ctx, txctx context.Context)  argument: rs. A query has succeeded; rows are to be read. */
SEC("uprobe")
int db_rows(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	uaddr_t driver_conn;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_ROWS))
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (!open.innermost) {
		count(NOTE_END_WITHOUT_START);
		return 0;
	}
	driver_conn = read_u64(go_argument(ctx, &hit) + hit.target->db.rows_dc);
	if (open.innermost->header.flags & DB_FLAG_POOL)
		db_connection(open.innermost, hit.target, driver_conn);
	/* Its rows may be closed while the call goes on that the query was made in. */
	if (open.outer && open.outer->family == SPAN_FAMILY_DB)
		open_span_of(open.outer)->object_mark = driver_conn;
	db_close(hit.target, &open, ENDING_RETURNED, now);
	return 0;
}

enum db_owner {
	DB_OWNER_POOL = 0, /* of driverConn.releaseConn */
	DB_OWNER_TX = 1,
	DB_OWNER_CONN = 2,
};

/* The connection (*driverConn) that is given back: the receiver of the method value that is called, or of what that is. */
static __always_inline uaddr_t db_released(const struct pt_regs *ctx, const struct hit *hit)
{
	uaddr_t owner = read_u64(go_closure(ctx) + 8);

	switch (COOKIE_VARIANT(hit->cookie)) {
	case DB_OWNER_TX: return read_u64(owner + hit->target->db.tx_dc);
	case DB_OWNER_CONN: return read_u64(owner + hit->target->db.conn_dc);
	}
	return owner;
}

/*
 * func (dc *driverConn) releaseConn(err error), func (tx *Tx) closemuRUnlockRelease(err error), func (c *Conn)
 * closemuRUnlockCondReleaseConn(err error), each as a method value  argument: err. An attempt has come to its end, which for
 * Exec and Prepare may be a panic: they give their connection back in a deferred function. A successful query and a begun
 * transaction only do when they are closed.
 */
SEC("uprobe")
int db_release(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	uaddr_t error, driver_conn;
	struct open_spans open;
	__u8 operation;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_RELEASE))
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (!open.innermost)
		return 0;
	driver_conn = db_released(ctx, &hit);
	if (driver_conn && driver_conn == open_span_of(open.innermost)->object_mark) {
		/* By rows of a query that was made within the call. */
		open_span_of(open.innermost)->object_mark = 0;
		return 0;
	}
	error = go_argument(ctx, &hit);
	operation = db_body(open.innermost)->operation;
	if (!error && (operation == DB_OPERATION_QUERY || operation == DB_OPERATION_BEGIN))
		return 0;
	if (open.innermost->header.flags & DB_FLAG_POOL)
		db_connection(open.innermost, hit.target, driver_conn);
	if (call_panics(ctx, hit.target, open.innermost)) {
		db_close(hit.target, &open, ENDING_PANICKED, now);
		return 0;
	}
	if (!error) {
		db_close(hit.target, &open, ENDING_RETURNED, now);
		return 0;
	}
	db_failed(open.innermost, hit.target, error, go_register(ctx, 1));
	if (!(open.innermost->header.flags & DB_FLAG_POOL))
		db_fail(&open, hit.target, now);
	return 0;
}

/*
 * func (tx *Tx) Commit() error, func (tx *Tx) rollback(discardConn bool) error, at the call errors.Is(err, target) behind the
 * driver's answer  argument: err.
 */
SEC("uprobe")
int db_session_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	uaddr_t error;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_SESSION_END))
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (!open.innermost) {
		count(NOTE_END_WITHOUT_START);
		return 0;
	}
	error = go_argument(ctx, &hit);
	if (error)
		db_failed(open.innermost, hit.target, error, go_register(ctx, 1));
	call_end(hit.target, &open, 0, now);
	return 0;
}

/* In (*DB).beginDC, the call newproc(fn): the transaction has begun, and a goroutine is to wait for the end of its context. */
SEC("uprobe")
int db_begun(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_BEGUN))
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (open.innermost)
		db_close(hit.target, &open, ENDING_RETURNED, now);
	else
		count(NOTE_END_WITHOUT_START);
	return 0;
}

/* func (db *DB) retry(fn func(strategy connReuseStrategy) error) error, at its call errors.Is(err, target)  argument: err. */
SEC("uprobe")
int db_attempt(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_ATTEMPT))
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (open.innermost)
		db_failed(open.innermost, hit.target, go_register(ctx, 0), go_register(ctx, 1));
	return 0;
}

/* In retry, the jump on what errors.Is has returned: unless the connection was bad, the call returns its error. */
SEC("uprobe")
int db_give_up(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_GIVE_UP) || go_register(ctx, 0) & 1)
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (open.innermost)
		db_fail(&open, hit.target, now);
	return 0;
}

/* A return of retry that has not passed the jump, or before Go 1.20, which has no retry, of its callers  argument: the error. */
SEC("uprobe")
int db_return(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	uaddr_t error;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_RETURN))
		return 0;
	error = go_argument(ctx, &hit);
	if (!error)
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (!open.innermost)
		return 0;
	db_failed(open.innermost, hit.target, error, go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1));
	db_fail(&open, hit.target, now);
	return 0;
}

#endif
