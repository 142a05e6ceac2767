/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Client spans of net/http: one for each (*Transport).roundTrip, HTTP/1.1 and HTTP/2. */
#ifndef HTTP_CLIENT_BPF_H
#define HTTP_CLIENT_BPF_H

#include "connection.bpf.h"
#include "goroutine.bpf.h"
#include "http_request.bpf.h"

/*
 * The goroutine's innermost span, after the client spans that panics have left open were ended. A call that lives
 * uses at most `deepest` bytes of stack, and its return address still stands where it was (checked if `stack_hi`).
 */
static __always_inline struct open_spans http_client_unwind(const struct target_row *target, goid_t goid, __u32 deepest,
							    uaddr_t stack_hi, ktime_ns_t now)
{
	struct open_spans open = {};

	for (int i = 0; i < SPAN_DEPTH_MAX; i++) {
		struct ev_span_end *span;

		open = spans_of(target, goid);
		span = open.innermost;
		if (!span || span->role != SPAN_CLIENT)
			return open;
		if (span->stack_depth <= deepest &&
		    (!stack_hi || read_u64(stack_hi - span->stack_depth) == span->return_addr))
			return open;
		count(NOTE_STALE_CLIENT);
		if (open.outer)
			open.outer->nested = 0;
		span_end(span, &open.key, ENDING_PANICKED, now);
	}
	open.innermost = NULL;
	open.key.depth = 0;
	return open;
}

static __always_inline uaddr_t stack_hi_of(const struct target_row *target, uaddr_t g)
{
	return read_u64(g + target->g_stack + 8);
}

/* func (t *Transport) roundTrip(req *Request) (*Response, error)  argument: req. */
SEC("uprobe")
int http_client_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	uaddr_t stack_hi, g = go_current_g(ctx), sp = ctx->rsp;
	const struct target_row *target;
	struct http_request request = {};
	struct goroutine goroutine = {};
	struct open_spans open = {};
	struct ev_span_end *span;
	struct hit hit;
	__u32 depth;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_START) || hit.target->flags & TARGET_DETACHING)
		return 0;
	target = hit.target;
	read_goroutine(&goroutine, target, g);
	stack_hi = stack_hi_of(target, g);
	if (!goroutine.goid || !stack_hi)
		return 0;
	depth = stack_hi - sp;
	open = http_client_unwind(target, goroutine.goid, depth - 1, stack_hi, now);
	if (open.innermost) {
		if (open.key.depth + 1 >= SPAN_DEPTH_MAX) {
			count(LOST_DEPTH);
			return 0;
		}
		open.key.depth++;
	}
	span = span_begin(&open.key, SPAN_CLIENT, now);
	if (!span)
		return 0;
	if (open.innermost) {
		open.innermost->nested = 1;
		context_child(span, &open.innermost->trace_id, &open.innermost->span_id, open.innermost->trace_flags);
	} else {
		context_inherit(span, target, goroutine.goid);
	}
	span->g_addr = g;
	span->parent_goid = goroutine.parent_goid;
	span->request_addr = go_argument(ctx, &hit);
	span->stack_depth = depth;
	span->return_addr = read_u64(sp);
	if (!span_is_sampled(span))
		return 0;
	http_request_read(&request, span, target);
	text_append(span, TEXT_METHOD, TEXT_METHOD_MAX, request.method);
	text_append(span, TEXT_SCHEME, TEXT_SCHEME_MAX, request.scheme);
	text_append(span, TEXT_HOST, TEXT_HOST_MAX, request.url_host);
	text_append(span, TEXT_PATH, TEXT_PATH_MAX, request.path);
	text_append(span, TEXT_QUERY, TEXT_QUERY_MAX, request.query);
	return 0;
}

/* The span of the call of roundTrip that is hit: known by its place on the stack. Counted if there is none. */
static __always_inline struct open_spans http_client_open(const struct pt_regs *ctx, const struct hit *hit,
							  ktime_ns_t now)
{
	uaddr_t g = go_current_g(ctx);
	__u32 depth = stack_hi_of(hit->target, g) - entry_sp(ctx, hit);
	struct open_spans open = http_client_unwind(hit->target, read_goid(hit->target, g), depth, 0, now);

	if (!open.innermost || open.innermost->role != SPAN_CLIENT || open.innermost->stack_depth != depth) {
		count(NOTE_END_WITHOUT_START);
		open.innermost = NULL;
	}
	return open;
}

/* The call returns a *http.Response at `reply`, or an error whose itab is `error`. */
static __always_inline void http_client_finish(struct open_spans *open, const struct target_row *target,
					       uaddr_t reply, uaddr_t error, ktime_ns_t now)
{
	struct ev_span_end *span = open->innermost;
	__u64 window[8];

	if (error) {
		/* An itab names its interface, then the concrete type. */
		span->error_type_addr = read_u64(error + 8);
	} else if (reply && !read_user(window, sizeof(window), reply)) {
		span->status = window[target->reply_status_code / 8 & 7];
		span->protocol = window[target->reply_proto_major / 8 & 7] * 10 +
				 window[target->reply_proto_minor / 8 & 7];
		span->header.flags |= SPAN_FLAG_STATUS;
	}
	if (open->outer)
		open->outer->nested = 0;
	span_end(span, &open->key, ENDING_RETURNED, now);
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
	open = http_client_open(ctx, &hit, now);
	if (open.innermost)
		connection_claim(hit.target, go_argument(ctx, &hit) + hit.target->client_conn_conn, &open.key,
				 open.innermost);
	return 0;
}

/*
 * In roundTrip, the conditional jump on the error of one attempt (AX reply, BX:CX error). Without an error the
 * call is over; with one it may be tried again.
 */
SEC("uprobe")
int http_client_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_END))
		return 0;
	open = http_client_open(ctx, &hit, now);
	if (!open.innermost)
		return 0;
	if (ctx->rbx)
		open.innermost->resends++;
	else
		http_client_finish(&open, hit.target, ctx->rax, 0, now);
	return 0;
}

/* Is the error BX:CX net/http.ErrSkipAltProtocol? */
static __always_inline bool http_client_is_skip(const struct pt_regs *ctx, const struct target_row *target)
{
	__u64 skip[2] = {};

	return target->skip_alt_protocol &&
	       !read_user(skip, sizeof(skip), target->skip_alt_protocol + target->load_bias) && skip[0] == ctx->rbx &&
	       skip[1] == ctx->rcx;
}

/*
 * In roundTrip, the conditional jump on what an alternate round tripper (HTTP/2) has returned (AX reply, BX:CX
 * error). It ends the call unless the error says that the ordinary way is to be taken.
 */
SEC("uprobe")
int http_client_end_alt(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_END_ALT))
		return 0;
	if (ctx->rbx && http_client_is_skip(ctx, hit.target))
		return 0;
	open = http_client_open(ctx, &hit, now);
	if (open.innermost)
		http_client_finish(&open, hit.target, ctx->rax, ctx->rbx, now);
	return 0;
}

/* The returns of roundTrip that no other end has seen before (AX reply, BX:CX error): the call is over. */
SEC("uprobe")
int http_client_error(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_ERROR))
		return 0;
	open = http_client_open(ctx, &hit, now);
	if (open.innermost)
		http_client_finish(&open, hit.target, ctx->rax, ctx->rbx, now);
	return 0;
}

#endif
