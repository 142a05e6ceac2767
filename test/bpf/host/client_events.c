// SPDX-License-Identifier: Apache-2.0
#include "events.h"

/* stack=N bytes deeper than the caller, or depth=N bytes in all */
void client_begin(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;
	struct probe_hit hit;

	go__call(g, line__number(line, "stack", 512), line__number(line, "depth", 0));
	hit = hit_on(g, "http_client_start", ARGUMENT(1));
	hit.arguments[1] = line__has(line, "no-request") ? UNREADABLE : write_request(line, row, "");
	if (!line__has(line, "no-request"))
		memory__write_u64(hit.arguments[1] + row->http_client.request_context + 8, write_sdk_context(line));
	run_start(line, g, hit);
}

static struct probe_hit in_round_trip(const struct line *line, struct goroutine_state **g, const char *program)
{
	*g = goroutine_of(line->words[2]);
	target_of(line->words[2]);
	return hit_on(*g, program, ARGUMENT(0) | FRAME_STANDS);
}

void client_send(const struct line *line)
{
	struct goroutine_state *g;
	struct probe_hit hit = in_round_trip(line, &g, "http_client_send");
	const struct target_row *row = &go__target(g->target)->row;

	hit.arguments[0] = memory__allocate(256);
	write_socket(line, row, hit.arguments[0] + row->http_client.conn_conn, true);
	programs__run(&hit);
}

/* client stream gN socket=N id=N: of HTTP/2, by a goroutine that the call has begun */
void client_stream(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;
	struct probe_hit hit = hit_on(g, "http_client_stream", ARGUMENT(0));
	uaddr_t conn = memory__allocate(64);

	hit.arguments[0] = memory__allocate(64);
	memory__write_u64(hit.arguments[0] + row->http_client.h2_stream_conn, conn);
	memory__write_u64(hit.arguments[0] + row->http_client.h2_stream_id, line__number(line, "id", 1));
	write_socket(line, row, conn + row->http_client.h2_conn_conn, true);
	programs__run(&hit);
}

/* An attempt has failed; net/http tries again. */
void client_retry(const struct line *line)
{
	struct goroutine_state *g;
	struct probe_hit hit = in_round_trip(line, &g, "http_client_end");

	hit.arguments[1] = memory__allocate(32);
	programs__run(&hit);
}

/* The call returns by way of that program. */
static void client_returns(const struct line *line, const char *program)
{
	struct goroutine_state *g;
	struct probe_hit hit = in_round_trip(line, &g, program);

	hit.arguments[1] = write_error(line);
	hit.arguments[0] = hit.arguments[1] ? 0 : write_reply(line, &go__target(g->target)->row);
	programs__run(&hit);
	go__return(g);
}

/* client end gN, with alt for an alternate round tripper (HTTP/2) */
void client_end(const struct line *line)
{
	client_returns(line, line__has(line, "alt") ? "http_client_end_alt" : "http_client_end");
}

void client_error(const struct line *line)
{
	client_returns(line, "http_client_error");
}

/* The alternate round tripper passes the request on to the ordinary way. */
void client_skip(const struct line *line)
{
	struct goroutine_state *g;
	struct probe_hit hit = in_round_trip(line, &g, "http_client_end_alt");
	const struct target_row *row = &go__target(g->target)->row;

	hit.arguments[1] = memory__read_u64(row->http_client.skip_alt_protocol + row->load_bias);
	hit.arguments[2] = memory__read_u64(row->http_client.skip_alt_protocol + row->load_bias + 8);
	programs__run(&hit);
}
