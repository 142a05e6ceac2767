/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Client spans of net/http: one for each (*Transport).roundTrip, HTTP/1.1 and HTTP/2. */
#ifndef HTTP_CLIENT_BPF_H
#define HTTP_CLIENT_BPF_H

#include "goroutine.bpf.h"
#include "http_request.bpf.h"

/*
 * Has a panic left this client span open? A live outer call uses less stack than a new inner one, and its
 * return address still stands where it was.
 */
static __always_inline bool http_client_is_stale(const struct ev_span_end *span, uaddr_t stack_hi, __u32 new_depth)
{
	return span->stack_depth >= new_depth || read_u64(stack_hi - span->stack_depth) != span->return_addr;
}

/* The spans around a new client span, after those that panics have left open were ended. */
static __always_inline struct open_spans http_client_around(const struct target_row *target, goid_t goid,
							    uaddr_t stack_hi, __u32 depth, ktime_ns_t now)
{
	struct open_spans open = {};

	for (int i = 0; i < SPAN_DEPTH_MAX; i++) {
		open = spans_of(target, goid);
		if (!open.innermost || open.innermost->role != SPAN_CLIENT ||
		    !http_client_is_stale(open.innermost, stack_hi, depth))
			return open;
		count(NOTE_STALE_CLIENT);
		if (open.outer)
			open.outer->nested = 0;
		span_end(open.innermost, &open.key, ENDING_PANICKED, now);
	}
	open.innermost = NULL;
	open.key.depth = 0;
	return open;
}

/* func (t *Transport) roundTrip(req *Request) (*Response, error)  argument: req. */
SEC("uprobe")
int http_client_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	uaddr_t stack_hi, g = go_current_g(ctx), sp = ctx->rsp;
	const struct target_row *target;
	struct http_request request = {};
	struct goroutine goroutine;
	struct open_spans open = {};
	struct ev_span_end *span;
	struct hit hit;
	__u32 depth;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_START))
		return 0;
	target = hit.target;
	goroutine = read_goroutine(target, g);
	stack_hi = read_u64(g + target->g_stack + 8);
	if (!goroutine.goid || !stack_hi)
		return 0;
	depth = stack_hi - sp;
	open = http_client_around(target, goroutine.goid, stack_hi, depth, now);
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

/* The innermost client span of the running goroutine; NULL and counted if there is none. */
static __always_inline struct open_spans http_client_open(const struct pt_regs *ctx, const struct target_row *target)
{
	struct open_spans open = spans_of(target, read_goid(target, go_current_g(ctx)));

	if (!open.innermost || open.innermost->role != SPAN_CLIENT) {
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
	open = http_client_open(ctx, hit.target);
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
	open = http_client_open(ctx, hit.target);
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
	open = http_client_open(ctx, hit.target);
	if (open.innermost)
		http_client_finish(&open, hit.target, ctx->rax, ctx->rbx, now);
	return 0;
}

#endif
