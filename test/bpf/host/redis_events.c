// SPDX-License-Identifier: Apache-2.0
/* Commands of go-redis, attempt after attempt, as (*baseClient)._process makes them. */
#include "events.h"

#include <string.h>

#define KIND_OFFSET 23
#define KIND_STRING 24

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
static void write_redis_error(const struct line *line, struct probe_hit *hit)
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
	hit->arguments[0] = itab;
	hit->arguments[1] = memory__allocate(16);
	memory__write_string(hit->arguments[1], text);
}

/* redis done gN says=TEXT: an attempt is over, and returns */
void redis_done(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct probe_hit hit;

	target_of(line->words[2]);
	go__push_frame(g);
	hit = hit_on(g, "db_redis_result", ARGUMENT(0) | FRAME_STANDS);
	write_redis_error(line, &hit);
	programs__run(&hit);
	go__return(g);
}

/* redis gives-up gN says=TEXT: before one more attempt its context ends, and it returns that error */
void redis_gives_up(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct probe_hit hit;

	target_of(line->words[2]);
	go__push_frame(g);
	hit = hit_on(g, "db_redis_give_up", ARGUMENT(0) | FRAME_STANDS);
	write_redis_error(line, &hit);
	programs__run(&hit);
	go__return(g);
}
