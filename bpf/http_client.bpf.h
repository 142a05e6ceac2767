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

/* Decides where a new client span belongs: ends stale ones; false if this start was passed before. */
static __always_inline bool http_client_place(struct open_spans *open, const struct target_row *target, goid_t goid,
					      uaddr_t request, uaddr_t stack_hi, __u32 depth, ktime_ns_t now)
{
	for (int i = 0; i < SPAN_DEPTH_MAX; i++) {
		*open = spans_of(target, goid);
		if (!open->innermost || open->innermost->role != SPAN_CLIENT)
			return true;
		if (open->innermost->request_addr == request && open->innermost->stack_depth == depth) {
			count(NOTE_DUPLICATE_START);
			return false;
		}
		if (!http_client_is_stale(open->innermost, stack_hi, depth))
			return true;
		count(NOTE_STALE_CLIENT);
		if (open->outer)
			open->outer->nested = 0;
		span_end(open->innermost, &open->key, ENDING_PANICKED, now);
	}
	return true;
}

/* func (t *Transport) roundTrip(req *Request) (*Response, error)  argument: req. */
SEC("uprobe")
int http_client_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	__u64 cookie = bpf_get_attach_cookie(ctx);
	uaddr_t stack_hi, request_addr, g = go_current_g(ctx), sp = ctx->rsp;
	const struct target_row *target;
	struct http_request request = {};
	struct goroutine goroutine;
	struct open_spans open = {};
	struct ev_span_end *span;
	__u32 depth;

	count(HIT_HTTP_CLIENT_START);
	target = target_of(cookie);
	if (!target)
		return 0;
	request_addr = go_argument(ctx, cookie);
	goroutine = read_goroutine(target, g);
	stack_hi = read_u64(g + target->g_stack + 8);
	if (!goroutine.goid || !stack_hi)
		return 0;
	depth = stack_hi - sp;
	if (!http_client_place(&open, target, goroutine.goid, request_addr, stack_hi, depth, now))
		return 0;
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
	span->request_addr = request_addr;
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
	const struct target_row *target;
	struct open_spans open;

	count(HIT_HTTP_CLIENT_END);
	target = target_of(bpf_get_attach_cookie(ctx));
	if (!target)
		return 0;
	open = http_client_open(ctx, target);
	if (!open.innermost)
		return 0;
	if (ctx->rbx)
		open.innermost->resends++;
	else
		http_client_finish(&open, target, ctx->rax, 0, now);
	return 0;
}

/* In roundTrip, where an alternate round tripper (HTTP/2) has returned: success ends the call, an error may go on. */
SEC("uprobe")
int http_client_end_alt(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	const struct target_row *target;
	struct open_spans open;

	count(HIT_HTTP_CLIENT_END_ALT);
	if (ctx->rbx)
		return 0;
	target = target_of(bpf_get_attach_cookie(ctx));
	if (!target)
		return 0;
	open = http_client_open(ctx, target);
	if (open.innermost)
		http_client_finish(&open, target, ctx->rax, 0, now);
	return 0;
}

/* The returns of roundTrip that a plain success does not pass (AX reply, BX:CX error): the call is over. */
SEC("uprobe")
int http_client_error(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	const struct target_row *target;
	struct open_spans open;

	count(HIT_HTTP_CLIENT_ERROR);
	target = target_of(bpf_get_attach_cookie(ctx));
	if (!target)
		return 0;
	open = http_client_open(ctx, target);
	if (open.innermost)
		http_client_finish(&open, target, ctx->rax, ctx->rbx, now);
	return 0;
}

#endif
