/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Spans of calls that outlive the call in which they begin, and that any goroutine may end: streams. While it begins, such a
 * span is on the stack of its goroutine as that of any call is, so that it ends with it if it comes to nothing; then it is known by the
 * address of the object that it is about, and is the parent of nothing that its goroutine does.
 */
#ifndef LASTING_CALL_BPF_H
#define LASTING_CALL_BPF_H

#include "call.bpf.h"

#define ALREADY_THERE (-17) /* EEXIST */

static __always_inline struct goroutine_key lasting_key(const struct target_row *target, uaddr_t object)
{
	return (struct goroutine_key){ .goid = object, .target_id = target->target_id, .depth = SPAN_DEPTH_LASTING };
}

/* The innermost call has begun what outlives it. From now on it is known by its object only; NULL and counted if there is no room. */
static __noinline int call_lasts(struct open_spans *open, const struct target_row *target)
{
	struct ev_span_end *span = open->innermost;
	struct goroutine_key key, stack_key = open->key;
	bool is_full;

	if (!span)
		return -1;
	key = lasting_key(target, open_span_of(span)->object_addr);
	/* Of its time nobody knows what it is spent on. */
	time_span_drop(open_span_of(span), target);
	open_span_of(span)->time_opened_ktime_ns = 0;
	open_span_of(span)->stack_depth = 0;
	span->depth = SPAN_DEPTH_LASTING;
	if (open->outer)
		open_span_of(open->outer)->nested = 0;
	is_full = bpf_map_update_elem(&open_by_goroutine, &key, open_span_of(span), BPF_ANY);
	if (is_full)
		count(LOST_OPEN_MAP_FULL);
	bpf_map_delete_elem(&open_by_goroutine, &stack_key);
	open->outer = NULL;
	open->innermost = is_full ? NULL : bpf_map_lookup_elem(&open_by_goroutine, &key);
	open->key = key;
	return 0;
}

/* Who has it may do with the span what only one may do at a time. */
static __always_inline bool lasting_take(const struct goroutine_key *key)
{
	__u32 value = 1;

	return bpf_map_update_elem(&ending_by_object, key, &value, BPF_NOEXIST) != ALREADY_THERE;
}

static __always_inline void lasting_give_back(const struct goroutine_key *key)
{
	bpf_map_delete_elem(&ending_by_object, key);
}

/* Ends without having begun what would outlive it, or as the call that it is. */
static __always_inline bool call_is_about(const struct open_spans *open, enum span_family family, uaddr_t object)
{
	return open->innermost && open->innermost->family == family && open->innermost->span_kind == SPAN_KIND_CLIENT &&
	       open_span_of(open->innermost)->object_addr == object;
}

#endif
