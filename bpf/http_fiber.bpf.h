/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Server spans of fiber, which serves by fasthttp. A goroutine of fasthttp serves one connection after the other; what a
 * request says stands in its fasthttp.RequestCtx, as it was sent.
 */
#ifndef HTTP_FIBER_BPF_H
#define HTTP_FIBER_BPF_H

#include "http_server.bpf.h"

#define FIBER_HEADERS_MAX 64
#define FIBER_FIELD_BYTES 56 /* of argsKV: key and value as []byte, noValue */
#define PEER_HEX_BYTES (2 * 16 + 4)
#define FIBER_CAPTURED_CTX 16 /* of func() { app.ReleaseCtx(c) }: c */

/*
 * What is looked for in a request, whose header names may be written in any case. Stands in the text of the span, which is free
 * meanwhile, also so that verifiers do not follow what differs in it (as header_scan).
 */
struct fiber_scan {
	struct go_slice fields;
	struct go_string traceparent;
	struct go_string tracestate;
	__u64 traceparents;
	__u64 tracestates;
	__u64 uri_bytes;
	__u64 path_bytes;
	__u8 uri[HTTP_TEXT_PATH_MAX];
};

_Static_assert(sizeof(struct fiber_scan) <= TEXT_BYTES_MAX, "the text must hold the scan");

static const char traceparent_lower[16] = "traceparent";
static const char tracestate_lower[16] = "tracestate";

/* As is_name, whatever the case; `name` is of lower-case letters. */
static __always_inline bool is_name_in_any_case(uaddr_t at, __u32 bytes, const char *name)
{
	__u64 words[2] = {};

	if (read_user(words, bytes, at))
		return false;
	return (words[0] | 0x2020202020202020) == *(const __u64 *)name &&
	       (words[1] | (*(const __u64 *)(name + 8) & 0x2020202020202020)) == *(const __u64 *)(name + 8);
}

static __noinline long fiber_scan_field(__u32 i, struct fiber_scan **of)
{
	struct fiber_scan *scan = *of;
	struct { struct go_string key; __u64 capacity; struct go_string value; } field = {};

	if (i >= scan->fields.count || read_user(&field, sizeof(field), scan->fields.at + i * FIBER_FIELD_BYTES))
		return 1;
	if (field.key.bytes == sizeof("traceparent") - 1 &&
	    is_name_in_any_case(field.key.at, sizeof("traceparent") - 1, traceparent_lower)) {
		scan->traceparent = field.value;
		scan->traceparents++;
	} else if (field.key.bytes == sizeof("tracestate") - 1 && !scan->tracestates &&
		   is_name_in_any_case(field.key.at, sizeof("tracestate") - 1, tracestate_lower)) {
		scan->tracestate = field.value;
		scan->tracestates++;
	}
	return 0;
}

/* The one traceparent of the header at `header`; false if there is none that is well-formed. */
static __always_inline bool fiber_remote(struct remote_parent *parent, struct fiber_scan *scan,
					 const struct target_row *target, uaddr_t header)
{
	if (read_user(&scan->fields, sizeof(scan->fields), header + target->http_fiber.header_fields))
		return false;
	repeat(FIBER_HEADERS_MAX, fiber_scan_field, &scan);
	if (scan->fields.count > FIBER_HEADERS_MAX)
		count(NOTE_HEADERS_UNSCANNED);
	if (scan->traceparents > 1)
		count(NOTE_TRACEPARENT_MALFORMED);
	return scan->traceparents == 1 && traceparent_parse(parent, scan->traceparent.at, scan->traceparent.bytes);
}

/* What stands before the query. */
static __noinline long fiber_find_query(__u32 i, struct fiber_scan **of)
{
	struct fiber_scan *scan = *of;

	scan->path_bytes = i;
	return i >= scan->uri_bytes || scan->uri[i & (HTTP_TEXT_PATH_MAX - 1)] == '?';
}

/* Divides what was asked for into path and query. What is no path is left out: `http://a/b`, of a proxy. */
static __always_inline void fiber_divide(struct fiber_scan *scan, struct go_string *path, struct go_string *query)
{
	__u64 bytes = path->bytes > HTTP_TEXT_PATH_MAX ? HTTP_TEXT_PATH_MAX : path->bytes;

	asm volatile("" : "+r"(bytes));
	if (!bytes || bytes > HTTP_TEXT_PATH_MAX || read_user(scan->uri, bytes, path->at) ||
	    (scan->uri[0] != '/' && scan->uri[0] != '*')) {
		path->bytes = 0;
		return;
	}
	scan->uri_bytes = bytes;
	repeat(HTTP_TEXT_PATH_MAX + 1, fiber_find_query, &scan);
	/* A path that is cut has no query: where that begins is not looked for. */
	if (scan->path_bytes >= scan->uri_bytes)
		return;
	query->at = path->at + scan->path_bytes + 1;
	query->bytes = path->bytes - scan->path_bytes - 1;
	path->bytes = scan->path_bytes;
}

/* Without a branch for each digit, which verifiers would follow. */
static __always_inline char hex_digit_of(__u32 value)
{
	return '0' + value + ((9 - value) >> 31) * ('a' - '9' - 1);
}

static __always_inline void put_hex(char *to, __u8 byte)
{
	to[0] = hex_digit_of(byte >> 4);
	to[1] = hex_digit_of(byte & 0xf);
}

/* Appends the other end of the connection. */
static __always_inline void fiber_peer(struct ev_span_end *span, const struct endpoint *peer)
{
	__u64 at = span->header.size;
	char *to;

	asm volatile("" : "+r"(at));
	if (at > sizeof(*span) - PEER_HEX_BYTES)
		return;
	to = (char *)span + at;
	for (int i = 0; i < 16; i++)
		put_hex(to + 2 * i, peer->address[i]);
	put_hex(to + 32, peer->port >> 8);
	put_hex(to + 34, peer->port);
	span->text_sizes[HTTP_TEXT_PEER] = PEER_HEX_BYTES;
	span->header.size = at + PEER_HEX_BYTES;
	span->header.flags |= HTTP_FLAG_PEER_HEX;
}

/* Decides parent and ids, as http_server_context. Reads the connection, whose port is 0 if that is not known. */
static __always_inline void fiber_context(struct ev_span_end *span, struct connection *connection,
					  const struct remote_parent *parent)
{
	const __u8 *called = has_called(connection->remote.port & (PORTS - 1));
	struct caller caller = {};

	if (!connection->remote.port || !called || !*called || !connection_caller_of(&caller, connection))
		caller.target_id = 0;
	context_of_request(span, &caller, parent);
}

static __always_inline struct go_string fiber_text(uaddr_t at)
{
	struct go_string text = {};

	read_user(&text, sizeof(text), at);
	return text;
}

/* Fills a span that has begun. A function of its own, as http_server_describe. */
static __noinline void http_fiber_describe(struct ev_span_end *span, const struct target_row *target, uaddr_t request_ctx)
{
	const struct http_fiber_layout *layout = &target->http_fiber;
	uaddr_t request = request_ctx + layout->ctx_request;
	uaddr_t header = request + layout->request_header;
	struct go_string path = fiber_text(header + layout->header_uri), query = {};
	struct remote_parent parent = {};
	struct connection connection;
	struct fiber_scan *scan = span_scratch(span);
	struct go_string tracestate;
	__u8 no_http11 = 0, is_tls = 0;
	bool is_named;

	span->header.flags |= HTTP_FLAG_ESCAPED_PATH | HTTP_FLAG_UNCHECKED;
	if (layout->header_no_http11 != GO_OFFSET_ABSENT)
		read_user(&no_http11, 1, header + layout->header_no_http11);
	if (layout->request_is_tls != GO_OFFSET_ABSENT)
		read_user(&is_tls, 1, request + layout->request_is_tls);
	if (is_tls)
		span->header.flags |= HTTP_FLAG_TLS;
	http_body(span)->protocol = no_http11 ? 10 : 11;
	unknown_zeros(&connection, sizeof(connection));
	if (layout->ctx_conn == GO_OFFSET_ABSENT || !connection_read(&connection, target, request_ctx + layout->ctx_conn))
		connection.remote.port = 0;
	__builtin_memset(scan, 0, offsetof(struct fiber_scan, uri));
	is_named = fiber_remote(&parent, scan, target, header);
	tracestate = scan->tracestate;
	fiber_divide(scan, &path, &query);
	fiber_context(span, &connection, is_named ? &parent : NULL);
	span_decide(span);
	if (!span_is_told(span))
		return;
	if (span_is_sampled(span) && is_named)
		text_append(span, SPAN_TEXT_TRACE_STATE, SPAN_TEXT_TRACE_STATE_MAX, tracestate);
	text_append(span, HTTP_TEXT_METHOD, HTTP_TEXT_METHOD_MAX, fiber_text(header + layout->header_method));
	if (span_is_sampled(span))
		text_append(span, HTTP_TEXT_HOST, HTTP_TEXT_HOST_MAX, fiber_text(header + layout->header_host));
	text_append(span, HTTP_TEXT_PATH, HTTP_TEXT_PATH_MAX, path);
	if (!span_is_sampled(span))
		return;
	text_append(span, HTTP_TEXT_QUERY, HTTP_TEXT_QUERY_MAX, query);
	if (connection.remote.port)
		fiber_peer(span, &connection.remote);
}

/*
 * fiber v2: func (app *App) handler(rctx *fasthttp.RequestCtx)  argument: rctx.
 * fiber v3: func (app *App) requestHandler(rctx *fasthttp.RequestCtx)
 */
SEC("uprobe")
int http_fiber_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct goroutine_key key = {};
	struct goroutine goroutine = {};
	struct ev_span_end *span;
	uaddr_t request_ctx;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_FIBER_START) || hit.target->flags & TARGET_DETACHING)
		return 0;
	request_ctx = go_argument(ctx, &hit);
	if (read_goroutine(&goroutine, hit.target, go_current_g(ctx)) || !goroutine.goid)
		return 0;
	span = outermost_span(hit.target, goroutine.goid, &key);
	if (span) {
		/* net/http serves it, and fiber is one of its handlers. */
		if (span->span_kind == SPAN_KIND_SERVER && open_span_of(span)->object_addr)
			return 0;
		count(LOST_SPAN_REPLACED);
		spans_end_above(span, &key, now);
	}
	span = span_begin(hit.target, &key, go_current_g(ctx), SPAN_KIND_SERVER, SPAN_FAMILY_HTTP, now);
	if (!span)
		return 0;
	span->parent_goid = goroutine.parent_goid;
	http_body(span)->body_bytes = -1;
	open_span_of(span)->object_mark = request_ctx;
	http_fiber_describe(span, hit.target, request_ctx);
	return 0;
}

/* A route that is there for all that begins like it (App.Use) is middleware, also where nothing else was found. */
static __always_inline void http_fiber_route(struct ev_span_end *span, uaddr_t route, go_offset_t path, go_offset_t use)
{
	__u8 is_use = 0;

	if (!route || use == GO_OFFSET_ABSENT || read_user(&is_use, 1, route + use) || is_use)
		return;
	http_route_at(span, route, path);
}

/* Is the goroutine about to be ended by a panic? One that was recovered is none any more. */
static __always_inline bool fiber_panics(const struct pt_regs *ctx, const struct target_row *target)
{
	return target->runtime.g_panic != GO_OFFSET_ABSENT && read_u64(go_current_g(ctx) + target->runtime.g_panic) != 0;
}

/*
 * fiber v2: the deferred func() { app.ReleaseCtx(c) } of handler  no argument: c *Ctx is captured.
 * fiber v3: func (app *App) ReleaseCtx(c CustomCtx)  argument: c's data. The variant says which of them.
 */
SEC("uprobe")
int http_fiber_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	const struct http_fiber_layout *layout;
	const struct target_row *target;
	struct goroutine_key key = {};
	struct ev_span_end *span;
	uaddr_t request_ctx, context;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_FIBER_END))
		return 0;
	target = hit.target;
	layout = &target->http_fiber;
	span = http_server_open(ctx, target, &key, true);
	if (!span)
		return 0;
	if (span_is_told(span)) {
		if (COOKIE_VARIANT(hit.cookie) == HTTP_FIBER_2) {
			context = read_u64(go_closure(ctx) + FIBER_CAPTURED_CTX);
			if (context && layout->fiber2_route != GO_OFFSET_ABSENT)
				http_fiber_route(span, read_u64(context + layout->fiber2_route), layout->fiber2_path,
						 layout->fiber2_use);
		} else {
			context = go_argument(ctx, &hit);
			if (context && layout->fiber3_route != GO_OFFSET_ABSENT)
				http_fiber_route(span, read_u64(context + layout->fiber3_route), layout->fiber3_path,
						 layout->fiber3_use);
		}
	}
	/* net/http serves it. */
	if (open_span_of(span)->object_addr)
		return 0;
	request_ctx = open_span_of(span)->object_mark;
	spans_end_above(span, &key, now);
	if (layout->ctx_conn != GO_OFFSET_ABSENT)
		connection_served(span, target, request_ctx + layout->ctx_conn, false);
	if (fiber_panics(ctx, target)) {
		span_end(target, span, &key, ENDING_PANICKED, now);
		return 0;
	}
	if (span_is_told(span)) {
		http_server_status(span, read_u64(request_ctx + layout->ctx_response + layout->response_header +
						  layout->response_status));
		http_server_pattern(span, target, false);
	}
	span_end(target, span, &key, ENDING_RETURNED, now);
	return 0;
}

#endif
