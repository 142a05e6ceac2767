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

#include "call.bpf.h"
#include "connection.bpf.h"
#include "text.bpf.h"

struct go_interface {
	uaddr_t itab;
	uaddr_t data;
};

static __always_inline struct db_body *db_body(struct ev_span_end *span)
{
	return (struct db_body *)span->rest;
}

static __always_inline struct go_interface read_interface(uaddr_t at)
{
	struct go_interface value = {};

	read_user(&value, sizeof(value), at);
	return value;
}

/* The types of a value in an interface: its own and, if that is a pointer, the one pointed to. */
struct go_type {
	uaddr_t own;
	uaddr_t pointed;
};

static __always_inline struct go_type type_of(const struct go_interface *value)
{
	struct go_type type = {};

	if (value->itab) {
		type.own = read_u64(value->itab + 8);
		type.pointed = read_u64(type.own + GO_POINTER_ELEM);
	}
	return type;
}

/* Is it the type whose link-time address is `linked`, or a pointer to it? */
static __always_inline bool is_type(const struct target_row *target, const struct go_type *type, uaddr_t linked)
{
	uaddr_t loaded = loaded_address(target, linked);

	return linked && (type->own == loaded || type->pointed == loaded);
}

/* ---- connections ---------------------------------------------------------------------------------- */

/* The server at the other end of the net.Conn at `at`, with TLS or without. */
static __always_inline void db_peer(struct ev_span_end *span, const struct target_row *target, uaddr_t at)
{
	struct go_interface conn = read_interface(at);
	struct go_type type = type_of(&conn);
	struct connection connection = {};
	struct db_body *body = db_body(span);

	if (is_type(target, &type, target->db.tls_conn_type) && target->db.tls_conn_conn != GO_OFFSET_ABSENT)
		at = conn.data + target->db.tls_conn_conn;
	if (connection_read(&connection, target, at))
		return;
	__builtin_memcpy(body->peer_address, connection.remote.address, sizeof(body->peer_address));
	body->peer_port = connection.remote.port;
	span->header.flags |= DB_FLAG_PEER;
}

static __always_inline void db_namespace(struct ev_span_end *span, uaddr_t at)
{
	struct go_string name = {};

	if (!read_user(&name, sizeof(name), at))
		text_append(span, DB_TEXT_NAMESPACE, DB_TEXT_NAMESPACE_MAX, name);
}

/*
 * The connection that the call is made on, as the pool has it (*driverConn): whose driver it is, which server, which
 * database. A function of its own, so that its frame does not add to those of the programs.
 */
static __noinline int db_connection(struct ev_span_end *span, const struct target_row *target, uaddr_t driver_conn)
{
	const struct db_layout *db = &target->db;
	struct go_interface conn;
	struct go_type type;
	__u8 system = DB_SYSTEM_OTHER;
	uaddr_t at = 0, name = 0;

	if (!span || !target || !driver_conn || !span_is_sampled(span))
		return 0;
	conn = read_interface(driver_conn + db->driver_conn_ci);
	type = type_of(&conn);
	if (is_type(target, &type, db->pgx_conn_type)) {
		system = DB_SYSTEM_POSTGRESQL;
		at = read_u64(read_u64(conn.data + db->pgx_conn_conn) + db->pgx_inner_pg_conn) + db->pgx_pg_conn_conn;
		if (db->pgx_conn_config != GO_OFFSET_ABSENT && db->pgx_config_database != GO_OFFSET_ABSENT)
			name = conn.data + db->pgx_conn_config + db->pgx_config_config + db->pgx_config_database;
	} else if (is_type(target, &type, db->pq_conn_type)) {
		system = DB_SYSTEM_POSTGRESQL;
		at = conn.data + db->pq_conn_c;
		if (db->pq_conn_config != GO_OFFSET_ABSENT && db->pq_config_database != GO_OFFSET_ABSENT)
			name = conn.data + db->pq_conn_config + db->pq_config_database;
	} else if (is_type(target, &type, db->mysql_conn_type)) {
		system = DB_SYSTEM_MYSQL;
		at = conn.data + db->mysql_conn_net;
		name = read_u64(conn.data + db->mysql_conn_config) + db->mysql_config_database;
	} else if (is_type(target, &type, db->sqlite_conn_type)) {
		system = DB_SYSTEM_SQLITE;
	}
	db_body(span)->system = system;
	if (at)
		db_peer(span, target, at);
	if (name && !span->text_sizes[DB_TEXT_NAMESPACE])
		db_namespace(span, name);
	return 0;
}

/* Which system it is, of a call that got no connection: by what the pool makes its connections with. */
static __noinline int db_connector(struct ev_span_end *span, const struct target_row *target)
{
	const struct db_layout *db = &target->db;
	struct go_interface connector;
	struct go_type type;
	__u8 system = DB_SYSTEM_OTHER;

	if (!span || !target || !open_span_of(span)->object_addr)
		return 0;
	connector = read_interface(open_span_of(span)->object_addr + db->db_connector);
	type = type_of(&connector);
	if (is_type(target, &type, db->dsn_connector_type) && db->dsn_connector_driver != GO_OFFSET_ABSENT) {
		connector = read_interface(connector.data + db->dsn_connector_driver);
		type = type_of(&connector);
	}
	if (is_type(target, &type, db->pgx_connector_type) || is_type(target, &type, db->pgx_open_connector_type) ||
	    is_type(target, &type, db->pq_connector_type) || is_type(target, &type, db->pq_driver_type))
		system = DB_SYSTEM_POSTGRESQL;
	else if (is_type(target, &type, db->mysql_connector_type))
		system = DB_SYSTEM_MYSQL;
	else if (is_type(target, &type, db->sqlite_driver_type))
		system = DB_SYSTEM_SQLITE;
	db_body(span)->system = system;
	return 0;
}

/* ---- errors --------------------------------------------------------------------------------------- */

#define ERRORS_WRAPPED_MAX 2

static __always_inline void db_sql_state(struct db_body *body, uaddr_t at)
{
	struct go_string code = {};

	if (!read_user(&code, sizeof(code), at) && code.bytes == 5)
		read_user(body->sql_state, 5, code.at);
}

/* Is it an errors.New("context canceled")? */
static __always_inline bool db_is_canceled(uaddr_t error)
{
	static const char canceled[16] = "context canceled";
	struct go_string text = {};
	__u64 said[2] = {};

	if (!error || bpf_probe_read_user(&text, sizeof(text), (void *)error) || text.bytes != sizeof(canceled) ||
	    bpf_probe_read_user(said, sizeof(said), (void *)text.at))
		return false;
	return said[0] == ((const __u64 *)canceled)[0] && said[1] == ((const __u64 *)canceled)[1];
}

/* What the error is that an attempt has come back with: its type, and its code where the driver is known. */
static __noinline int db_failed(struct ev_span_end *span, const struct target_row *target, uaddr_t itab, uaddr_t data)
{
	const struct db_layout *db;
	struct go_interface error = { itab, data };
	struct go_type type;
	struct db_body *body;

	if (!span || !target)
		return 0;
	db = &target->db;
	body = db_body(span);
	type = type_of(&error);
	/* What a known one wraps says more. */
	for (int i = 0; i < ERRORS_WRAPPED_MAX; i++) {
		go_offset_t wrapped = GO_OFFSET_ABSENT;

		if (is_type(target, &type, db->wrap_error_type))
			wrapped = db->wrap_error_err;
		else if (is_type(target, &type, db->pgx_prepare_error_type))
			wrapped = db->pgx_prepare_error_err;
		else if (is_type(target, &type, db->pgx_timeout_type))
			wrapped = db->pgx_timeout_err;
		if (wrapped == GO_OFFSET_ABSENT)
			break;
		error = read_interface(error.data + wrapped);
		type = type_of(&error);
	}
	span->error_type_addr = type.own;
	span->header.flags &= ~DB_FLAG_CANCELED;
	body->error_number = 0;
	*(__u64 *)body->sql_state = 0;
	if (is_type(target, &type, db->pgx_error_type)) {
		db_sql_state(body, error.data + db->pgx_error_code);
	} else if (is_type(target, &type, db->pq_error_type)) {
		db_sql_state(body, error.data + db->pq_error_code);
	} else if (is_type(target, &type, db->mysql_error_type)) {
		__u16 number = 0;

		read_user(&number, sizeof(number), error.data + db->mysql_error_number);
		body->error_number = number;
	} else if (is_type(target, &type, db->sqlite_error_type)) {
		body->error_number = read_u64(error.data + db->sqlite_error_code);
	} else if (db_is_canceled(error.data)) {
		span->header.flags |= DB_FLAG_CANCELED;
	}
	return 0;
}

/* ---- starts --------------------------------------------------------------------------------------- */

static __always_inline struct ev_span_end *db_begin(struct pt_regs *ctx, const struct hit *hit, ktime_ns_t now)
{
	struct ev_span_end *span = call_begin(ctx, hit, SPAN_KIND_CLIENT, SPAN_FAMILY_DB, now);

	if (span)
		db_body(span)->operation = COOKIE_VARIANT(hit->cookie);
	return span;
}

static __always_inline void db_statement(struct ev_span_end *span, struct go_string statement)
{
	if (span_is_sampled(span))
		text_append(span, DB_TEXT_STATEMENT, DB_TEXT_STATEMENT_MAX, statement);
}

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

/* The call of database/sql that the hit lies in; none if its start was not seen, or if nothing but rows are closed. */
static __always_inline struct open_spans db_open(const struct pt_regs *ctx, const struct hit *hit, ktime_ns_t now)
{
	uaddr_t g = go_current_g(ctx);
	uaddr_t stack_hi = stack_hi_of(hit->target, g);
	struct open_spans open = calls_unwind(hit->target, read_goid(hit->target, g),
					      stack_hi - return_slot(ctx, hit), stack_hi, now);

	if (open.innermost && open.innermost->family != SPAN_FAMILY_DB)
		open.innermost = NULL;
	return open;
}

static __always_inline void db_succeed(struct open_spans *open, ktime_ns_t now)
{
	/* Of an attempt before. */
	open->innermost->error_type_addr = 0;
	open->innermost->header.flags &= ~DB_FLAG_CANCELED;
	call_end(open, 0, now);
}

static __always_inline void db_fail(struct open_spans *open, const struct target_row *target, ktime_ns_t now)
{
	if (!db_body(open->innermost)->system && open->innermost->header.flags & DB_FLAG_POOL)
		db_connector(open->innermost, target);
	call_end(open, 0, now);
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
	open = db_open(ctx, &hit, now);
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
	open = db_open(ctx, &hit, now);
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
	db_succeed(&open, now);
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
 * closemuRUnlockCondReleaseConn(err error), each as a method value  argument: err. An attempt has come to its end; a
 * successful query and a begun transaction only give their connection back when they are closed.
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
	open = db_open(ctx, &hit, now);
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
	if (!error) {
		db_succeed(&open, now);
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
	open = db_open(ctx, &hit, now);
	if (!open.innermost) {
		count(NOTE_END_WITHOUT_START);
		return 0;
	}
	error = go_argument(ctx, &hit);
	if (error)
		db_failed(open.innermost, hit.target, error, go_register(ctx, 1));
	call_end(&open, 0, now);
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
	open = db_open(ctx, &hit, now);
	if (open.innermost)
		db_succeed(&open, now);
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
	open = db_open(ctx, &hit, now);
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
	open = db_open(ctx, &hit, now);
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
	open = db_open(ctx, &hit, now);
	if (!open.innermost)
		return 0;
	db_failed(open.innermost, hit.target, error, go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1));
	db_fail(&open, hit.target, now);
	return 0;
}

/* ---- the wait for a connection -------------------------------------------------------------------- */

static __always_inline void db_wait(struct pt_regs *ctx, enum count reason, __s64 sign)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, reason))
		return;
	open = db_open(ctx, &hit, now);
	if (open.innermost)
		db_body(open.innermost)->pool_wait_ns += sign * (__s64)now;
}

/* In (*DB).conn, the call makechan: the pool has as many connections as it may, so that the call waits for one. */
SEC("uprobe")
int db_wait_start(struct pt_regs *ctx)
{
	db_wait(ctx, HIT_DB_WAIT_START, -1);
	return 0;
}

/* In (*DB).conn, the calls time.Since: it has one, or waits no longer. */
SEC("uprobe")
int db_wait_end(struct pt_regs *ctx)
{
	db_wait(ctx, HIT_DB_WAIT_END, 1);
	return 0;
}

#endif
