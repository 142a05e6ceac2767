/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Server spans of net/http, HTTP/1.1 and HTTP/2. A server span is always the outermost of its goroutine. */
#ifndef HTTP_SERVER_BPF_H
#define HTTP_SERVER_BPF_H

#include "connection.bpf.h"
#include "goroutine.bpf.h"
#include "http_request.bpf.h"
#include "http_route.bpf.h"
#include "remote_context.bpf.h"

#define ARGUMENT_WRITER 2 /* of ServeHTTP: the data word of its ResponseWriter */

/* The *conn of a *response. */
static __always_inline uaddr_t http_server_conn(const struct target_row *target, uaddr_t response)
{
	return read_u64(response + target->http_server.response_conn);
}

/* Where a request came from: the net.Conn whose two words stand at `conn`, and of HTTP/2 the stream in it. */
struct http_origin {
	uaddr_t conn; /* 0: not known */
	__u32 stream_id;
};

/* Where in the structs of one of the two implementations of HTTP/2 it is said over which connection a request came. */
struct h2_origin_offsets {
	go_offset_t writer_rws;
	go_offset_t state_stream;
	go_offset_t stream_id;
	go_offset_t stream_sc;
	go_offset_t sc_conn;
};

static __always_inline struct h2_origin_offsets h2_origin_offsets_of(const struct http_server_layout *layout, bool is_xnet)
{
	if (is_xnet)
		return (struct h2_origin_offsets){ layout->xnet_writer_rws, layout->xnet_state_stream, layout->xnet_stream_id,
						   layout->xnet_stream_sc, layout->xnet_sc_conn };
	return (struct h2_origin_offsets){ layout->h2_writer_rws, layout->h2_state_stream, layout->h2_stream_id,
					   layout->h2_stream_sc, layout->h2_sc_conn };
}

/* … by its ResponseWriter: a *response, or a *responseWriter of HTTP/2, of net/http or of golang.org/x/net/http2. */
static __always_inline struct http_origin http_server_origin(const struct target_row *target, __u64 major, uaddr_t writer,
							     bool is_xnet)
{
	struct http_origin origin = {};
	struct h2_origin_offsets offsets;
	uaddr_t state, stream;

	if (major < 2) {
		origin.conn = http_server_conn(target, writer) + target->http_server.conn_rwc;
		return origin;
	}
	offsets = h2_origin_offsets_of(&target->http_server, is_xnet);
	if (offsets.writer_rws != GO_OFFSET_ABSENT && offsets.state_stream != GO_OFFSET_ABSENT &&
	    offsets.stream_id != GO_OFFSET_ABSENT && offsets.stream_sc != GO_OFFSET_ABSENT &&
	    offsets.sc_conn != GO_OFFSET_ABSENT) {
		/* Whatever serves HTTP/2 in place of net/http may have a writer of its own. */
		state = peek_u64(writer + offsets.writer_rws);
		stream = state ? peek_u64(state + offsets.state_stream) : 0;
		origin.stream_id = stream ? peek_u64(stream + offsets.stream_id) : 0;
		if (origin.stream_id)
			origin.conn = peek_u64(stream + offsets.stream_sc) + offsets.sc_conn;
	}
	return origin;
}

/*
 * Finds the client span on this host that the request of the span comes from: else the target of `caller` is 0. `writer` is its
 * ResponseWriter, 0 if that is not known. A function of its own, so that its frame is not in those of what is called after it.
 */
static __noinline int http_server_caller(struct caller *caller, struct ev_span_end *span,
					 const struct target_row *target, uaddr_t writer, bool is_xnet)
{
	uaddr_t request = open_span_of(span)->object_addr;
	struct http_origin origin;
	struct go_string peer = {};

	unknown_zeros(caller, sizeof(*caller));
	if (!writer || !may_be_called() || read_user(&peer, sizeof(peer), request + target->http_request.remote_addr) ||
	    !may_be_called_by(peer))
		return 0;
	origin = http_server_origin(target, read_u64(request + target->http_request.proto_major), writer, is_xnet);
	if (origin.conn && !connection_caller(caller, target, origin.conn, origin.stream_id))
		caller->target_id = 0;
	return 0;
}

/* Decides parent and ids. Before any text. */
static __always_inline void http_server_context(struct ev_span_end *span, const struct target_row *target,
						uaddr_t header, const struct caller *caller,
						struct go_slice *tracestate)
{
	struct remote_parent parent = {};
	bool is_named = remote_read(&parent, span, target, header, tracestate);

	context_of_request(span, caller, is_named ? &parent : NULL);
}

/* Is it the preface of an HTTP/2 connection without TLS, `PRI * HTTP/2.0`, which is no request? */
static __always_inline bool http_server_is_preface(struct ev_span_end *span, const struct go_string *method)
{
	char name[3] = {};

	return http_body(span)->protocol == 20 && !(span->header.flags & HTTP_FLAG_TLS) && method->bytes == sizeof(name) &&
	       !read_user(name, sizeof(name), method->at) && name[0] == 'P' && name[1] == 'R' && name[2] == 'I';
}

/* Of HTTP/3 no end is known. */
static __always_inline bool http_server_ignores(struct ev_span_end *span, const struct http_request *request)
{
	if (http_body(span)->protocol < 30)
		return http_server_is_preface(span, &request->method);
	count(NOTE_HTTP3_UNTRACED);
	return true;
}

/*
 * Fills a span that has begun: context, and what its request says; false if it is not to be traced. A function of its
 * own, so that its frame does not add to what the start needs before it.
 */
static __noinline bool http_server_describe(struct ev_span_end *span, const struct target_row *target,
					    const struct caller *caller)
{
	struct http_request request = {};
	struct go_slice tracestate = {};

	http_request_read(&request, span, target);
	http_server_context(span, target, request.header, caller, &tracestate);
	if (http_server_ignores(span, &request))
		return false;
	span_decide(span);
	if (!span_is_told(span))
		return true;
	if (span_is_sampled(span))
		remote_trace_state(span, &tracestate);
	text_append(span, HTTP_TEXT_METHOD, HTTP_TEXT_METHOD_MAX, request.method);
	if (span_is_sampled(span))
		text_append(span, HTTP_TEXT_HOST, HTTP_TEXT_HOST_MAX, request.host);
	/* It tells whether the pattern is a route. */
	text_append(span, HTTP_TEXT_PATH, HTTP_TEXT_PATH_MAX, request.path);
	if (!span_is_sampled(span))
		return true;
	text_append(span, HTTP_TEXT_QUERY, HTTP_TEXT_QUERY_MAX, request.query);
	text_append(span, HTTP_TEXT_PEER, HTTP_TEXT_PEER_MAX, request.remote_addr);
	return true;
}

/* `writer`: the data word of its ResponseWriter, which is one of net/http or, with `is_xnet`, of golang.org/x/net/http2. */
static __always_inline void http_server_begin(struct pt_regs *ctx, enum count reason, uaddr_t writer, bool is_xnet)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	const struct target_row *target;
	struct goroutine_key key = {};
	struct goroutine goroutine = {};
	struct ev_span_end *span;
	struct caller caller;
	uaddr_t request_addr;
	struct hit hit;

	if (!hit_begin(&hit, ctx, reason) || hit.target->flags & TARGET_DETACHING)
		return;
	target = hit.target;
	request_addr = go_argument(ctx, &hit);
	if (read_goroutine(&goroutine, target, go_current_g(ctx)) || !goroutine.goid)
		return;
	sdk_forget(target, go_current_g(ctx), goroutine.goid);
	span = outermost_span(target, goroutine.goid, &key);
	if (span) {
		if (open_span_of(span)->object_addr == request_addr && span->span_kind == SPAN_KIND_SERVER) {
			count(NOTE_START_SEEN);
			return;
		}
		count(LOST_SPAN_REPLACED);
		spans_end_above(span, &key, now);
	}
	span = span_begin(target, &key, go_current_g(ctx), SPAN_KIND_SERVER, SPAN_FAMILY_HTTP, now);
	if (!span)
		return;
	span->parent_goid = goroutine.parent_goid;
	http_body(span)->body_bytes = -1;
	open_span_of(span)->object_addr = request_addr;
	http_server_caller(&caller, span, target, writer, is_xnet);
	if (!http_server_describe(span, target, &caller))
		span_drop(target, span, &key);
}

/* func (sh serverHandler) ServeHTTP(rw ResponseWriter, req *Request)  argument: req. HTTP/1.1 and HTTP/2. */
SEC("uprobe")
int http_server_start(struct pt_regs *ctx)
{
	http_server_begin(ctx, HIT_HTTP_SERVER_START, go_register(ctx, ARGUMENT_WRITER), false);
	return 0;
}

/* The open server span of the running goroutine; NULL and counted if there is none and `expected`. */
static __always_inline struct ev_span_end *http_server_open(const struct pt_regs *ctx, const struct target_row *target,
							    struct goroutine_key *key, bool expected)
{
	struct ev_span_end *span = outermost_span(target, read_goid(target, go_current_g(ctx)), key);

	if (span && span->span_kind == SPAN_KIND_SERVER && span->family == SPAN_FAMILY_HTTP)
		return span;
	if (expected)
		count(NOTE_END_WITHOUT_START);
	return NULL;
}

static __always_inline void http_server_status(struct ev_span_end *span, __u64 status)
{
	http_body(span)->status = status ?: 200; /* the handler wrote nothing: net/http answers 200 */
	span->header.flags |= HTTP_FLAG_STATUS;
}

/*
 * golang.org/x/net/http2/h2c: func h2cUpgrade(w http.ResponseWriter, r *http.Request) (…)  The handler is about to take the
 * connection over, to serve the same request on it by HTTP/2 (http_server_start_xnet).
 */
SEC("uprobe")
int http_server_upgrade(struct pt_regs *ctx)
{
	struct goroutine_key key = {};
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_SERVER_UPGRADE))
		return 0;
	span = http_server_open(ctx, hit.target, &key, false);
	if (span)
		open_span_of(span)->moves_on = 1;
	return 0;
}

/*
 * Has the client gone away? Either the server has seen it while it read, or it could not write (conn.werr), whichever came
 * first: a handler that ends at once when it cannot write may do so before the reader has seen anything.
 */
static __always_inline bool http_server_client_is_gone(const struct target_row *target, const __u64 *window)
{
	const struct http_server_layout *layout = &target->http_server;

	if (layout->response_client_gone != GO_OFFSET_ABSENT && window_u8(window, layout->response_client_gone))
		return true;
	if (layout->response_conn == GO_OFFSET_ABSENT || layout->conn_write_error == GO_OFFSET_ABSENT)
		return false;
	return read_u64(window_u64(window, layout->response_conn) + layout->conn_write_error) != 0;
}

/* func (w *response) finishRequest()  argument: w. HTTP/1.1 only. */
SEC("uprobe")
int http_server_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	enum span_ending ending = ENDING_RETURNED;
	const struct target_row *target;
	struct goroutine_key key = {};
	struct ev_span_end *span;
	const struct http_server_layout *layout;
	__u64 response[GO_WINDOW_BYTES / 8];
	bool is_read;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_SERVER_END))
		return 0;
	target = hit.target;
	layout = &target->http_server;
	span = http_server_open(ctx, target, &key, true);
	if (!span)
		return 0;
	is_read = !read_user(response, sizeof(response), go_argument(ctx, &hit));
	if (span_is_told(span)) {
		if (is_read) {
			__s64 length = window_u64(response, layout->response_content_length);

			http_server_status(span, window_u64(response, layout->response_status));
			http_body(span)->body_bytes = window_u64(response, layout->response_written);
			/* Gone before all that was promised had been written. */
			if ((length < 0 || http_body(span)->body_bytes < length) && http_server_client_is_gone(target, response))
				ending = ENDING_DISCONNECTED;
		}
		http_server_pattern(span, target, true);
	}
	spans_end_above(span, &key, now);
	if (is_read && layout->response_conn != GO_OFFSET_ABSENT && layout->conn_rwc != GO_OFFSET_ABSENT)
		connection_served(span, target, window_u64(response, layout->response_conn) + layout->conn_rwc, false);
	span_end(target, span, &key, ending, now);
	return 0;
}

/* func (w *response) Hijack() (…)  argument: w. The handler takes the connection over; finishRequest is not called. */
SEC("uprobe")
int http_server_hijack(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct goroutine_key key = {};
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_SERVER_HIJACK))
		return 0;
	span = http_server_open(ctx, hit.target, &key, false);
	if (!span)
		return 0;
	if (open_span_of(span)->moves_on) {
		spans_end_above(span, &key, now);
		span_drop(hit.target, span, &key);
		return 0;
	}
	http_server_pattern(span, hit.target, true);
	spans_end_above(span, &key, now);
	span_end(hit.target, span, &key, ENDING_HIJACKED, now);
	return 0;
}

/* A server span still open where a connection or stream is given up: its handler panicked. */
static __always_inline void http_server_give_up(struct pt_regs *ctx, enum count reason)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct goroutine_key key = {};
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, reason))
		return;
	span = http_server_open(ctx, hit.target, &key, false);
	if (!span)
		return;
	http_server_late_pattern(span, hit.target);
	spans_end_above(span, &key, now);
	span_end(hit.target, span, &key, ENDING_PANICKED, now);
}

/* func (c *conn) serve.func1()  the deferred function that recovers; once a connection. */
SEC("uprobe")
int http_server_conn_end(struct pt_regs *ctx)
{
	http_server_give_up(ctx, HIT_HTTP_SERVER_CONN_END);
	return 0;
}

#endif
