/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What HTTP/2 has of its own: other ends, in net/http's implementation and in golang.org/x/net/http2, and a start
 * where the latter serves without net/http (h2c).
 */
#ifndef HTTP_SERVER_H2_BPF_H
#define HTTP_SERVER_H2_BPF_H

#include "http_server.bpf.h"

#define ARGUMENT_XNET_WRITER 1 /* of runHandler */

/*
 * golang.org/x/net/http2: func (sc *serverConn) runHandler(rw *responseWriter, req *http.Request, handler func(…))
 * argument: req. The handler may go on to serverHandler.ServeHTTP, or not (h2c).
 */
SEC("uprobe")
int http_server_start_xnet(struct pt_regs *ctx)
{
	http_server_begin(ctx, HIT_HTTP_SERVER_START_XNET, go_register(ctx, ARGUMENT_XNET_WRITER), true);
	return 0;
}

/* The deferred function of (*serverConn).runHandler that runs after handlerDone; once a stream. */
SEC("uprobe")
int http_server_panic_h2(struct pt_regs *ctx)
{
	http_server_give_up(ctx, HIT_HTTP_SERVER_PANIC_H2);
	return 0;
}

/* Where in the structs of one of the two HTTP/2 implementations the end of a request is told. */
struct h2_offsets {
	go_offset_t writer_rws;
	go_offset_t state_stream;
	go_offset_t state_status;
	go_offset_t state_wrote_bytes;
	go_offset_t stream_close_err;
	go_offset_t stream_sc;
	go_offset_t sc_conn;
};

static __always_inline void http_server_finish_h2(struct pt_regs *ctx, const struct hit *hit,
						  const struct h2_offsets *offsets, ktime_ns_t now)
{
	enum span_ending ending = ENDING_RETURNED;
	struct goroutine_key key = {};
	uaddr_t state, stream = 0;
	struct ev_span_end *span = http_server_open(ctx, hit->target, &key, true);

	if (!span)
		return;
	state = offsets->writer_rws == GO_OFFSET_ABSENT ? 0 : read_u64(go_argument(ctx, hit) + offsets->writer_rws);
	if (state && offsets->state_status != GO_OFFSET_ABSENT)
		http_server_status(span, read_u64(state + offsets->state_status));
	if (state && offsets->state_wrote_bytes != GO_OFFSET_ABSENT)
		http_body(span)->body_bytes = read_u64(state + offsets->state_wrote_bytes);
	if (state && offsets->state_stream != GO_OFFSET_ABSENT)
		stream = read_u64(state + offsets->state_stream);
	if (stream && offsets->stream_close_err != GO_OFFSET_ABSENT && read_u64(stream + offsets->stream_close_err))
		ending = ENDING_DISCONNECTED;
	http_server_late_pattern(span, hit->target);
	spans_end_above(span, &key, now);
	if (stream && offsets->stream_sc != GO_OFFSET_ABSENT && offsets->sc_conn != GO_OFFSET_ABSENT)
		connection_served(span, hit->target, read_u64(stream + offsets->stream_sc) + offsets->sc_conn, true);
	span_end(hit->target, span, &key, ending, now);
}

/* func (w *responseWriter) handlerDone()  argument: w. HTTP/2 of net/http. */
SEC("uprobe")
int http_server_end_h2(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_SERVER_END_H2))
		return 0;
	struct h2_offsets offsets = {
		.writer_rws = hit.target->http_server.h2_writer_rws,
		.state_stream = hit.target->http_server.h2_state_stream,
		.state_status = hit.target->http_server.h2_state_status,
		.state_wrote_bytes = hit.target->http_server.h2_state_wrote_bytes,
		.stream_close_err = hit.target->http_server.h2_stream_close_err,
		.stream_sc = hit.target->http_server.h2_stream_sc,
		.sc_conn = hit.target->http_server.h2_sc_conn,
	};
	http_server_finish_h2(ctx, &hit, &offsets, now);
	return 0;
}

/* The same of golang.org/x/net/http2. */
SEC("uprobe")
int http_server_end_xnet(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_SERVER_END_XNET))
		return 0;
	struct h2_offsets offsets = {
		.writer_rws = hit.target->http_server.xnet_writer_rws,
		.state_stream = hit.target->http_server.xnet_state_stream,
		.state_status = hit.target->http_server.xnet_state_status,
		.state_wrote_bytes = hit.target->http_server.xnet_state_wrote_bytes,
		.stream_close_err = hit.target->http_server.xnet_stream_close_err,
		.stream_sc = hit.target->http_server.xnet_stream_sc,
		.sc_conn = hit.target->http_server.xnet_sc_conn,
	};
	http_server_finish_h2(ctx, &hit, &offsets, now);
	return 0;
}

/* As http_server_panic_h2, of golang.org/x/net/http2. */
SEC("uprobe")
int http_server_panic_xnet(struct pt_regs *ctx)
{
	http_server_give_up(ctx, HIT_HTTP_SERVER_PANIC_XNET);
	return 0;
}

#endif
