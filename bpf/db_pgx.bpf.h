/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Client spans of pgx v5 by its own interface, with its pool or without: one for each call, from the entry of the function of the
 * connection to the instant at which its result is known. Reading rows is not part of it, but what that tells is. Below
 * database/sql its calls are those of database/sql, and make none of their own.
 */
#ifndef DB_PGX_BPF_H
#define DB_PGX_BPF_H

#include "db_begin.bpf.h"
#include "db_error.bpf.h"

/* What was waited for belongs to a call that comes so soon after it: both are made by one function of the pool. */
#define PGX_ACQUIRED_NS_MAX 100000000

/* Whose server, and which database, a *pgx.Conn is connected to. */
static __noinline int pgx_connection(struct ev_span_end *span, const struct target_row *target, uaddr_t conn)
{
	const struct db_layout *db;
	uaddr_t config;

	if (!span || !target || !conn || !span_is_told(span))
		return 0;
	db = &target->db;
	config = read_u64(conn + target->pgx.conn_config);
	if (config && db->pgx_config_database != GO_OFFSET_ABSENT && !span->text_sizes[DB_TEXT_NAMESPACE])
		db_namespace(span, config + db->pgx_config_config + db->pgx_config_database);
	db_peer(span, target, read_u64(conn + db->pgx_inner_pg_conn) + db->pgx_pg_conn_conn);
	return 0;
}

/* ---- starts --------------------------------------------------------------------------------------- */

/* A call that has waited for its connection just now is this one. */
static __always_inline struct ev_span_end *pgx_begin(struct pt_regs *ctx, const struct hit *hit, enum db_operation operation,
						     ktime_ns_t now)
{
	return db_begin_native(ctx, hit, operation, DB_SYSTEM_POSTGRESQL, now);
}

/* func (c *Conn) Query(ctx context.Context, sql string, args ...any) (Rows, error), Exec  argument: sql. */
SEC("uprobe")
int db_pgx_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_START))
		return 0;
	span = pgx_begin(ctx, &hit, COOKIE_VARIANT(hit.cookie), now);
	if (!span)
		return 0;
	db_statement(span, (struct go_string){ go_argument(ctx, &hit), go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1) });
	pgx_connection(span, hit.target, go_register(ctx, 0));
	return 0;
}

/* func (c *Conn) CopyFrom(ctx, tableName Identifier, columnNames []string, rowSrc CopyFromSource) (int64, error)  argument: tableName. */
SEC("uprobe")
int db_pgx_copy(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_span_end *span;
	struct go_string table;
	uaddr_t parts;
	struct hit hit;
	__u64 count;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_COPY))
		return 0;
	span = pgx_begin(ctx, &hit, DB_OPERATION_COPY, now);
	if (!span)
		return 0;
	parts = go_argument(ctx, &hit);
	count = go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1);
	/* Behind that of a schema the name of the table. */
	if (count && !read_user(&table, sizeof(table), parts + (count - 1) * sizeof(table)))
		db_statement(span, table);
	pgx_connection(span, hit.target, go_register(ctx, 0));
	return 0;
}

/* ---- ends ----------------------------------------------------------------------------------------- */

/* The rows that a command tag such as `SELECT 5` tells. */
static __always_inline void pgx_returned(struct ev_span_end *span, struct go_string tag)
{
	static const char select[8] = "SELECT ";
	__u8 text[16] = {};
	__u32 rows = 0;

	if (tag.bytes < sizeof("SELECT 0") - 1 || tag.bytes > sizeof(text) || bpf_probe_read_user(text, sizeof("SELECT ") - 1, (void *)tag.at) ||
	    *(__u64 *)text != *(const __u64 *)select)
		return;
	if (bpf_probe_read_user(text, tag.bytes & 0x1f ? tag.bytes : 1, (void *)tag.at))
		return;
	for (int i = sizeof("SELECT ") - 1; i < (int)sizeof(text); i++) {
		if (i < (int)tag.bytes)
			rows = rows * 10 + (text[i] & 0xf);
	}
	db_body(span)->returned_rows = rows + 1;
}

static __always_inline void pgx_end(struct open_spans *open, const struct target_row *target, struct go_interface error, ktime_ns_t now)
{
	if (error.itab)
		db_failed(open->innermost, target, error.itab, error.data);
	call_end(target, open, 0, now);
}

enum pgx_result {
	PGX_RESULT_READER = 0, /* the result is a *pgconn.ResultReader */
	PGX_RESULT_FOUND = 1,  /* … is whether there is one */
};

/*
 * In Query, the first jump behind the calls pgconn.(*PgConn).ExecParams, ExecPrepared, ExecStatement, and behind
 * (*MultiResultReader).NextResult  argument: what they return. The server has begun to answer.
 */
SEC("uprobe")
int db_pgx_result(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_interface error = {};
	struct ev_span_end *span;
	struct open_spans open;
	struct hit hit;
	uaddr_t result;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_RESULT))
		return 0;
	result = go_argument(ctx, &hit);
	if (COOKIE_VARIANT(hit.cookie) == PGX_RESULT_FOUND && !(result & 1))
		return 0;
	open = db_native(ctx, &hit, now);
	span = open.innermost;
	if (!span)
		return 0;
	if (COOKIE_VARIANT(hit.cookie) == PGX_RESULT_READER) {
		error = read_interface(result + hit.target->pgx.reader_err);
		open_span_of(span)->object_mark = result;
	}
	/* Without its rows nothing more is ever told. */
	if (error.itab || COOKIE_VARIANT(hit.cookie) != PGX_RESULT_READER || hit.target->pgx.rows_reader == GO_OFFSET_ABSENT) {
		pgx_end(&open, hit.target, error, now);
		return 0;
	}
	span->end_ktime_ns = now;
	span_complete(span, hit.target);
	call_may_be_over(&open, span->end_ktime_ns);
	return 0;
}

/*
 * func (rows *baseRows) Close(), at the first jump behind its call of (*ResultReader).Close  argument: the command tag; the error
 * follows. Nothing was done since the rows came, or else the call has been told without that.
 */
SEC("uprobe")
int db_pgx_rows(struct pt_regs *ctx)
{
	struct ev_span_end *span;
	struct open_spans open;
	uaddr_t rows, error;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_ROWS))
		return 0;
	open = db_native_dormant(ctx, &hit);
	span = open.innermost;
	if (!span || !open_span_of(span)->object_mark)
		return 0;
	/* Where a function keeps its first argument while it calls others. */
	rows = read_u64(return_slot(ctx, &hit) + 8);
	if (peek_u64(rows + hit.target->pgx.rows_reader) != open_span_of(span)->object_mark)
		return 0;
	error = go_register(ctx, COOKIE_REGISTER(hit.cookie) + 2);
	if (error)
		db_failed(span, hit.target, error, go_register(ctx, COOKIE_REGISTER(hit.cookie) + 3));
	else
		pgx_returned(span, (struct go_string){ go_argument(ctx, &hit), go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1) });
	if (open.outer)
		open_span_of(open.outer)->nested = 0;
	span->ending = ENDING_RETURNED;
	span_leave(span, &open.key);
	return 0;
}

enum pgx_failure {
	PGX_FAILED_ROWS = 0,  /* the argument is a *baseRows, which holds the error */
	PGX_FAILED_VALUES = 1, /* … the one value that is to be formatted, which is the error */
};

/*
 * In Query, the calls (*baseRows).Close: it gives up  argument: the rows. And in what it begins with, the calls of fmt that wrap an
 * error  argument: what is wrapped.
 */
SEC("uprobe")
int db_pgx_failed(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_interface error;
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_FAILED))
		return 0;
	open = COOKIE_VARIANT(hit.cookie) == PGX_FAILED_ROWS ? db_native(ctx, &hit, now) : db_native_around(ctx, &hit, now);
	if (!open.innermost)
		return 0;
	if (COOKIE_VARIANT(hit.cookie) == PGX_FAILED_ROWS) {
		error = read_interface(go_argument(ctx, &hit) + hit.target->pgx.rows_err);
	} else {
		/* Its own type, since it is an `any`. */
		open.innermost->error_type_addr = read_u64(go_argument(ctx, &hit));
		error = (struct go_interface){};
	}
	pgx_end(&open, hit.target, error, now);
	return 0;
}

static __always_inline void pgx_returns(struct pt_regs *ctx, enum count reason)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_interface error;
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, reason))
		return;
	open = db_native(ctx, &hit, now);
	if (!open.innermost)
		return;
	error = (struct go_interface){ go_argument(ctx, &hit), go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1) };
	if (!error.itab && db_body(open.innermost)->operation == DB_OPERATION_EXEC)
		pgx_returned(open.innermost, (struct go_string){ go_register(ctx, 0), go_register(ctx, 1) });
	pgx_end(&open, hit.target, error, now);
}

/* In Exec, the first jump behind its call of exec  argument: the error. */
SEC("uprobe")
int db_pgx_end(struct pt_regs *ctx)
{
	pgx_returns(ctx, HIT_DB_PGX_END);
	return 0;
}

/* In CopyFrom, behind its call of run(ctx context.Context) (int64, error)  argument: the error. */
SEC("uprobe")
int db_pgx_copied(struct pt_regs *ctx)
{
	pgx_returns(ctx, HIT_DB_PGX_COPIED);
	return 0;
}

/* ---- the pool ------------------------------------------------------------------------------------- */

enum pgx_wait {
	PGX_WAIT_TURN = 0,    /* for one that others use */
	PGX_WAIT_CONNECT = 1, /* for a new one */
};

/*
 * func (p *Pool[T]) acquire(ctx context.Context) (*Resource[T], error) of puddle, at its call (*Weighted).Acquire  argument: the
 * semaphore; and at its call initResourceValue. No connection is free.
 */
SEC("uprobe")
int db_pgx_acquire(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_span_end *span;
	struct hit hit;
	uaddr_t turns;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_ACQUIRE))
		return 0;
	span = pgx_begin(ctx, &hit, DB_OPERATION_CONNECT, now);
	if (!span || COOKIE_VARIANT(hit.cookie) == PGX_WAIT_CONNECT)
		return 0;
	db_body(span)->pool_wait_ns -= now;
	turns = go_argument(ctx, &hit);
	if (hit.target->pgx.weighted_size == GO_OFFSET_ABSENT || hit.target->pgx.weighted_cur == GO_OFFSET_ABSENT)
		return 0;
	db_body(span)->pool_max = read_u64(turns + hit.target->pgx.weighted_size);
	db_body(span)->pool_used = read_u64(turns + hit.target->pgx.weighted_cur);
	return 0;
}

/* … at the first jump behind either  argument: the error. The call comes that the connection is for. */
SEC("uprobe")
int db_pgx_acquired(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_interface error;
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_ACQUIRED))
		return 0;
	open = db_native(ctx, &hit, now);
	if (!open.innermost)
		return 0;
	if (db_body(open.innermost)->pool_wait_ns < 0)
		db_body(open.innermost)->pool_wait_ns += now;
	error = (struct go_interface){ go_argument(ctx, &hit), go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1) };
	if (error.itab) {
		pgx_end(&open, hit.target, error, now);
		return 0;
	}
	open_span_of(open.innermost)->resumed_by_ktime_ns = now + PGX_ACQUIRED_NS_MAX;
	call_may_be_over(&open, now);
	return 0;
}

#endif
