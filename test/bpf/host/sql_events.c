// SPDX-License-Identifier: Apache-2.0
/*
 * Calls of database/sql: of a sql.DB; with `stmt` of a prepared statement, with `tx` or `conn` of a transaction or of a
 * connection that was taken out of the pool. Whatever they call themselves is deeper on the stack.
 */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEEPER 192

/* A type *T of an interface value, and the two words of the value. */
struct interface {
	uaddr_t itab, data;
};

static struct interface interface_to(const struct target_row *row, uaddr_t linked_type, uaddr_t data)
{
	uaddr_t itab = memory__allocate(32), pointer = memory__allocate(64);

	memory__write_u64(pointer + 48, linked_type + row->load_bias);
	memory__write_u64(itab + 8, pointer);
	return (struct interface){ itab, data };
}

static void write_interface(uaddr_t to, struct interface value)
{
	memory__write_u64(to, value.itab);
	memory__write_u64(to + 8, value.data);
}

static bool is(const char *word, const char *other)
{
	return word && !strcmp(word, other);
}

static uint64_t operation_of(const struct line *line)
{
	static const char *const names[] = { "", "query", "exec", "prepare", "ping", "begin", "commit", "rollback" };

	for (uint64_t i = 1; i < sizeof(names) / sizeof(*names); i++)
		if (is(line->words[3], names[i]))
			return i << COOKIE_VARIANT_BIT;
	fprintf(stderr, "database/sql has no %s\n", line->words[3]);
	exit(2);
}

/* ---- connections: driver=pgx pq mysql sqlite; else another one. database=NAME tls, and what a socket has ---- */

static void write_net_conn(const struct line *line, const struct target_row *row, uaddr_t to)
{
	if (line__has(line, "tls")) {
		uaddr_t tls = memory__allocate(64);

		/* A *tls.Conn, whose first field is the net.Conn. */
		write_interface(to, interface_to(row, 0x703000, tls));
		to = tls;
	}
	write_socket(line, row, to, true);
}

static struct interface write_pgx(const struct line *line, const struct target_row *row)
{
	const struct db_layout *db = &row->db;
	uaddr_t conn = memory__allocate(256), inner = memory__allocate(64), pg_conn = memory__allocate(64);

	memory__write_u64(conn + db->pgx_conn_conn, inner);
	memory__write_u64(inner + db->pgx_inner_pg_conn, pg_conn);
	write_net_conn(line, row, pg_conn + db->pgx_pg_conn_conn);
	memory__write_string(conn + db->pgx_conn_config + db->pgx_config_config + db->pgx_config_database,
			     line__value(line, "database") ?: "shop");
	return interface_to(row, db->pgx_conn_type, conn);
}

static struct interface write_pq(const struct line *line, const struct target_row *row)
{
	uaddr_t conn = memory__allocate(256);

	write_net_conn(line, row, conn + row->db.pq_conn_c);
	memory__write_string(conn + row->db.pq_conn_config + row->db.pq_config_database,
			     line__value(line, "database") ?: "shop");
	return interface_to(row, row->db.pq_conn_type, conn);
}

static struct interface write_mysql(const struct line *line, const struct target_row *row)
{
	uaddr_t conn = memory__allocate(128), config = memory__allocate(128);

	write_net_conn(line, row, conn + row->db.mysql_conn_net);
	memory__write_u64(conn + row->db.mysql_conn_config, config);
	memory__write_string(config + row->db.mysql_config_database, line__value(line, "database") ?: "shop");
	return interface_to(row, row->db.mysql_conn_type, conn);
}

static uaddr_t write_driver_conn(const struct line *line, const struct target_row *row)
{
	uaddr_t driver_conn = memory__allocate(64);
	const char *driver = line__value(line, "driver") ?: "pgx";
	struct interface conn = is(driver, "pgx")    ? write_pgx(line, row) :
				is(driver, "pq")     ? write_pq(line, row) :
				is(driver, "mysql")  ? write_mysql(line, row) :
				is(driver, "sqlite") ? interface_to(row, row->db.sqlite_conn_type, memory__allocate(64)) :
						       interface_to(row, 0x7ff000, memory__allocate(64));

	write_interface(driver_conn + row->db.driver_conn_ci, conn);
	return driver_conn;
}

/* A *driverConn: a new one, or connection=N, which is made as the first line says that names it. */
static uaddr_t driver_conn_of(const struct line *line)
{
	struct target_state *target = target_of(line->words[2]);
	uint64_t number = line__number(line, "connection", 0);

	if (!number || number >= sizeof(target->driver_conns) / sizeof(*target->driver_conns))
		return write_driver_conn(line, &target->row);
	target->driver_conns[number] = target->driver_conns[number] ?: write_driver_conn(line, &target->row);
	return target->driver_conns[number];
}

/* A *sql.DB whose connector is of that driver, or is the one that database/sql makes of a driver and a string; open=N max=N free=N connections. */
static uaddr_t write_pool(const struct line *line, const struct target_row *row)
{
	uaddr_t pool = memory__allocate(64), dsn = memory__allocate(64);
	const char *driver = line__value(line, "driver") ?: "pgx";
	struct interface connector;

	if (is(driver, "sqlite")) {
		write_interface(dsn + row->db.dsn_connector_driver,
				interface_to(row, row->db.sqlite_driver_type, memory__allocate(16)));
		connector = interface_to(row, row->db.dsn_connector_type, dsn);
	} else {
		connector = interface_to(row, is(driver, "pgx") ? row->db.pgx_connector_type :
					      is(driver, "pq") ? row->db.pq_connector_type :
					      is(driver, "mysql") ? row->db.mysql_connector_type : 0x7ff100,
					 memory__allocate(64));
	}
	write_interface(pool + row->db.db_connector, connector);
	memory__write_u64(pool + row->db.db_num_open, line__number(line, "open", 0));
	memory__write_u64(pool + row->db.db_max_open, line__number(line, "max", 0));
	memory__write_u64(pool + row->db.db_free_conn + 8, line__number(line, "free", 0));
	return pool;
}

/* ---- errors: error=TYPE (an address that can be read, from 0xc008000000 on), sqlstate=XXXXX of pgx, number=N of MySQL, canceled; wrapped ---- */

static struct interface write_db_error(const struct line *line, const struct target_row *row)
{
	struct interface error = { write_error(line), memory__allocate(64) };

	if (line__value(line, "sqlstate")) {
		memory__write_string(error.data + row->db.pgx_error_code, line__value(line, "sqlstate"));
		error = interface_to(row, row->db.pgx_error_type, error.data);
	} else if (line__value(line, "number")) {
		uint16_t number = line__number(line, "number", 0);

		memory__write(error.data + row->db.mysql_error_number, &number, sizeof(number));
		error = interface_to(row, row->db.mysql_error_type, error.data);
	} else if (line__has(line, "canceled")) {
		memory__write_string(error.data, "context canceled");
		error = interface_to(row, 0x7ff200, error.data);
	}
	if (error.itab && line__has(line, "wrapped")) {
		uaddr_t around = memory__allocate(64);

		write_interface(around + row->db.wrap_error_err, error);
		error = interface_to(row, row->db.wrap_error_type, around);
	}
	return error.itab ? error : (struct interface){ 0 };
}

/* ---- hits ---- */

static void begin_of_pool(const struct line *line, struct goroutine_state *g, const struct target_row *row)
{
	struct probe_hit hit = hit_on(g, "db_pool_start", ARGUMENT(3) | operation_of(line));
	uaddr_t statement = memory__allocate(16);

	memory__write_string(statement, line__value(line, "statement") ?: "select");
	hit.arguments[0] = write_pool(line, row);
	hit.arguments[3] = memory__read_u64(statement);
	hit.arguments[4] = memory__read_u64(statement + 8);
	run_start(line, g, hit);
}

static void begin_of_statement(const struct line *line, struct goroutine_state *g, const struct target_row *row)
{
	struct probe_hit hit = hit_on(g, "db_stmt_start", ARGUMENT(0) | operation_of(line));

	hit.arguments[0] = memory__allocate(64);
	memory__write_u64(hit.arguments[0] + row->db.stmt_db, write_pool(line, row));
	memory__write_string(hit.arguments[0] + row->db.stmt_query, line__value(line, "statement") ?: "select");
	run_start(line, g, hit);
}

/* At the call of what speaks to the driver: the frame stands. */
static void begin_of_session(const struct line *line, struct goroutine_state *g, const struct target_row *row)
{
	uint64_t operation = operation_of(line);
	bool executes = operation >> COOKIE_VARIANT_BIT == DB_OPERATION_EXEC;
	uaddr_t statement = memory__allocate(16);
	struct probe_hit hit;

	go__push_frame(g);
	hit = hit_on(g, "db_session_start", ARGUMENT(3) | FRAME_STANDS | operation);
	memory__write_string(statement, line__value(line, "statement") ?: "select");
	hit.arguments[3] = driver_conn_of(line);
	hit.arguments[executes ? 5 : 7] = memory__read_u64(statement);
	hit.arguments[executes ? 6 : 8] = memory__read_u64(statement + 8);
	programs__run(&hit);
}

/* sql begin gN query|exec|prepare|ping|begin|commit|rollback statement= ; stack=N depth=N as of a client call */
void sql_begin(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;

	go__call(g, line__number(line, "stack", 512), line__number(line, "depth", 0));
	if (line__has(line, "stmt"))
		begin_of_statement(line, g, row);
	else if (line__has(line, "tx") || line__has(line, "conn"))
		begin_of_session(line, g, row);
	else
		begin_of_pool(line, g, row);
}

/* A hit in a function that the call calls: at its entry, or with FRAME_STANDS within it. */
static void run_deeper(const struct line *line, struct probe_hit *hit)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct probe_hit place;

	go__call(g, DEEPER, 0);
	if (hit->cookie & FRAME_STANDS)
		go__push_frame(g);
	place = hit_on(g, hit->program, hit->cookie);
	memcpy(place.arguments, hit->arguments, sizeof(place.arguments));
	place.closure = hit->closure;
	programs__run(&place);
	go__return(g);
}

static void call_returns(const struct line *line)
{
	go__return(goroutine_of(line->words[2]));
}

/* sql rows gN: a query has succeeded, and returns */
void sql_rows(const struct line *line)
{
	const struct target_row *row = &target_of(line->words[2])->row;
	struct probe_hit hit = { .program = "db_rows", .cookie = ARGUMENT(0) };

	hit.arguments[0] = memory__allocate(64);
	memory__write_u64(hit.arguments[0] + row->db.rows_dc, driver_conn_of(line));
	run_deeper(line, &hit);
	call_returns(line);
}

/* What has used a connection gives it back. */
static void release(const struct line *line, const struct target_row *row)
{
	bool of_tx = line__has(line, "tx"), of_conn = line__has(line, "conn");
	struct probe_hit hit = { .program = "db_release",
				 .cookie = ARGUMENT(0) | (uint64_t)(of_tx ? 1 : of_conn ? 2 : 0) << COOKIE_VARIANT_BIT };
	struct interface error = write_db_error(line, row);
	uaddr_t owner = driver_conn_of(line), session = memory__allocate(64);

	if (of_tx || of_conn)
		memory__write_u64(session + (of_tx ? row->db.tx_dc : row->db.conn_dc), owner);
	hit.closure = memory__allocate(16);
	memory__write_u64(hit.closure + 8, of_tx || of_conn ? session : owner);
	hit.arguments[0] = error.itab;
	hit.arguments[1] = error.data;
	run_deeper(line, &hit);
}

/* sql done gN: what is no query has come back from the driver, with an error or without, and returns; goes-on: it does not yet */
void sql_done(const struct line *line)
{
	release(line, &target_of(line->words[2])->row);
	if (!line__has(line, "goes-on"))
		call_returns(line);
}

/* sql closed gN: rows that the goroutine has read give their connection back */
void sql_closed(const struct line *line)
{
	release(line, &target_of(line->words[2])->row);
}

/* One hit of a program that is handed an error, in a function that the call calls. */
static void run_with_error(const struct line *line, const char *program, struct interface error)
{
	struct probe_hit hit = { .program = program, .cookie = ARGUMENT(0) | FRAME_STANDS };

	hit.arguments[0] = error.itab;
	hit.arguments[1] = error.data;
	run_deeper(line, &hit);
}

/* An attempt of the pool has failed: on a connection, or without-conn; is it tried again? */
static void attempt_failed(const struct line *line, bool is_tried_again)
{
	const struct target_row *row = &target_of(line->words[2])->row;
	struct probe_hit jump = { .program = "db_give_up", .cookie = ARGUMENT(0) | FRAME_STANDS };

	if (!line__has(line, "without-conn"))
		release(line, row);
	if (line__has(line, "at-last")) {
		run_with_error(line, "db_return", write_db_error(line, row));
		return;
	}
	run_with_error(line, "db_attempt", write_db_error(line, row));
	jump.arguments[0] = is_tried_again;
	run_deeper(line, &jump);
}

void sql_retry(const struct line *line)
{
	attempt_failed(line, true);
}

/* sql fail gN: the pool gives up and the call returns the error; at-last: after its last attempt */
void sql_fail(const struct line *line)
{
	attempt_failed(line, false);
	call_returns(line);
}

/* sql begun gN: a transaction has begun */
void sql_begun(const struct line *line)
{
	struct probe_hit begin_on = { .program = "db_begin_on", .cookie = ARGUMENT(3) };
	struct probe_hit begun = { .program = "db_begun", .cookie = ARGUMENT(0) | FRAME_STANDS };

	begin_on.arguments[3] = driver_conn_of(line);
	run_deeper(line, &begin_on);
	run_deeper(line, &begun);
	call_returns(line);
}

/* sql ended gN: a transaction has been committed or rolled back, with an error or without */
void sql_ended(const struct line *line)
{
	run_with_error(line, "db_session_end", write_db_error(line, &target_of(line->words[2])->row));
	call_returns(line);
}

/* sql wait gN: the pool has no connection to give; sql got gN: it has one, or the call waits no longer */
static void wait_changes(const struct line *line, const char *program)
{
	target_of(line->words[2]);
	run_with_error(line, program, (struct interface){ 0 });
}

void sql_wait(const struct line *line)
{
	wait_changes(line, "db_wait_start");
}

void sql_got(const struct line *line)
{
	wait_changes(line, "db_wait_end");
}
