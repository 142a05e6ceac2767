/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Goroutines that work for an open span of another one, from their birth on or since they have received work: they have
 * accounts as well, and what they do is told when it lets one go on that works for the same trace.
 */
#ifndef WORK_BPF_H
#define WORK_BPF_H

#include "context.bpf.h"

/* A goroutine that works for another one's span, and what it is doing. */
struct worker {
	uaddr_t g;
	goid_t goid;
	enum goroutine_activity activity;
	enum time_use use;
};

/* Who has been let go on. */
struct woken {
	goid_t goid;
	ktime_ns_t wait_ktime_ns; /* since when it waited, or when it began */
	duration_ns_t wait_ns;    /* 0: it has begun */
	enum time_use wait_use;
};

/* Does the goroutine work for that trace? */
static __noinline int works_for(const struct target_row *target, goid_t goid, const trace_id_t *trace_id)
{
	struct inherited handed = {};

	return context_handed(&handed, target->target_id, goid) && same_trace(&handed.trace_id, trace_id);
}

/* What goroutine `g` has done until now is told, if it works for the trace of the one that it has let go on. */
static __noinline int work_tell(const struct target_row *target, uaddr_t g, const struct woken *woken)
{
	struct goroutine_time *time = time_of(target, g);
	struct goroutine_turns *turns = time ? turns_of(time) : NULL;

	if (!turns || !turns_matter(turns))
		return 0;
	if (!works_for(target, woken->goid, &turns->record.trace_id))
		return 0;
	time_heal(time, g);
	time_busy(time);
	time_charge(time, bpf_ktime_get_ns());
	turns->record.woken_goid = woken->goid;
	turns->record.wait_ktime_ns = woken->wait_ktime_ns;
	turns->record.wait_ns = woken->wait_ns;
	turns->record.wait_use = woken->wait_use;
	turns_tell(turns, time->since_ktime_ns);
	time_done(time);
	return 0;
}

static __always_inline void work_ends(const struct target_row *target, uaddr_t g)
{
	struct goroutine_time *time = time_of(target, g);

	if (time)
		time->turns.g_addr = 0;
}

/* An account and empty turns for a worker; NULL: there is no room. */
static __always_inline struct goroutine_turns *work_open(const struct target_row *target, const struct worker *worker)
{
	struct g_key key = { .g_addr = worker->g, .target_id = target->target_id };
	struct goroutine_turns *turns = bpf_map_lookup_elem(&turns_by_g, &key);
	struct goroutine_time *time;

	if (!turns) {
		if (bpf_map_update_elem(&turns_by_g, &key, &blank_turns, BPF_NOEXIST))
			count(LOST_TURNS_MAP_FULL);
		turns = bpf_map_lookup_elem(&turns_by_g, &key);
	}
	time = turns ? time_open(target, worker->g, worker->goid, bpf_ktime_get_ns()) : NULL;
	if (!time)
		return NULL;
	time->spans = 0;
	time->activity = worker->activity;
	time->use = worker->use;
	time->wait_use = worker->use;
	time->wait_ktime_ns = worker->activity == GOROUTINE_WAITS ? time->since_ktime_ns : 0;
	turns->record.header.kind = EV_GOROUTINE_TURNS;
	turns->record.header.size = sizeof(turns->record);
	turns->record.header.target_id = target->target_id;
	turns->record.goid = worker->goid;
	turns_begin(turns, time->since_ktime_ns);
	in_order();
	time->turns = key;
	return turns;
}

/*
 * A goroutine without an open span works for what is handed on; false if it did so before, or that is over. Then too it is
 * followed for a while: see turns_wake().
 */
static __noinline int work_begins(const struct target_row *target, const struct worker *worker,
				  const struct inherited *handed, struct woken *begun)
{
	struct goroutine_time *time = time_of(target, worker->g);
	struct goroutine_turns *turns = time && time->goid == worker->goid ? turns_of(time) : NULL;

	if (!target->time_since_ktime_ns)
		return false;
	if (!(handed->trace_flags & TRACE_FLAG_SAMPLED)) {
		work_ends(target, worker->g);
		return false;
	}
	if (turns && same_span(&turns->record.span_id, &handed->span_id))
		return false;
	/* The work has waited for what it did since it began to wait for work, or for the same trace. */
	if (!turns || (!turns->idle_waits && !same_trace(&turns->record.trace_id, &handed->trace_id)))
		turns = work_open(target, worker);
	if (!turns)
		return false;
	turns->record.trace_id = handed->trace_id;
	turns->record.span_id = handed->span_id;
	turns->owner_goid = handed->owner_goid;
	turns->owner_depth = handed->owner_depth;
	*begun = (struct woken){ .goid = worker->goid, .wait_ktime_ns = turns->record.start_ktime_ns };
	turns->idle_waits = !turns_matter(turns);
	return !turns->idle_waits;
}

/* … and `by` (a runtime.g; 0: nobody) lets it begin. */
static __always_inline void work_hand_on(const struct target_row *target, const struct worker *worker, uaddr_t by,
					 const struct inherited *handed)
{
	struct woken begun;

	if (work_begins(target, worker, handed, &begun) && by)
		work_tell(target, by, &begun);
}

#endif
