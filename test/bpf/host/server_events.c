// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <stdio.h>

/* The writer of a request of HTTP/2, whose connection is there: id=N, of its stream */
static uaddr_t write_h2_writer(const struct line *line, const struct target_row *row, uaddr_t conn)
{
	uaddr_t writer = memory__allocate(64), state = memory__allocate(128), stream = memory__allocate(128);
	uaddr_t server_conn = memory__allocate(64);

	memory__write_u64(writer + row->http_server.h2_writer_rws, state);
	memory__write_u64(state + row->http_server.h2_state_stream, stream);
	memory__write_u64(stream + row->http_server.h2_stream_id, line__number(line, "id", 1));
	memory__write_u64(stream + row->http_server.h2_stream_sc, server_conn);
	memory__write_u64(server_conn + row->http_server.h2_sc_conn, memory__read_u64(conn + row->http_server.conn_rwc));
	memory__write_u64(server_conn + row->http_server.h2_sc_conn + 8, memory__read_u64(conn + row->http_server.conn_rwc + 8));
	return writer;
}

/* with xnet as golang.org/x/net/http2 begins it; same-request: ServeHTTP is called with it later */
void server_begin(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;
	uaddr_t conn = memory__allocate(64);
	struct probe_hit hit;
	char peer[32];

	if (line__has(line, "same-request")) {
		hit = hit_on(g, "http_server_start", ARGUMENT(3));
		hit.arguments[3] = g->request;
		programs__run(&hit);
		return;
	}
	snprintf(peer, sizeof(peer), "127.0.0.1:%lu", 40000 + line__number(line, "socket", 0));
	g->request = line__has(line, "no-request") ? UNREADABLE : write_request(line, row, peer);
	g->response = memory__allocate(256);
	memory__write_u64(g->response + row->http_server.response_conn, conn);
	if (line__value(line, "socket"))
		write_socket(line, row, conn + row->http_server.conn_rwc, false);
	go__call(g, 128, 0);
	if (line__has(line, "xnet")) {
		hit = hit_on(g, "http_server_start_xnet", ARGUMENT(2));
		hit.arguments[2] = g->request;
	} else {
		hit = hit_on(g, "http_server_start", ARGUMENT(3));
		hit.arguments[2] = line__number(line, "proto", 11) >= 20 ? write_h2_writer(line, row, conn) : g->response;
		hit.arguments[3] = g->request;
	}
	run_start(line, g, hit);
}

/* pattern= is set while the request is served */
static void write_pattern(const struct line *line, const struct goroutine_state *g, const struct target_row *row)
{
	if (line__value(line, "pattern") && row->http_request.pattern != GO_OFFSET_ABSENT)
		memory__write_string(g->request + row->http_request.pattern, line__value(line, "pattern"));
}

/* status=200 written=N length=N client-gone write-failed no-response */
static void server_end_h1(const struct line *line, struct goroutine_state *g, const struct target_row *row)
{
	struct probe_hit hit = hit_on(g, "http_server_end", ARGUMENT(0));
	uint8_t client_gone = line__has(line, "client-gone");

	memory__write_u64(g->response + row->http_server.response_status, line__number(line, "status", 200));
	memory__write_u64(g->response + row->http_server.response_written, line__number(line, "written", 2));
	memory__write_u64(g->response + row->http_server.response_content_length, line__number(line, "length", -1));
	memory__write(g->response + row->http_server.response_client_gone, &client_gone, 1);
	if (line__has(line, "write-failed"))
		memory__write_u64(memory__read_u64(g->response + row->http_server.response_conn) + row->http_server.conn_write_error, 1);
	hit.arguments[0] = line__has(line, "no-response") ? UNREADABLE : g->response;
	programs__run(&hit);
}

static void server_end_h2(const struct line *line, struct goroutine_state *g, const struct target_row *row)
{
	bool xnet = line__has(line, "xnet");
	struct probe_hit hit = hit_on(g, xnet ? "http_server_end_xnet" : "http_server_end_h2", ARGUMENT(0));
	uaddr_t state = memory__allocate(256), stream = memory__allocate(128);

	hit.arguments[0] = memory__allocate(16);
	memory__write_u64(hit.arguments[0] + (xnet ? row->http_server.xnet_writer_rws : row->http_server.h2_writer_rws), state);
	memory__write_u64(state + (xnet ? row->http_server.xnet_state_stream : row->http_server.h2_state_stream), stream);
	memory__write_u64(state + (xnet ? row->http_server.xnet_state_status : row->http_server.h2_state_status),
			  line__number(line, "status", 200));
	memory__write_u64(state + (xnet ? row->http_server.xnet_state_wrote_bytes : row->http_server.h2_state_wrote_bytes),
			  line__number(line, "written", 2));
	memory__write_u64(stream + (xnet ? row->http_server.xnet_stream_close_err : row->http_server.h2_stream_close_err),
			  line__has(line, "client-gone") ? stream : 0);
	programs__run(&hit);
}

/*
 * server end gN; with h2 for HTTP/2 of net/http, with xnet for that of golang.org/x/net/http2; request-is-gone: its memory
 * is another request's
 */
void server_end(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;

	go__return(g);
	if (!g->response)
		g->response = memory__allocate(256);
	write_pattern(line, g, row);
	if (line__has(line, "request-is-gone"))
		memory__write_u64(g->request + row->http_request.header, memory__allocate(64));
	if (line__has(line, "h2") || line__has(line, "xnet"))
		server_end_h2(line, g, row);
	else
		server_end_h1(line, g, row);
}

/*
 * server route gN pattern=: a ServeMux gets a copy of the request that gN serves (of=gM: that gM serves) and sets the pattern
 * on it; same: the request itself; made-up: one of the handler's own; reused: its memory has another use afterwards
 */
void server_route(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct goroutine_state *of = line__value(line, "of") ? goroutine_of(line__value(line, "of")) : g;
	const struct target_row *row = &target_of(line->words[2])->row;
	struct probe_hit hit = hit_on(g, "http_server_route", ARGUMENT(3));
	uint8_t bytes[256];

	if (line__has(line, "same")) {
		hit.arguments[3] = of->request;
	} else if (line__has(line, "made-up")) {
		hit.arguments[3] = write_request(line, row, "127.0.0.1:1");
	} else {
		hit.arguments[3] = memory__allocate(sizeof(bytes));
		memory__read(bytes, sizeof(bytes), of->request);
		memory__write(hit.arguments[3], bytes, sizeof(bytes));
	}
	programs__run(&hit);
	memory__write_string(hit.arguments[3] + row->http_request.pattern, line__value(line, "pattern") ?: "");
	if (line__has(line, "reused"))
		memory__write_u64(hit.arguments[3] + row->http_request.header, 0);
}

void server_upgrade(const struct line *line)
{
	struct probe_hit hit = hit_on(goroutine_of(line->words[2]), "http_server_upgrade", ARGUMENT(0));

	programs__run(&hit);
}

void server_hijack(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct probe_hit hit = hit_on(g, "http_server_hijack", ARGUMENT(0));

	write_pattern(line, g, &target_of(line->words[2])->row);
	hit.arguments[0] = g->response;
	programs__run(&hit);
}

/* The deferred functions that run however a connection (or with h2 a stream) ends. */
void server_deferred(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const char *program = line__has(line, "h2")   ? "http_server_panic_h2" :
			      line__has(line, "xnet") ? "http_server_panic_xnet" :
							"http_server_conn_end";
	struct probe_hit hit = hit_on(g, program, ARGUMENT(0));

	write_pattern(line, g, &target_of(line->words[2])->row);
	programs__run(&hit);
}
