/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Client spans of net/http: one for each (*Transport).roundTrip, HTTP/1.1 and HTTP/2. */
#ifndef HTTP_CLIENT_BPF_H
#define HTTP_CLIENT_BPF_H

#include "call.bpf.h"
#include "connection.bpf.h"
#include "http_request.bpf.h"
#include "remote_context.bpf.h"

/* What roundTrip and the functions that it calls return: a *Response and an error, whose itab and data are two words. */
static __always_inline uaddr_t returned_reply(const struct pt_regs *ctx)
{
	return go_register(ctx, 0);
}

static __always_inline uaddr_t returned_error(const struct pt_regs *ctx)
{
	return go_register(ctx, 1);
}

static __always_inline uaddr_t returned_error_data(const struct pt_regs *ctx)
{
	return go_register(ctx, 2);
}

/* The context.Context of the request, where it is asked for. */
static __always_inline uaddr_t http_client_context(const struct pt_regs *ctx, const struct hit *hit)
{
	return sdk_is_joined(hit->target) ? peek_u64(go_argument(ctx, hit) + hit->target->http_client.request_context + 8) : 0;
}

/*
 * The headers of the request may name a span already, which the program has written there itself or has from elsewhere. If it is of
 * another trace than what the call is made within, then the call belongs to that one, and has a link to what is around it. What an
 * SDK that is joined has written names what the call is below anyway. Before any text. A function of its own for its frame's sake, as
 * http_server_describe.
 */
static __noinline int http_client_named(struct ev_span_end *span, const struct target_row *target, struct go_slice *tracestate)
{
	struct remote_parent named = {};

	if (span->header.flags & SPAN_FLAG_SDK_PARENT ||
	    !remote_read(&named, span, target, peek_u64(open_span_of(span)->object_addr + target->http_request.header),
			 tracestate) ||
	    same_trace(&named.trace_id, &span->trace_id)) {
		tracestate->count = 0;
		return 0;
	}
	context_link(span);
	context_remote(span, &named);
	span_decide(span);
	return 0;
}

/* Fills a span that has begun and is told. A function of its own, as http_client_named. */
static __noinline int http_client_describe(struct ev_span_end *span, const struct target_row *target,
					   const struct go_slice *tracestate)
{
	struct http_request request = {};

	http_request_read(&request, span, target);
	if (span_is_sampled(span))
		remote_trace_state(span, tracestate);
	text_append(span, HTTP_TEXT_METHOD, HTTP_TEXT_METHOD_MAX, request.method);
	text_append(span, HTTP_TEXT_SCHEME, HTTP_TEXT_SCHEME_MAX, request.scheme);
	text_append(span, HTTP_TEXT_HOST, HTTP_TEXT_HOST_MAX, request.url_host);
	if (!span_is_sampled(span))
		return 0;
	text_append(span, HTTP_TEXT_PATH, HTTP_TEXT_PATH_MAX, request.path);
	text_append(span, HTTP_TEXT_QUERY, HTTP_TEXT_QUERY_MAX, request.query);
	return 0;
}

/* func (t *Transport) roundTrip(req *Request) (*Response, error)  argument: req. */
SEC("uprobe")
int http_client_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_slice tracestate = {};
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_START))
		return 0;
	span = call_begin(ctx, &hit, SPAN_KIND_CLIENT, SPAN_FAMILY_HTTP, http_client_context(ctx, &hit), now);
	if (!span)
		return 0;
	http_body(span)->body_bytes = -1;
	open_span_of(span)->object_addr = go_argument(ctx, &hit);
	http_client_named(span, hit.target, &tracestate);
	if (span_is_told(span))
		http_client_describe(span, hit.target, &tracestate);
	return 0;
}

/* The call returns a *http.Response at `reply`, or an error whose itab is `error`. */
static __always_inline void http_client_finish(struct open_spans *open, const struct target_row *target,
					       uaddr_t reply, uaddr_t error, ktime_ns_t now)
{
	struct http_body *body = http_body(open->innermost);
	__u64 window[8];

	if (!error && reply && !read_user(window, sizeof(window), reply)) {
		body->status = window[target->http_client.reply_status_code / 8 & 7];
		body->protocol = window[target->http_client.reply_proto_major / 8 & 7] * 10 +
				 window[target->http_client.reply_proto_minor / 8 & 7];
		open->innermost->header.flags |= HTTP_FLAG_STATUS;
	}
	if (body->protocol >= 20)
		connection_noted(open->innermost);
	call_end(target, open, error, now);
}

/* In roundTrip, the call pconn.roundTrip(treq)  argument: pconn. The request goes out over this connection. */
SEC("uprobe")
int http_client_send(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_SEND))
		return 0;
	open = call_open(ctx, &hit, SPAN_FAMILY_HTTP, now);
	if (open.innermost)
		connection_claim(hit.target, go_argument(ctx, &hit) + hit.target->http_client.conn_conn, 0,
				 &open.key, open.innermost);
	return 0;
}

/*
 * In roundTrip, the conditional jump on the error of one attempt. Without an error the call is over; with
 * one it may be tried again.
 */
SEC("uprobe")
int http_client_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_END))
		return 0;
	open = call_open(ctx, &hit, SPAN_FAMILY_HTTP, now);
	if (!open.innermost)
		return 0;
	if (returned_error(ctx))
		http_body(open.innermost)->resends++;
	else
		http_client_finish(&open, hit.target, returned_reply(ctx), 0, now);
	return 0;
}

/* Is the error net/http.ErrSkipAltProtocol? */
static __always_inline bool http_client_is_skip(const struct pt_regs *ctx, const struct target_row *target)
{
	__u64 skip[2] = {};

	return target->http_client.skip_alt_protocol &&
	       !read_user(skip, sizeof(skip), loaded_address(target, target->http_client.skip_alt_protocol)) &&
	       skip[0] == returned_error(ctx) && skip[1] == returned_error_data(ctx);
}

/*
 * In roundTrip, the conditional jump on what an alternate round tripper (HTTP/2) has returned. It ends the
 * call unless the error says that the ordinary way is to be taken.
 */
SEC("uprobe")
int http_client_end_alt(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_END_ALT))
		return 0;
	if (returned_error(ctx) && http_client_is_skip(ctx, hit.target))
		return 0;
	open = call_open(ctx, &hit, SPAN_FAMILY_HTTP, now);
	if (open.innermost)
		http_client_finish(&open, hit.target, returned_reply(ctx), returned_error(ctx), now);
	return 0;
}

/* The returns of roundTrip that no other end has seen before: the call is over. */
SEC("uprobe")
int http_client_error(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_ERROR))
		return 0;
	open = call_open(ctx, &hit, SPAN_FAMILY_HTTP, now);
	if (open.innermost)
		http_client_finish(&open, hit.target, returned_reply(ctx), returned_error(ctx), now);
	return 0;
}

#endif
