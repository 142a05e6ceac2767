// SPDX-License-Identifier: Apache-2.0
/*
 * Calls of gRPC. One that is made is known by the number of its *clientStream (`stream=N`); a unary one is made by `invoke`, whose
 * frame stands until it ends.
 */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_BYTES 640
#define TRANSPORT_BYTES 640
#define FRAME_BYTES 128

/* The two words of an interface that holds a *T; the type that is pointed to by its link-time address. */
static void write_interface_to(const struct target_row *row, uaddr_t to, uaddr_t linked_type, uaddr_t data)
{
	uaddr_t itab = memory__allocate(32), pointer = memory__allocate(64);

	memory__write_u64(pointer + 48, linked_type + row->load_bias);
	memory__write_u64(itab + 8, pointer);
	memory__write_u64(to, itab);
	memory__write_u64(to + 8, data);
}

/* A *status.Status of that code; 0 for OK */
static uaddr_t write_status(const struct line *line, const struct target_row *row)
{
	uaddr_t status = memory__allocate(16), proto = memory__allocate(96);

	if (!line__number(line, "code", 0))
		return 0;
	memory__write_u64(status + row->grpc.status_s, proto);
	memory__write_u64(proto + row->grpc.status_code, line__number(line, "code", 0));
	memory__write_string(proto + row->grpc.status_message, line__value(line, "message") ?: "");
	return status;
}

/* Enters a function and has its frame stand, linked to that of its caller. */
static void enter(struct goroutine_state *g, uint32_t bytes)
{
	uaddr_t caller = return_slot_of(g);

	go__call(g, bytes, 0);
	go__push_frame(g);
	memory__write_u64(return_slot_of(g) - 8, caller - 8);
}

/* A hit at the entry of a function that is called from the innermost one, of which it has the frame pointer. */
static struct probe_hit hit_within(struct goroutine_state *g, const char *program, uint64_t cookie)
{
	uaddr_t caller = return_slot_of(g);
	struct probe_hit hit;

	go__call(g, FRAME_BYTES, 0);
	hit = hit_on(g, program, cookie);
	if (!(cookie & FRAME_STANDS))
		hit.fp = caller - 8;
	return hit;
}

/* ---- served --------------------------------------------------------------------------------------- */

/* The context of a stream, in others; its metadata if it has any. */
static void write_context(const struct line *line, const struct target_row *row, uaddr_t to)
{
	for (uint64_t i = 0; i <= line__number(line, "contexts", 0); i++) {
		bool is_last = i == line__number(line, "contexts", 0);
		uaddr_t context = memory__allocate(64);

		memory__write_u64(to + 8, context);
		memory__write_u64(context + 16, (is_last ? row->grpc_server.incoming_key_type : 0x7f0000) + row->load_bias);
		if (is_last)
			memory__write_u64(context + 40, write_headers(line, row));
		to = context;
	}
}

/* rpc serve gN method= socket=N id=N; handler: behind net/http; metadata and headers; contexts=N around them; older: gRPC 1.69 to 1.76 */
void rpc_serve(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct target_row *row = &target_of(line->words[2])->row;
	uaddr_t transport = memory__allocate(TRANSPORT_BYTES), stream = memory__allocate(STREAM_BYTES), words = memory__allocate(16);
	uaddr_t addr = memory__allocate(64), ip = memory__allocate(16);
	struct probe_hit hit;
	uint8_t bytes[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };

	write_interface_to(row, words, line__has(line, "handler") ? 0x7f0040 : row->grpc_server.http2_transport_type, transport);
	memory__write(ip, bytes, sizeof(bytes));
	memory__write_u64(addr + row->grpc_server.tcp_addr_ip, ip);
	memory__write_u64(addr + row->grpc_server.tcp_addr_ip + 8, sizeof(bytes));
	memory__write_u64(addr + row->grpc_server.tcp_addr_port, 40000 + line__number(line, "socket", 0));
	write_interface_to(row, transport + row->grpc_server.transport_peer, row->grpc_server.tcp_addr_type, addr);
	if (line__value(line, "socket"))
		write_socket(line, row, transport + row->grpc_server.transport_conn, false);
	write_context(line, row, stream + row->grpc_server.stream_ctx);
	memory__write_string(stream + row->grpc_server.stream_method, line__value(line, "method") ?: "/shop.Orders/Get");
	memory__write_u64(stream + row->grpc_server.stream_id, line__number(line, "id", 0));
	go__call(g, FRAME_BYTES, 0);
	hit = hit_on(g, "grpc_server_start", ARGUMENT(3));
	hit.arguments[1] = memory__read_u64(words);
	hit.arguments[2] = transport;
	hit.arguments[3] = stream;
	run_start(line, g, hit);
	g->serves_at = g->frames;
}

/* rpc status gN code=N message=; within: by a method of the stream, which the handler has called */
void rpc_status(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;
	uint32_t before = g->frames;
	struct probe_hit hit;

	if (!line__has(line, "within"))
		while (g->frames > g->serves_at)
			go__return(g);
	for (int i = 0; i < (line__has(line, "within") ? 4 : 1); i++)
		enter(g, FRAME_BYTES);
	hit = hit_within(g, "grpc_server_end", ARGUMENT(2));
	hit.arguments[2] = write_status(line, row);
	programs__run(&hit);
	while (g->frames > (line__has(line, "within") ? before : g->serves_at))
		go__return(g);
	if (!line__has(line, "within"))
		go__return(g);
}

/* ---- made ----------------------------------------------------------------------------------------- */

static bool is_kind(const struct line *line, const char *kind)
{
	return !strcmp(line__value(line, "kind") ?: "unary", kind);
}

static uaddr_t stream_of(const struct line *line, struct target_state *target)
{
	uint64_t number = line__number(line, "stream", 0) % 256;
	const struct grpc_client_layout *layout = &target->row.grpc_client;
	uaddr_t stream, call_hdr, conn, desc;
	uint8_t flags[2] = { is_kind(line, "server") || is_kind(line, "bidi"), is_kind(line, "client") || is_kind(line, "bidi") };

	if (target->rpc_streams[number])
		return target->rpc_streams[number];
	stream = target->rpc_streams[number] = memory__allocate(STREAM_BYTES);
	call_hdr = memory__allocate(64);
	conn = memory__allocate(64);
	desc = memory__allocate(64);
	memory__write_u64(stream + layout->stream_call_hdr, call_hdr);
	memory__write_u64(stream + layout->stream_cc, conn);
	memory__write_u64(stream + layout->stream_desc, desc);
	memory__write_string(call_hdr + layout->call_hdr_method, line__value(line, "method") ?: "/shop.Orders/Get");
	memory__write_string(conn + layout->conn_target, line__value(line, "target") ?: "shop:50051");
	memory__write(desc + layout->desc_server_streams, &flags[0], 1);
	memory__write(desc + layout->desc_client_streams, &flags[1], 1);
	return stream;
}

static void attempt(const struct line *line, struct goroutine_state *g, uaddr_t stream)
{
	struct probe_hit hit = hit_within(g, "grpc_client_start", ARGUMENT(0));

	hit.arguments[0] = stream;
	run_start(line, g, hit);
	go__return(g);
}

/* rpc begin gN stream=N method= target= kind=unary server client bidi; by-hand: not by `invoke`. What makes attempts is left by `send`. */
void rpc_begin(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct target_state *target = target_of(line->words[2]);
	uaddr_t stream = stream_of(line, target);

	if (is_kind(line, "unary") && !line__has(line, "by-hand"))
		enter(g, 512);
	enter(g, FRAME_BYTES);
	if (is_kind(line, "unary") && !line__has(line, "by-hand")) {
		g->frame[g->frames - 1].return_addr = target->row.grpc_client.invoke_return + target->row.load_bias;
		go__push_frame(g);
	}
	attempt(line, g, stream);
	memory__write_u64(stream + target->row.grpc_client.stream_attempt, stream);
}

/* rpc again gN stream=N: one more attempt; outer: from a call that has come later */
void rpc_again(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);

	if (line__has(line, "outer"))
		enter(g, FRAME_BYTES);
	attempt(line, g, stream_of(line, target_of(line->words[2])));
}

/* rpc send gN socket=N id=N, and what a socket has; hidden: the transport is not in the frame. stays: more attempts are to come */
void rpc_send(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;
	uaddr_t transport = memory__allocate(TRANSPORT_BYTES), streams = memory__allocate(64);
	struct probe_hit hit = hit_within(g, "grpc_client_send", ARGUMENT(2) | FRAME_STANDS);

	memory__write_u64(transport + row->grpc_client.transport_streams, streams);
	write_socket(line, row, transport + row->grpc_client.transport_conn, true);
	go__push_frame(g);
	memory__write_u64(hit.sp + 16, line__has(line, "hidden") ? 0 : transport);
	hit.arguments[1] = streams;
	hit.arguments[2] = line__number(line, "id", 1);
	programs__run(&hit);
	go__return(g);
	if (!line__has(line, "stays"))
		go__return(g);
}

/* error=eof canceled deadline other, or code=N; neither: none */
static void write_rpc_error(const struct line *line, const struct target_row *row, uint64_t to[2])
{
	const char *error = line__value(line, "error") ?: "";
	uaddr_t words = memory__allocate(16), text = memory__allocate(16), status_error = memory__allocate(16);

	if (line__number(line, "code", 0)) {
		memory__write_u64(status_error + row->grpc_client.error_s, write_status(line, row));
		write_interface_to(row, words, row->grpc_client.status_error_type, status_error);
	} else if (*error) {
		memory__write_string(text, !strcmp(error, "eof")	    ? "EOF" :
					   !strcmp(error, "canceled") ? "context canceled" :
									"another text");
		write_interface_to(row, words, strcmp(error, "deadline") ? 0x7f0080 : row->grpc_client.deadline_error_type, text);
	}
	to[0] = memory__read_u64(words);
	to[1] = memory__read_u64(words + 8);
}

/* rpc refuse gN code=N: the last attempt has come to nothing; again: it is to be tried again */
void rpc_refuse(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_row *row = &target_of(line->words[2])->row;
	struct probe_hit hit = hit_within(g, "grpc_client_give_up", ARGUMENT(1) | FRAME_STANDS);

	go__push_frame(g);
	if (!line__has(line, "again"))
		write_rpc_error(line, row, &hit.arguments[1]);
	programs__run(&hit);
	go__return(g);
}

/* rpc end gN stream=N code=N error=; leaves: and `invoke` returns */
void rpc_end(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	struct target_state *target = target_of(line->words[2]);
	struct probe_hit hit = hit_within(g, "grpc_client_end", ARGUMENT(0));

	hit.arguments[0] = stream_of(line, target);
	write_rpc_error(line, &target->row, &hit.arguments[1]);
	programs__run(&hit);
	go__return(g);
	if (line__has(line, "leaves"))
		go__return(g);
}
