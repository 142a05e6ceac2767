/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The trace context of every goroutine: the stack of its open spans, and what it was born with. Decides the
 * parent of a new span at the instant at which it starts. Spans begin and end here and nowhere else.
 */
#ifndef CONTEXT_BPF_H
#define CONTEXT_BPF_H

#include "span_socket.bpf.h"
#include "time.bpf.h"

#define TRACE_FLAG_SAMPLED 1

/* Inserted for each new span and then filled in place: a span is larger than the BPF stack. */
static const struct open_span blank_span = {};

/* A goroutine's innermost open span, and the one around it. */
struct open_spans {
	struct ev_span_end *innermost;
	struct ev_span_end *outer;
	struct goroutine_key key; /* of the innermost */
};

/* The context that a request brought along. */
struct remote_parent {
	trace_id_t trace_id;
	span_id_t span_id;
	__u32 trace_flags;
};

static __always_inline struct open_span *open_span_of(struct ev_span_end *span)
{
	return container_of(span, struct open_span, record);
}

/* Memory of TEXT_BYTES_MAX bytes in a span that has no texts yet. */
static __always_inline void *span_scratch(struct ev_span_end *span)
{
	return span->rest + sizeof(union span_body);
}

static __always_inline bool span_is_sampled(const struct ev_span_end *span)
{
	return span->trace_flags & TRACE_FLAG_SAMPLED;
}

/* … or it is told only to be counted: then it says what counts are made by, and nothing else. */
static __always_inline bool span_is_told(struct ev_span_end *span)
{
	return span_is_sampled(span) || open_span_of(span)->is_counted;
}

/* The spans that are open on a goroutine; of these the innermost may be dormant. */
static __always_inline struct open_spans spans_on(__u32 target_id, goid_t goid, bool with_dormant)
{
	struct open_spans open = { .key = { .goid = goid, .target_id = target_id } };
	struct goroutine_key key = open.key;

	for (int depth = 0; depth < SPAN_DEPTH_MAX; depth++) {
		struct ev_span_end *span;

		key.depth = depth;
		span = bpf_map_lookup_elem(&open_by_goroutine, &key);
		if (!span || (!with_dormant && open_span_of(span)->is_dormant))
			break;
		open.outer = open.innermost;
		open.innermost = span;
		open.key.depth = depth;
		if (!open_span_of(span)->nested)
			break;
	}
	return open;
}

/* Those for which it works. */
static __always_inline struct open_spans spans_of(__u32 target_id, goid_t goid)
{
	return spans_on(target_id, goid, false);
}

/* The outermost open span of a goroutine, and its key; NULL if there is none. */
static __always_inline struct ev_span_end *outermost_span(const struct target_row *target, goid_t goid,
							  struct goroutine_key *key)
{
	*key = (struct goroutine_key){ .goid = goid, .target_id = target->target_id };
	return bpf_map_lookup_elem(&open_by_goroutine, key);
}

/* Ids are random and never zero. */
static __always_inline void new_span_id(span_id_t *id)
{
	*(__u64 *)id = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
	if (!*(__u64 *)id)
		id->bytes[7] = 1;
}

static __always_inline void new_trace_id(trace_id_t *id)
{
	new_span_id((span_id_t *)&id->bytes[0]);
	new_span_id((span_id_t *)&id->bytes[8]);
}

/* Consistent probability sampling: the last 56 bits of the trace id against a threshold. */
static __always_inline __u8 sample(const struct settings *settings, const trace_id_t *id)
{
	__u64 random = __builtin_bswap64(*(const __u64 *)&id->bytes[8]) & ((1ULL << 56) - 1);

	return random >= settings->sampler_reject_below ? TRACE_FLAG_SAMPLED : 0;
}

static __always_inline const struct settings *settings_get(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&settings, &key);
}

/* The context of a span is known; what is decided now holds until its end. */
static __always_inline void span_decide(struct ev_span_end *span)
{
	const struct settings *settings = settings_get();

	open_span_of(span)->is_counted = !span_is_sampled(span) && settings && settings->counts_unsampled;
}

/* A new trace begins here. */
static __always_inline void context_root(struct ev_span_end *span)
{
	const struct settings *settings = settings_get();

	new_trace_id(&span->trace_id);
	if (settings)
		span->trace_flags = sample(settings, &span->trace_id);
}

static __always_inline void context_remote(struct ev_span_end *span, const struct remote_parent *parent)
{
	const struct settings *settings = settings_get();

	span->trace_id = parent->trace_id;
	span->parent_span_id = parent->span_id;
	span->header.flags |= SPAN_FLAG_PARENT | SPAN_FLAG_PARENT_REMOTE;
	if (settings)
		span->trace_flags = settings->sampler_parent_based ? parent->trace_flags & TRACE_FLAG_SAMPLED :
								     sample(settings, &span->trace_id);
}

static __always_inline bool same_trace(const trace_id_t *a, const trace_id_t *b)
{
	const __u64 *x = (const void *)a, *y = (const void *)b;

	return x[0] == y[0] && x[1] == y[1];
}

static __always_inline void context_child(struct ev_span_end *span, const trace_id_t *trace_id,
					  const span_id_t *span_id, __u32 trace_flags)
{
	span->trace_id = *trace_id;
	span->parent_span_id = *span_id;
	span->header.flags |= SPAN_FLAG_PARENT;
	span->trace_flags = trace_flags;
}

/* A span that is going to be of another trace: its parent becomes a link, where that is told. */
static __always_inline void context_link(struct ev_span_end *span)
{
	if (!(span->header.flags & SPAN_FLAG_PARENT) || !span_is_sampled(span))
		return;
	span->link_trace_id = span->trace_id;
	span->link_span_id = span->parent_span_id;
	span->header.flags |= SPAN_FLAG_LINK;
}

/* Is the span made for the same operation as one of the SDK in the target? Then that is what others see. */
static __always_inline bool context_is_sdk(const struct ev_span_end *span)
{
	return span->header.flags & SPAN_FLAG_SDK_SAME;
}

/* A child of what an open span of ours stands for. */
static __always_inline void context_below(struct ev_span_end *span, struct ev_span_end *around)
{
	bool is_sdk = context_is_sdk(around);

	context_child(span, &around->trace_id, is_sdk ? &around->parent_span_id : &around->span_id,
		      is_sdk ? open_span_of(around)->given_flags : around->trace_flags);
	if (!is_sdk)
		return;
	span->header.flags |= SPAN_FLAG_SDK_PARENT;
	if (span_is_sampled(around))
		span->link_span_id = around->span_id;
}

/* The parent is going to be one of the SDK: which span of ours is around it, where that is told, is kept beside it. */
static __always_inline void context_enclose(struct ev_span_end *span)
{
	const __u32 flags = span->header.flags;
	bool is_within = flags & SPAN_FLAG_PARENT && !(flags & SPAN_FLAG_PARENT_REMOTE) && span_is_sampled(span);

	if (!(flags & SPAN_FLAG_SDK_PARENT))
		span->link_span_id = is_within ? span->parent_span_id : (span_id_t){};
	span->header.flags = (flags & ~(SPAN_FLAG_PARENT_REMOTE | SPAN_FLAG_LINK)) | SPAN_FLAG_SDK_PARENT;
}

/* A child of a span of the SDK. */
static __always_inline void context_below_sdk(struct ev_span_end *span, const struct sdk_span *parent)
{
	context_enclose(span);
	context_child(span, &parent->trace_id, &parent->span_id, parent->trace_flags);
}

/* An open span is about the same operation as that of the SDK: from now on that one is what it stands for. */
static __always_inline void context_same(struct ev_span_end *span, const struct sdk_span *same)
{
	context_enclose(span);
	span->trace_id = same->trace_id;
	span->parent_span_id = same->span_id;
	span->header.flags |= SPAN_FLAG_PARENT | SPAN_FLAG_SDK_SAME;
	open_span_of(span)->given_flags = same->trace_flags;
	/* What was not to be sampled has not been read. */
	if (span_is_sampled(span))
		span->trace_flags = same->trace_flags;
}

/*
 * Copies what a goroutine was born with; false if that is nothing. The sweep removes entries at any time, and an element
 * that was removed soon belongs to another goroutine: the copy is good if the entry stands after it was made.
 */
static __always_inline bool inherited_copy(struct inherited *to, const struct goroutine_key *key)
{
	const struct inherited *entry = bpf_map_lookup_elem(&inherited_by_goroutine, key);

	if (!entry)
		return false;
	*to = *entry;
	order_reads();
	return bpf_map_lookup_elem(&inherited_by_goroutine, key) == entry;
}

/* Is the span still open that is handed on? */
static __always_inline bool context_is_open(__u32 target_id, const struct inherited *handed)
{
	return span_is_open(target_id, handed->owner_goid, handed->owner_depth, &handed->span_id);
}

/* The span that is handed on may have come to stand for one of the SDK since. False if it does not, or is over meanwhile. */
static __always_inline bool context_inherit_sdk(struct ev_span_end *span, __u32 target_id, const struct inherited *handed)
{
	const struct goroutine_key key = { .goid = handed->owner_goid, .target_id = target_id, .depth = handed->owner_depth };
	struct ev_span_end *around = bpf_map_lookup_elem(&open_by_goroutine, &key);
	struct {
		trace_id_t trace_id;
		span_id_t span_id;
		__u32 trace_flags;
	} sdk;

	if (!around || !context_is_sdk(around))
		return false;
	sdk.trace_id = around->trace_id;
	sdk.span_id = around->parent_span_id;
	sdk.trace_flags = open_span_of(around)->given_flags;
	order_reads();
	if (!context_is_open(target_id, handed))
		return false;
	context_child(span, &sdk.trace_id, &sdk.span_id, sdk.trace_flags);
	span->header.flags |= SPAN_FLAG_SDK_PARENT;
	span->link_span_id = handed->span_id;
	return true;
}

/*
 * The context of a span that this goroutine starts without an open span of its own. An inherited span may be
 * its parent only while it is open, that is while its owner still has it on its stack; afterwards it is a link.
 */
static __always_inline void context_inherit(struct ev_span_end *span, const struct target_row *target, goid_t goid)
{
	struct goroutine_key key = { .goid = goid, .target_id = target->target_id };
	struct inherited inherited;

	if (!inherited_copy(&inherited, &key)) {
		context_root(span);
		return;
	}
	if (context_is_open(target->target_id, &inherited)) {
		if (!target->sdk.span_type || !context_inherit_sdk(span, target->target_id, &inherited))
			context_child(span, &inherited.trace_id, &inherited.span_id, inherited.trace_flags);
		return;
	}
	context_root(span);
	if (inherited.trace_flags & TRACE_FLAG_SAMPLED) {
		span->link_trace_id = inherited.trace_id;
		span->link_span_id = inherited.span_id;
		span->header.flags |= SPAN_FLAG_LINK;
	}
}

/* What a goroutine hands on: its innermost open span or, without one, what it has inherited itself. False if that is nothing. */
static __always_inline bool context_handed(struct inherited *handed, __u32 target_id, goid_t goid)
{
	struct open_spans open = spans_of(target_id, goid);

	if (!open.innermost) {
		open.key.depth = 0;
		return inherited_copy(handed, &open.key);
	}
	handed->trace_id = open.innermost->trace_id;
	handed->span_id = open.innermost->span_id;
	handed->owner_goid = goid;
	handed->owner_depth = open.key.depth;
	handed->trace_flags = open.innermost->trace_flags;
	return true;
}

/* From now on a goroutine works for that span, as far as it has none of its own. */
static __always_inline void context_inherit_from(__u32 target_id, goid_t goid, const struct inherited *handed)
{
	struct goroutine_key key = { .goid = goid, .target_id = target_id };

	if (bpf_map_update_elem(&inherited_by_goroutine, &key, handed, BPF_ANY))
		count(LOST_INHERITED_MAP_FULL);
}

/* Stores a blank span under `key`, ready to be filled, of the goroutine that runs. */
static __always_inline struct ev_span_end *span_begin(const struct target_row *target, const struct goroutine_key *key,
						      uaddr_t g, enum span_kind kind, enum span_family family,
						      ktime_ns_t now)
{
	struct ev_span_end *span;

	if (bpf_map_update_elem(&open_by_goroutine, key, &blank_span, BPF_ANY)) {
		count(LOST_OPEN_MAP_FULL);
		return NULL;
	}
	span = bpf_map_lookup_elem(&open_by_goroutine, key);
	if (!span)
		return NULL;
	span->header.kind = EV_SPAN_END;
	span->header.size = offsetof(struct ev_span_end, rest) + span_body_bytes(family);
	span->header.target_id = key->target_id;
	span->start_ktime_ns = now;
	span->goid = key->goid;
	span->g_addr = g;
	span->depth = key->depth;
	span->span_kind = kind;
	span->family = family;
	new_span_id(&span->span_id);
	time_span_begin(open_span_of(span), target);
	return span;
}

/* Takes an open span back, of which nothing is to be told. */
static __always_inline void span_drop(const struct target_row *target, struct ev_span_end *span,
				      const struct goroutine_key *key)
{
	time_span_drop(open_span_of(span), target);
	bpf_map_delete_elem(&open_by_goroutine, key);
}

/* An open span is over, as its `ending` says, which is no argument so that the verifier follows this once: its record leaves, its entry goes. */
static __always_inline void span_leave(struct ev_span_end *span, const struct goroutine_key *key)
{
	__u32 bytes = span->header.size;
	bool is_taken_over = span->header.flags & SPAN_FLAG_TAKEN_OVER;

	if (!span_is_sampled(span) && !is_taken_over)
		count(NOTE_UNSAMPLED);
	if (span_is_told(span) && !is_taken_over) {
		/* It never is; for the verifier. */
		if (bytes > sizeof(*span))
			bytes = sizeof(*span);
		span->header.tid = bpf_get_current_pid_tgid();
		if (bpf_ringbuf_output(&records, span, bytes, BPF_RB_NO_WAKEUP))
			count(LOST_RING_FULL);
	}
	bpf_map_delete_elem(&open_by_goroutine, key);
}

/* What the time of a request went to is counted, too. */
static __always_inline bool span_tells_time(struct ev_span_end *span)
{
	return span_is_sampled(span) || (open_span_of(span)->is_counted && span->span_kind == SPAN_KIND_SERVER);
}

/* What stands behind the texts of a span that ends at the end that is in its record: no text comes any more. */
static __always_inline void span_complete(struct ev_span_end *span, const struct target_row *target)
{
	socket_look(open_span_of(span));
	socket_tell(open_span_of(span));
	if (span_tells_time(span))
		time_span_end(open_span_of(span), target);
	else
		time_span_drop(open_span_of(span), target);
}

/* Ends an open span. */
static __always_inline void span_end(const struct target_row *target, struct ev_span_end *span,
				     const struct goroutine_key *key, enum span_ending ending, ktime_ns_t now)
{
	span->end_ktime_ns = now;
	span->ending = ending;
	span_complete(span, target);
	span_leave(span, key);
}

/*
 * Ends the span of a call that a panic has left, some time ago: of that time nobody knows what it was spent on. Or one that is
 * dormant, and will not go on.
 */
static __always_inline void span_abandon(struct ev_span_end *span, const struct goroutine_key *key, ktime_ns_t now)
{
	if (open_span_of(span)->is_dormant) {
		socket_tell(open_span_of(span));
		span->ending = ENDING_RETURNED;
	} else {
		count(NOTE_STALE_CLIENT);
		span->end_ktime_ns = now;
		span->ending = ENDING_PANICKED;
	}
	span_leave(span, key);
}

/* Ends the spans of calls that a panic left open above `outer`, which is about to end or to get a new child. */
static __always_inline void spans_end_above(struct ev_span_end *outer, const struct goroutine_key *outer_key,
					    ktime_ns_t now)
{
	struct goroutine_key key = *outer_key;

	if (!open_span_of(outer)->nested)
		return;
	open_span_of(outer)->nested = 0;
	for (int i = 1; i < SPAN_DEPTH_MAX; i++) {
		struct ev_span_end *span;

		key.depth++;
		span = bpf_map_lookup_elem(&open_by_goroutine, &key);
		if (!span)
			return;
		span_abandon(span, &key, now);
	}
}

#endif
