// SPDX-License-Identifier: Apache-2.0
/* Commands of go-redis, attempt after attempt, as (*baseClient)._process makes them. */
#include "events.h"

#include <string.h>

#define KIND_OFFSET 23
#define KIND_STRING 24
#define TAKER_BYTES 136
#define DEFERRED_BYTES 152

/* A value of type `any` that holds a string. */
static void write_any_string(uaddr_t to, const char *text)
{
	uaddr_t type = memory__allocate(64), data = memory__allocate(16);
	uint8_t kind = KIND_STRING;

	memory__write(type + KIND_OFFSET, &kind, sizeof(kind));
	memory__write_string(data, text);
	memory__write_u64(to, type);
	memory__write_u64(to + 8, data);
}

static uaddr_t write_client(const struct line *line, const struct target_row *row)
{
	uaddr_t client = memory__allocate(64), options = memory__allocate(64);

	memory__write_u64(client + row->redis.client_opt, options);
	memory__write_string(options + row->redis.options_addr, line__value(line, "server") ?: "127.0.0.1:6379");
	memory__write_u64(options + row->redis.options_retries, line__number(line, "retries", 2));
	memory__write_u64(options + row->redis.options_db, line__number(line, "database", 0));
	return client;
}

static uaddr_t write_command(const struct line *line, const struct target_row *row)
{
	uaddr_t command = memory__allocate(64), arguments = memory__allocate(32);

	write_any_string(arguments, line__value(line, "command") ?: "get");
	write_any_string(arguments + 16, "key");
	memory__write_u64(command + row->redis.cmd_args, arguments);
	memory__write_u64(command + row->redis.cmd_args + 8, 2);
	return command;
}

/* redis begin gN command= server= database= retries= attempt=N ; stack=N depth=N as of a client call */
void redis_begin(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;
	struct probe_hit hit;

	go__call(g, line__number(line, "stack", 512), line__number(line, "depth", 0));
	hit = hit_on(g, "db_redis_start", ARGUMENT(4));
	hit.arguments[0] = write_client(line, row);
	hit.arguments[4] = write_command(line, row);
	hit.arguments[5] = line__number(line, "attempt", 0);
	run_start(line, g, hit);
}

/* The error of which the text is what the line says, with spaces for underscores; of a string type, or of another one. */
static void write_redis_error(const struct line *line, uint64_t *itab_and_data)
{
	const char *says = line__value(line, "says");
	uaddr_t itab = memory__allocate(32), type = memory__allocate(64);
	uint8_t kind = line__has(line, "wrapped") ? 0 : KIND_STRING;
	char text[64] = {};

	if (!says)
		return;
	for (size_t i = 0; says[i] && i + 1 < sizeof(text); i++)
		text[i] = says[i] == '_' ? ' ' : says[i];
	memory__write(type + KIND_OFFSET, &kind, sizeof(kind));
	memory__write_u64(itab + 8, type);
	itab_and_data[0] = itab;
	itab_and_data[1] = memory__allocate(16);
	memory__write_string(itab_and_data[1], text);
}

/* Enters withConn, withPipelineConn or what they call; its frame stands, linked to that of its caller. */
static void take_connection(struct goroutine_state *g)
{
	uaddr_t caller = caller_frame_of(g);

	memory__write_u64(return_slot_of(g) - 8, caller);
	go__call(g, TAKER_BYTES, 0);
	go__push_frame(g);
	memory__write_u64(return_slot_of(g) - 8, caller_frame_of(g));
}

/* A hit where the innermost function has no frame, which takes so many bytes. */
static struct probe_hit hit_without_frame(const struct goroutine_state *g, const char *program, uint32_t variant, uint32_t bytes)
{
	struct probe_hit hit = hit_on(g, program, ARGUMENT(0) | (uint64_t)variant << COOKIE_VARIANT_BIT);

	if (HOST_SAVED_BELOW_SP) {
		hit.cookie += SLOT_BELOW_SP(bytes) - SLOT_BELOW_SP(HOST_SAVED_BELOW_SP);
		hit.sp = return_slot_of(g) + bytes;
	}
	return hit;
}

/* A *pool.Conn, by socket=N as of a client. */
static uaddr_t write_pool_conn(const struct line *line, const struct target_row *row)
{
	uaddr_t conn = memory__allocate(64), atomic = memory__allocate(64);
	bool is_kept = row->redis.conn_net != GO_OFFSET_ABSENT;

	memory__write_u64(conn + row->redis.conn_atomic + 8, atomic);
	write_socket(line, row, is_kept ? conn + row->redis.conn_net : atomic + row->redis.atomic_net, true);
	return conn;
}

/* What is captured by the closure that gives a connection back. Variables of who has deferred it are in the frame above. */
static uaddr_t write_captured(const struct line *line, const struct target_row *row, uaddr_t variables)
{
	uaddr_t closure = memory__allocate(64), client = write_client(line, row), context = memory__allocate(16);
	uaddr_t conn = line__value(line, "socket") ? write_pool_conn(line, row) : 0;
	uaddr_t error_at = variables, conn_at = variables + 16, result_at = variables + 24;
	uint64_t error[2] = {};
	const uint64_t plain[] = { client, context, context, conn, error_at };
	const uint64_t recovering[] = { error_at, client, context, context, conn };
	const uint64_t pipeline[] = { error_at, result_at, client, conn_at, context };
	const uint64_t first_pipeline[] = { client, result_at, conn_at, context, context };
	const uint64_t *captured = line__has(line, "recovering")     ? recovering :
				   line__has(line, "pipeline")	     ? pipeline :
				   line__has(line, "first-pipeline") ? first_pipeline :
								       plain;

	write_redis_error(line, error);
	for (int i = 0; i < 2; i++) {
		memory__write_u64(error_at + 8 * i, error[i]);
		memory__write_u64(result_at + 8 * i, error[i]);
	}
	memory__write_u64(conn_at, conn);
	for (int i = 0; i < 5; i++)
		memory__write_u64(closure + 8 + 8 * i, captured[i]);
	return closure;
}

/*
 * redis done gN says=TEXT socket=N: an attempt is over, gives its connection back, and returns; goes-on: it does not yet. By what has
 * captured what: recovering, pipeline, first-pipeline; by-pool: a pipeline of a client without a pool for them; kept: a connection
 * has its net.Conn as a field, as in earlier versions
 */
void redis_done(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct target_row *row = &go__target(g->target)->row;
	bool is_pipeline = line__has(line, "pipeline") || line__has(line, "first-pipeline");
	struct probe_hit hit;

	row->redis.conn_net = line__has(line, "kept") ? 8 : GO_OFFSET_ABSENT;
	target_of(line->words[2]);
	go__push_frame(g);
	if (line__has(line, "by-pool"))
		take_connection(g);
	take_connection(g);
	go__call(g, DEFERRED_BYTES, 0);
	hit = hit_without_frame(g, "db_redis_returned", is_pipeline, DEFERRED_BYTES);
	hit.closure = write_captured(line, row, hit.sp + 8);
	programs__run(&hit);
	go__return(g);
	go__return(g);
	if (line__has(line, "by-pool"))
		go__return(g);
	if (!line__has(line, "goes-on"))
		go__return(g);
}

/* redis fails gN says=TEXT: an attempt has got no connection, and returns; by-pool as above */
void redis_fails(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct probe_hit hit;

	target_of(line->words[2]);
	go__push_frame(g);
	if (line__has(line, "by-pool"))
		take_connection(g);
	take_connection(g);
	hit = hit_without_frame(g, "db_redis_unconnected", 0, TAKER_BYTES);
	write_redis_error(line, hit.arguments);
	programs__run(&hit);
	go__return(g);
	if (line__has(line, "by-pool"))
		go__return(g);
	go__return(g);
}

/* redis greets gN: it has no connection yet and makes one, on which it asks for what is needed at first; with done it has */
void redis_greets_server(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	bool is_done = line__has(line, "done");

	if (!is_done)
		go__push_frame(g);
	for (int i = 0; i < 2; i++)
		if (is_done)
			go__return(g);
		else
			take_connection(g);
}

/* redis gives-up gN says=TEXT: before one more attempt its context ends, and it returns that error */
void redis_gives_up(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct probe_hit hit;

	target_of(line->words[2]);
	go__push_frame(g);
	hit = hit_on(g, "db_redis_give_up", ARGUMENT(0) | FRAME_STANDS);
	write_redis_error(line, hit.arguments);
	programs__run(&hit);
	go__return(g);
}
