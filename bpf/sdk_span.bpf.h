/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Spans that an OpenTelemetry SDK in the target begins: no spans of ours, but what is made within them is made for them. */
#ifndef SDK_SPAN_BPF_H
#define SDK_SPAN_BPF_H

#include "call.bpf.h"
#include "stack.bpf.h"

/* At the call context.WithValue(parent, key, value): the types of its key and of its value. */
#define ARGUMENT_KEY_TYPE 2
#define ARGUMENT_VALUE_TYPE 4

/*
 * The function that has begun the span, from the frame of (*tracer).Start: beyond the delegate, by which a tracer goes that was
 * got before there was an SDK. False if it is not found.
 */
static __always_inline bool sdk_beginner(struct caller_frame *beginner, const struct target_row *target, uaddr_t frame_pointer)
{
	if (!caller_read(beginner, frame_pointer))
		return false;
	if (target->sdk.delegate_start && beginner->return_address >= loaded_address(target, target->sdk.delegate_start) &&
	    beginner->return_address < loaded_address(target, target->sdk.delegate_end))
		return caller_read(beginner, beginner->frame_pointer);
	return true;
}

/* Remembers how the SDK marks its spans. */
static __always_inline void sdk_mark(struct pt_regs *ctx, const struct hit *hit, bool is_recorded)
{
	__u32 slot = COOKIE_SLOT(hit->cookie);
	struct sdk_marks *marks = bpf_map_lookup_elem(&sdk_marks_by_slot, &slot);

	if (!marks || (marks->target_id == hit->target->target_id && (marks->span_type || !is_recorded)))
		return;
	marks->key_type = go_register(ctx, ARGUMENT_KEY_TYPE);
	marks->span_type = is_recorded ? go_register(ctx, ARGUMENT_VALUE_TYPE) : 0;
	in_order();
	marks->target_id = hit->target->target_id;
}

/* The parent of a span that is recorded; zeros: it has none. */
static __always_inline span_id_t sdk_parent_id(const struct target_row *target, const struct sdk_span *span)
{
	span_id_t parent = {};

	read_user(&parent, sizeof(parent), span->addr + target->sdk.span_parent + target->sdk.context_span_id);
	return parent;
}

/*
 * Is a span of ours about the same as one of the SDK that begins directly within it? Not if that is about a part of a call, as each
 * is that begins within one of net/http, and one below that which a call already stands for.
 */
static __always_inline bool sdk_is_same(const struct target_row *target, const struct ev_span_end *own,
					const struct sdk_span *span)
{
	span_id_t parent;

	if (own->span_kind == SPAN_KIND_SERVER)
		return !context_is_sdk(own) && (span->kind == SDK_KIND_SERVER || !span->addr);
	if (own->span_kind != SPAN_KIND_CLIENT || !span_family_holds_sdk(own->family) || span->kind != SDK_KIND_CLIENT)
		return false;
	parent = sdk_parent_id(target, span);
	return !context_is_sdk(own) || !same_span(&parent, &own->parent_span_id);
}

/*
 * A span without a parent begins in a request that has none either, and of which nobody has heard yet: they are of one trace.
 */
static __always_inline bool sdk_is_first(const struct target_row *target, struct ev_span_end *own, const struct sdk_span *span)
{
	span_id_t parent;

	if (own->span_kind != SPAN_KIND_SERVER || own->header.flags & SPAN_FLAG_PARENT || open_span_of(own)->has_children ||
	    !span->addr)
		return false;
	parent = sdk_parent_id(target, span);
	return !*(__u64 *)&parent;
}

/* May the SDK have taken the parent of its span from the same request, or from none? Of one that is not sampled the trace must do. */
static __always_inline bool sdk_is_of_request(const struct target_row *target, const struct ev_span_end *request,
					      const struct sdk_span *span)
{
	span_id_t parent;

	if (!span->addr)
		return !(request->header.flags & SPAN_FLAG_PARENT) || same_trace(&span->trace_id, &request->trace_id);
	parent = sdk_parent_id(target, span);
	return !*(__u64 *)&parent ||
	       (request->header.flags & SPAN_FLAG_PARENT && same_span(&parent, &request->parent_span_id));
}

/*
 * A span begins on a goroutine without one of ours, which some middleware has begun to serve a request (http.TimeoutHandler): it is
 * about the request that the goroutine has inherited, if that is still open and has come to stand for none.
 */
static __noinline int sdk_serves_inherited(const struct target_row *target, goid_t goid, const struct sdk_span *span)
{
	struct goroutine_key key = { .goid = goid, .target_id = target->target_id };
	struct inherited inherited = {};
	struct ev_span_end *request;

	if (!inherited_copy(&inherited, &key))
		return 0;
	key.goid = inherited.owner_goid;
	key.depth = inherited.owner_depth;
	request = bpf_map_lookup_elem(&open_by_goroutine, &key);
	if (!request || request->span_kind != SPAN_KIND_SERVER || !sdk_is_same(target, request, span) ||
	    !sdk_is_of_request(target, request, span) || !context_is_open(target->target_id, &inherited))
		return 0;
	context_same(request, span);
	span_decide(request);
	return 0;
}

/* Of a goroutine on which a span begins. */
struct sdk_start {
	struct sdk_spans *spans;
	struct ev_span_end *own; /* the innermost span of ours */
	struct stack_place place;
};

/* What the spans of ours become by it; false if it is no span beside them. */
static __noinline int sdk_changes_own(const struct target_row *target, struct sdk_start *start, const struct sdk_span *span)
{
	struct sdk_wanted wanted = { .place = start->place };
	struct ev_span_end *own = start->own;

	if (!own) {
		if (!sdk_find(start->spans, target, &wanted))
			sdk_serves_inherited(target, start->spans->goid, span);
		return true;
	}
	wanted.after_ktime_ns = own->start_ktime_ns;
	if (sdk_find(start->spans, target, &wanted))
		return true;
	if (sdk_is_same(target, own, span)) {
		context_same(own, span);
		span_decide(own);
		return false;
	}
	if (sdk_is_first(target, own, span)) {
		own->trace_id = span->trace_id;
		if (span_is_sampled(own))
			own->trace_flags = span->trace_flags;
	}
	return true;
}

/* Those that are over, or too many, make room. */
static __always_inline struct sdk_span *sdk_push(const struct target_row *target, struct sdk_spans *spans)
{
	__u32 at = spans->count;

	if (at && at <= SDK_SPANS_MAX && !sdk_is_open(target, &spans->at[(at - 1) & (SDK_SPANS_MAX - 1)]))
		at--;
	if (at >= SDK_SPANS_MAX) {
		count(NOTE_SDK_DEPTH);
		at = 0;
	}
	spans->count = at + 1;
	/* Linux 6.1 forgets what is known of a number that it puts aside. */
	asm volatile("" : "+r"(at));
	return &spans->at[at & (SDK_SPANS_MAX - 1)];
}

/*
 * func (tr *tracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span), at
 * its call context.WithValue(ctx, key, span)  argument: the span.
 */
SEC("uprobe")
int sdk_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	uaddr_t g = go_current_g(ctx);
	struct caller_frame beginner = {};
	struct sdk_start start = {};
	struct sdk_span span = {};
	const struct target_row *target;
	bool is_recorded;
	uaddr_t at;
	goid_t goid;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_SDK_START) || !sdk_is_joined(hit.target))
		return 0;
	target = hit.target;
	goid = read_goid(target, g);
	start.place.hi = stack_hi_of(target, g);
	if (!goid || !start.place.hi || !sdk_beginner(&beginner, target, ctx->REG_FP) ||
	    beginner.frame_pointer >= start.place.hi)
		return 0;
	/* What stands there is the pointer type of one, else the other itself. */
	at = go_register(ctx, ARGUMENT_VALUE_TYPE);
	is_recorded = at != loaded_address(target, target->sdk.unsampled_type);
	if (is_recorded && read_u64(at + GO_POINTER_ELEM) != loaded_address(target, target->sdk.span_type))
		return 0;
	sdk_mark(ctx, &hit, is_recorded);
	sdk_read(&span, target, go_argument(ctx, &hit), is_recorded);
	span.start_ktime_ns = now;
	span.begin_addr = beginner.return_address;
	span.stack_depth = start.place.hi - (beginner.frame_pointer + 8);
	span.return_addr = read_u64(beginner.frame_pointer + 8);
	start.place = (struct stack_place){ start.place.hi, ctx->REG_FP, ctx->REG_PC, start.place.hi - ctx->REG_FP };
	start.spans = sdk_spans_open(target, g, goid);
	start.own = spans_of(target->target_id, goid).innermost;
	if (start.spans && sdk_changes_own(target, &start, &span))
		*sdk_push(target, start.spans) = span;
	return 0;
}

#endif
