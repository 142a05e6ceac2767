/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which span of an OpenTelemetry SDK in the target a goroutine works for: one that it has begun itself and that its function
 * has not left, or the one that the context.Context of a call names. Of spans that are known the memory is read again
 * whenever they are asked for: it says whether they have ended, and by the id whether it is theirs still.
 */
#ifndef SDK_CONTEXT_BPF_H
#define SDK_CONTEXT_BPF_H

#include "context.bpf.h"
#include "interface.bpf.h"
#include "stack.bpf.h"

#define SDK_CONTEXTS_MAX 16 /* each within the next one, that are looked at */
#define CALLERS_MAX 24 /* likewise */
#define LEFT_MAX 3 /* spans of functions that were left without an end of these, found one after the other */
#define FUNCTION_BYTES 8192 /* two places in code of which one is farther from the other are in different functions */

static const struct sdk_spans blank_sdk_spans = {};

/* Does the target have an SDK whose spans are to be joined? */
static __always_inline bool sdk_is_joined(const struct target_row *target)
{
	return target->sdk.span_type != 0;
}

/* The spans of a goroutine; NULL: it has begun none. */
static __always_inline struct sdk_spans *sdk_spans_of(const struct target_row *target, uaddr_t g, goid_t goid)
{
	struct g_key key = { .g_addr = g, .target_id = target->target_id };
	struct sdk_spans *spans = bpf_map_lookup_elem(&sdk_spans_by_g, &key);

	return spans && spans->goid == goid ? spans : NULL;
}

/* The same, without any that another goroutine in its place has begun; NULL, and counted, if there is no room. */
static __always_inline struct sdk_spans *sdk_spans_open(const struct target_row *target, uaddr_t g, goid_t goid)
{
	struct g_key key = { .g_addr = g, .target_id = target->target_id };
	struct sdk_spans *spans = bpf_map_lookup_elem(&sdk_spans_by_g, &key);

	if (!spans) {
		if (bpf_map_update_elem(&sdk_spans_by_g, &key, &blank_sdk_spans, BPF_NOEXIST))
			count(LOST_SDK_MAP_FULL);
		spans = bpf_map_lookup_elem(&sdk_spans_by_g, &key);
	}
	if (spans && spans->goid != goid) {
		spans->goid = goid;
		spans->count = 0;
	}
	return spans;
}

/* A request begins: whatever was begun before on its goroutine is over. */
static __always_inline void sdk_forget(const struct target_row *target, uaddr_t g, goid_t goid)
{
	struct sdk_spans *spans = sdk_is_joined(target) ? sdk_spans_of(target, g, goid) : NULL;

	if (spans)
		spans->count = 0;
}

/* Reads the ids of a SpanContext. */
static __always_inline void sdk_read_ids(struct sdk_span *span, const struct target_row *target, uaddr_t context)
{
	__u8 flags = 0;

	read_user(&span->trace_id, sizeof(span->trace_id), context + target->sdk.context_trace_id);
	read_user(&span->span_id, sizeof(span->span_id), context + target->sdk.context_span_id);
	read_user(&flags, sizeof(flags), context + target->sdk.context_flags);
	span->trace_flags = flags & TRACE_FLAG_SAMPLED;
}

/* Reads the span at `addr`: a *recordingSpan, or what stands for one that is not sampled. */
static __always_inline void sdk_read(struct sdk_span *span, const struct target_row *target, uaddr_t addr, bool is_recorded)
{
	if (!is_recorded) {
		sdk_read_ids(span, target, addr + target->sdk.unsampled_context);
		span->trace_flags = 0;
		return;
	}
	sdk_read_ids(span, target, addr + target->sdk.span_context);
	span->addr = addr;
	span->kind = read_u64(addr + target->sdk.span_kind);
}

/* Has it not ended? Of one that is not sampled nobody knows. */
static __always_inline bool sdk_is_open(const struct target_row *target, const struct sdk_span *span)
{
	span_id_t id = {};
	__u64 end_time[2] = {};

	if (!span->addr)
		return true;
	bpf_probe_read_user(&id, sizeof(id),
			    (const void *)(span->addr + target->sdk.span_context + target->sdk.context_span_id));
	bpf_probe_read_user(end_time, sizeof(end_time), (const void *)(span->addr + target->sdk.span_end_time));
	return same_span(&id, &span->span_id) && !end_time[0] && !end_time[1];
}

/* Where a goroutine is on its stack. */
struct stack_place {
	uaddr_t hi;
	uaddr_t frame_pointer;
	uaddr_t pc;  /* in the function whose frame that is */
	__u64 depth; /* bytes of stack down to where it is */
};

/* May the function still be under way that has begun the span? Another one may have been called where it was. */
static __always_inline bool sdk_may_be_within(const struct sdk_span *span, const struct stack_place *place)
{
	return !span->stack_depth ||
	       (span->stack_depth <= place->depth && peek_u64(place->hi - span->stack_depth) == span->return_addr);
}

/* A walk up the stack, to the frame of the function whose return address stands at `slot`. */
struct caller_walk {
	struct caller_frame at; /* a frame, and where its function is */
	uaddr_t slot;
	__u64 is_found;
};

static __noinline long caller_walk_step(__u32 i, struct caller_walk *walk)
{
	(void)i;
	if (walk->at.frame_pointer + 8 == walk->slot) {
		walk->is_found = 1;
		return 1;
	}
	return !caller_read(&walk->at, walk->at.frame_pointer);
}

/* Is it? A function is known by where it has begun the span. */
static __noinline int sdk_is_within(const struct sdk_span *span, const struct stack_place *place)
{
	struct caller_walk walk = {
		.at = { .frame_pointer = place->frame_pointer, .return_address = place->pc },
		.slot = place->hi - span->stack_depth,
	};

	if (!span->stack_depth)
		return true;
	repeat(CALLERS_MAX, caller_walk_step, &walk);
	return walk.is_found && walk.at.return_address - span->begin_addr + FUNCTION_BYTES < 2 * FUNCTION_BYTES;
}

/* What is looked for among the spans of a goroutine. */
struct sdk_wanted {
	struct stack_place place;
	ktime_ns_t after_ktime_ns; /* it has begun later */
	uaddr_t addr;              /* it is this one; 0: the innermost */
};

struct sdk_search {
	struct sdk_spans *spans;
	const struct target_row *target;
	const struct sdk_wanted *wanted;
	struct sdk_span *found;
};

/* One of them, the innermost first. */
static __noinline long sdk_search_step(__u32 i, struct sdk_search *search)
{
	const struct sdk_wanted *wanted = search->wanted;
	__u32 at = search->spans->count - 1 - i;
	struct sdk_span *span;

	if (at >= SDK_SPANS_MAX)
		return 1;
	span = &search->spans->at[at];
	if (span->start_ktime_ns <= wanted->after_ktime_ns)
		return 1;
	if (wanted->addr ? span->addr != wanted->addr :
			   !sdk_may_be_within(span, &wanted->place) || !sdk_is_open(search->target, span))
		return 0;
	search->found = span;
	return 1;
}

static __always_inline struct sdk_span *sdk_find(struct sdk_spans *spans, const struct target_row *target,
						 const struct sdk_wanted *wanted)
{
	struct sdk_search search = { .spans = spans, .target = target, .wanted = wanted };

	if (!spans || !spans->count)
		return NULL;
	for (int i = 0; i < LEFT_MAX; i++) {
		search.found = NULL;
		repeat(SDK_SPANS_MAX, sdk_search_step, &search);
		if (!search.found || wanted->addr || sdk_is_within(search.found, &wanted->place))
			return search.found;
		search.found->stack_depth = SDK_DEPTH_LEFT;
	}
	return NULL;
}

/*
 * Who asks for the span of the SDK that a call is made within, and what is found. Stands in the text of the span of the call, as
 * struct header_scan does in that of others.
 */
struct sdk_query {
	goid_t goid;
	uaddr_t context; /* data word of a context.Context, whose turn it is; 0: none */
	struct sdk_wanted wanted;
	uaddr_t key_type;
	/* What stands in a context: that which it is in is the first that it holds, and of a valueCtx key and value follow. */
	struct { struct go_interface around; uaddr_t key_type, key, value_type, value; } read;
	struct sdk_span parent;
};

_Static_assert(sizeof(struct sdk_query) <= TEXT_BYTES_MAX, "the text must hold the query");

/* One context (context/context.go, Go 1.19–1.27). Whatever else a program has of contexts, no read that fails is a loss. */
static __noinline long sdk_walk_step(__u32 i, struct sdk_query **of)
{
	struct sdk_query *query = *of;

	(void)i;
	query->read.value = 0;
	if (!query->context || bpf_probe_read_user(&query->read, sizeof(query->read), (const void *)query->context))
		return 1;
	if (query->read.key_type == query->key_type)
		return 1;
	query->context = query->read.around.data;
	query->read.value = 0;
	return 0;
}

/* Reads the span that the context names; false if it names none of the SDK's own. */
static __always_inline bool sdk_of_context(struct sdk_query *query, const struct hit *hit)
{
	__u32 slot = COOKIE_SLOT(hit->cookie);
	const struct sdk_marks *marks = bpf_map_lookup_elem(&sdk_marks_by_slot, &slot);
	bool is_recorded;

	if (!query->context || !marks || marks->target_id != hit->target->target_id)
		return false;
	query->key_type = marks->key_type;
	repeat(SDK_CONTEXTS_MAX, sdk_walk_step, &query);
	is_recorded = query->read.value_type == marks->span_type;
	if (!query->read.value ||
	    (!is_recorded && query->read.value_type != loaded_address(hit->target, hit->target->sdk.unsampled_type)))
		return false;
	sdk_read(&query->parent, hit->target, query->read.value, is_recorded);
	return true;
}

/*
 * The span of the SDK that is the parent of a call: the one that its context names, else the innermost of the goroutine's own;
 * either only if it has begun later than the innermost span of ours (query->wanted). False if there is none.
 */
static __noinline int sdk_parent(struct sdk_query *query, const struct hit *hit, uaddr_t g)
{
	bool is_named = sdk_of_context(query, hit);
	struct sdk_span *own = NULL;

	query->wanted.addr = is_named ? query->parent.addr : 0;
	if (!is_named || query->parent.addr)
		own = sdk_find(sdk_spans_of(hit->target, g, query->goid), hit->target, &query->wanted);
	if (!own)
		return is_named && !query->wanted.after_ktime_ns;
	query->parent = *own;
	own->has_call = 1;
	return true;
}

/* What a goroutine hands on to one that it begins: what it has begun itself within its innermost span of ours. */
static __noinline int sdk_hand_on(const struct target_row *target, uaddr_t child, goid_t child_goid, uaddr_t creator, goid_t goid)
{
	struct sdk_spans *spans = sdk_spans_of(target, creator, goid);
	struct sdk_wanted wanted = {};
	struct open_spans open = spans_of(target->target_id, goid);
	struct sdk_span *own;

	if (open.innermost) {
		open_span_of(open.innermost)->has_children = 1;
		wanted.after_ktime_ns = open.innermost->start_ktime_ns;
	}
	if (!spans || !spans->count)
		return 0;
	wanted.place.hi = stack_hi_of(target, creator);
	/* gobuf.sp stands first (runtime/runtime2.go, Go 1.19–1.27). */
	wanted.place.depth = wanted.place.hi - read_u64(creator + target->stack.g_sched);
	wanted.place.frame_pointer = read_u64(creator + target->stack.g_sched + target->stack.gobuf_bp);
	own = sdk_find(spans, target, &wanted);
	/* Whether one that is not sampled has ended cannot be known. */
	if (!own || !own->addr)
		return 0;
	spans = sdk_spans_open(target, child, child_goid);
	if (!spans)
		return 0;
	spans->at[0] = *own;
	spans->at[0].stack_depth = 0;
	spans->count = 1;
	return 0;
}

#endif
