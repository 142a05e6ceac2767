/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a goroutine does, turn after turn, while it works for a span of another one: the critical path of that span may go
 * through it. Who writes to its account writes here.
 */
#ifndef TURNS_BPF_H
#define TURNS_BPF_H

#include "open_span.bpf.h"

static const struct goroutine_turns blank_turns = {};

/* The turns of the goroutine of an account; NULL: they are not kept, or no more. */
static __always_inline struct goroutine_turns *turns_of(const struct goroutine_time *time)
{
	struct g_key key = time->turns;
	struct goroutine_turns *turns = key.g_addr ? bpf_map_lookup_elem(&turns_by_g, &key) : NULL;

	return turns && turns->record.goid == time->goid ? turns : NULL;
}

/* Is the span still open for which they are made? */
static __always_inline bool turns_matter(const struct goroutine_turns *turns)
{
	return span_is_open(turns->record.header.target_id, turns->owner_goid, turns->owner_depth,
			    &turns->record.span_id);
}

static __always_inline void turns_begin(struct goroutine_turns *turns, ktime_ns_t since)
{
	struct ev_goroutine_turns *record = &turns->record;

	record->start_ktime_ns = since;
	record->woken_goid = 0;
	record->wait_ktime_ns = 0;
	record->wait_ns = 0;
	record->wait_use = 0;
	record->turns = 0;
	__builtin_memset(record->turn_ns, 0, sizeof(record->turn_ns));
	__builtin_memset(record->turn_use, 0, sizeof(record->turn_use));
}

/* Tells those until `now`, at which the next one begins. */
static __always_inline void turns_tell(struct goroutine_turns *turns, ktime_ns_t now)
{
	turns->record.header.tid = bpf_get_current_pid_tgid();
	if (bpf_ringbuf_output(&records, &turns->record, sizeof(turns->record), BPF_RB_NO_WAKEUP))
		count(LOST_RING_FULL);
	turns_begin(turns, now);
}

/* One more, which has lasted from `since`; false if nobody wants to know any more. */
static __always_inline bool turn_add(struct goroutine_turns *turns, ktime_ns_t since, duration_ns_t lasted, __u32 use)
{
	struct ev_goroutine_turns *record = &turns->record;
	__u32 last = record->turns - 1;

	if (!lasted)
		return true;
	if (last < TURNS_MAX && record->turn_use[last] == use) {
		record->turn_ns[last] += lasted;
		return true;
	}
	if (record->turns >= TURNS_MAX) {
		if (!turns_matter(turns))
			return false;
		turns_tell(turns, since);
	}
	last = record->turns & (TURNS_MAX - 1);
	record->turn_ns[last] = lasted;
	record->turn_use[last] = use;
	record->turns = last + 1;
	return true;
}

/* The goroutine has spent that since it was charged last, and behind it for so long the world was stopped. */
static __noinline int turns_add(struct goroutine_time *time, duration_ns_t spent, duration_ns_t stopped)
{
	struct goroutine_turns *turns = turns_of(time);

	if (!turns || !turn_add(turns, time->since_ktime_ns, spent, time->use) ||
	    !turn_add(turns, time->since_ktime_ns + spent, stopped, TIME_GC_STW))
		time->turns.g_addr = 0;
	return 0;
}

#endif
