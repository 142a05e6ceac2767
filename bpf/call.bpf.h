/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Spans of calls that a goroutine makes: from the entry of a function to where it returns. Such a span is known by its
 * place on the goroutine's stack, by which one that a panic has left open is found and ended.
 */
#ifndef CALL_BPF_H
#define CALL_BPF_H

#include "goroutine.bpf.h"

/* The innermost call is over. */
static __always_inline void call_close(const struct target_row *target, struct open_spans *open,
				       enum span_ending ending, ktime_ns_t now)
{
	if (open->outer)
		open_span_of(open->outer)->nested = 0;
	span_end(target, open->innermost, &open->key, ending, now);
}

/*
 * The goroutine's innermost span, after the calls that panics have left open were ended, and those that are dormant. A call that lives uses at most
 * `deepest` bytes of stack, and its return address still stands where it was (checked if `stack_hi`). With `resumes` a dormant
 * one is left that is to be taken over.
 */
static __always_inline struct open_spans calls_unwind_to(const struct target_row *target, goid_t goid, __u32 deepest,
							 uaddr_t stack_hi, bool resumes, ktime_ns_t now)
{
	struct open_spans open = {};

	for (int i = 0; i < SPAN_DEPTH_MAX; i++) {
		const struct open_span *call;

		open = spans_on(target->target_id, goid, true);
		if (!open.innermost)
			return open;
		call = open_span_of(open.innermost);
		if (resumes && call->is_dormant && now < call->resumed_by_ktime_ns)
			return open;
		if (!call->is_dormant && call->stack_depth <= deepest &&
		    (!stack_hi || !call->stack_depth || read_u64(stack_hi - call->stack_depth) == call->return_addr))
			return open;
		if (open.outer)
			open_span_of(open.outer)->nested = 0;
		span_abandon(open.innermost, &open.key, now);
	}
	open.innermost = NULL;
	open.key.depth = 0;
	return open;
}

static __always_inline struct open_spans calls_unwind(const struct target_row *target, goid_t goid, __u32 deepest,
						      uaddr_t stack_hi, ktime_ns_t now)
{
	return calls_unwind_to(target, goid, deepest, stack_hi, false, now);
}

static __always_inline void call_goes_on(struct ev_span_end *span)
{
	span->end_ktime_ns = 0;
	open_span_of(span)->is_dormant = 0;
	open_span_of(span)->resumed_by_ktime_ns = 0;
}

/*
 * The call is made within a span of the SDK, or is what that one is about itself: the first that is made on the goroutine which has begun
 * it. Of calls that are made for it on others nobody knows which one is the first. Before any text.
 */
static __always_inline void call_join(struct ev_span_end *span, const struct hit *hit, const struct ev_span_end *around,
				      uaddr_t context, const struct stack_place *place)
{
	struct sdk_query *query = span_scratch(span);

	__builtin_memset(query, 0, sizeof(*query));
	query->goid = span->goid;
	query->context = context;
	query->wanted.place = *place;
	if (around)
		query->wanted.after_ktime_ns = around->start_ktime_ns;
	if (!sdk_parent(query, hit, span->g_addr))
		return;
	if (query->parent.kind == SDK_KIND_CLIENT && query->parent.stack_depth && !query->parent.has_call)
		context_same(span, &query->parent);
	else
		context_below_sdk(span, &query->parent);
}

/*
 * Is the call being left by a panic or runtime.Goexit, whose deferred function is hit? Either is a record on the stack, deeper
 * than the call; one that was under way when a deferred function made the call lies above it.
 */
static __always_inline bool call_panics(const struct pt_regs *ctx, const struct target_row *target,
					struct ev_span_end *span)
{
	uaddr_t panic, g = go_current_g(ctx);

	if (target->runtime.g_panic == GO_OFFSET_ABSENT)
		return false;
	panic = read_u64(g + target->runtime.g_panic);
	return panic && panic < stack_hi_of(target, g) - open_span_of(span)->stack_depth;
}

/*
 * Begins the span of the call whose entry is hit, as a child of the goroutine's innermost span or with what the goroutine
 * has inherited; if the target has an SDK that is joined, as a child of its span in which the call is made. `context`: the data
 * word of the context.Context that the call was given, 0: none. NULL if there is none to be filled. Unless it may nest there is none
 * within a call of the same family, and one that is dormant is taken over (resumed_by_ktime_ns).
 */
static __always_inline struct ev_span_end *call_begin_within(struct pt_regs *ctx, const struct hit *hit, enum span_kind kind,
							     enum span_family family, uaddr_t context, bool may_nest,
							     ktime_ns_t now)
{
	uaddr_t stack_hi, g = go_current_g(ctx);
	const struct target_row *target = hit->target;
	struct goroutine goroutine = {};
	struct open_spans open = {};
	struct ev_span_end *span;
	__u32 depth;

	if (target->flags & TARGET_DETACHING)
		return NULL;
	read_goroutine(&goroutine, target, g);
	stack_hi = stack_hi_of(target, g);
	if (!goroutine.goid || !stack_hi)
		return NULL;
	depth = stack_hi - return_slot(ctx, hit);
	open = calls_unwind_to(target, goroutine.goid, depth - 1, stack_hi, !may_nest, now);
	if (!may_nest && open.innermost && open_span_of(open.innermost)->is_dormant) {
		call_goes_on(open.innermost);
		open_span_of(open.innermost)->stack_depth = depth;
		open_span_of(open.innermost)->return_addr = return_address(ctx, hit);
		return open.innermost;
	}
	if (open.innermost) {
		if (!may_nest && open.innermost->family == family) {
			/* What is deferred is none of its doing. */
			if (!call_panics(ctx, target, open.innermost))
				return NULL;
			if (open.outer)
				open_span_of(open.outer)->nested = 0;
			span_abandon(open.innermost, &open.key, now);
			open.innermost = open.outer;
			if (open.key.depth)
				open.key.depth--;
		}
	}
	if (open.innermost) {
		if (open.key.depth + 1 >= SPAN_DEPTH_MAX) {
			count(LOST_DEPTH);
			return NULL;
		}
		open.key.depth++;
	}
	span = span_begin(target, &open.key, g, kind, family, now);
	if (!span)
		return NULL;
	if (open.innermost) {
		open_span_of(open.innermost)->nested = 1;
		open_span_of(open.innermost)->has_children = 1;
		context_below(span, open.innermost);
	} else {
		context_inherit(span, target, goroutine.goid);
	}
	span->parent_goid = goroutine.parent_goid;
	open_span_of(span)->stack_depth = depth;
	open_span_of(span)->return_addr = return_address(ctx, hit);
	if (sdk_is_joined(target))
		call_join(span, hit, open.innermost, context,
			  &(struct stack_place){ stack_hi, ctx->REG_FP, open_span_of(span)->return_addr, depth });
	span_decide(span);
	return span;
}

static __always_inline struct ev_span_end *call_begin(struct pt_regs *ctx, const struct hit *hit, enum span_kind kind,
						      enum span_family family, uaddr_t context, ktime_ns_t now)
{
	return call_begin_within(ctx, hit, kind, family, context, true, now);
}

/* The span of the call that is hit inside its function, or as it returns. Counted if there is none. */
static __always_inline struct open_spans call_open(const struct pt_regs *ctx, const struct hit *hit,
						   enum span_family family, ktime_ns_t now)
{
	uaddr_t g = go_current_g(ctx);
	__u32 depth = stack_hi_of(hit->target, g) - return_slot(ctx, hit);
	struct open_spans open = calls_unwind(hit->target, read_goid(hit->target, g), depth, 0, now);

	if (!open.innermost || open.innermost->family != family ||
	    open_span_of(open.innermost)->stack_depth != depth) {
		count(NOTE_END_WITHOUT_START);
		open.innermost = NULL;
	}
	return open;
}

/* The innermost call, if it is of that family, in whatever function that it calls the hit lies. */
static __always_inline struct open_spans call_around(const struct pt_regs *ctx, const struct hit *hit,
						     enum span_family family, ktime_ns_t now)
{
	uaddr_t g = go_current_g(ctx);
	uaddr_t stack_hi = stack_hi_of(hit->target, g);
	struct open_spans open = calls_unwind(hit->target, read_goid(hit->target, g),
					      stack_hi - return_slot(ctx, hit), stack_hi, now);

	if (open.innermost && open.innermost->family != family)
		open.innermost = NULL;
	return open;
}

/* The call returns; `error` is the type word of the error that it returns, an itab, or 0. */
static __always_inline void call_end(const struct target_row *target, struct open_spans *open, uaddr_t error, ktime_ns_t now)
{
	/* An itab names its interface, then the concrete type. */
	if (error)
		open->innermost->error_type_addr = read_u64(error + 8);
	call_close(target, open, ENDING_RETURNED, now);
}

/* The innermost call may be over now, or go on: until it does, it is dormant. */
static __always_inline void call_may_be_over(struct open_spans *open, ktime_ns_t now)
{
	open->innermost->end_ktime_ns = now;
	socket_look(open_span_of(open->innermost));
	open_span_of(open->innermost)->is_dormant = 1;
}

/* The goroutine's innermost span, if it is a call of that family that is dormant. */
static __always_inline struct open_spans call_dormant(const struct pt_regs *ctx, const struct hit *hit, enum span_family family)
{
	struct open_spans open = spans_on(hit->target->target_id, read_goid(hit->target, go_current_g(ctx)), true);

	if (open.innermost && (!open_span_of(open.innermost)->is_dormant || open.innermost->family != family))
		open.innermost = NULL;
	return open;
}

#endif
