/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The account of a goroutine's time: every nanosecond of it is charged to one use. A span takes a snapshot when it begins
 * and subtracts it when it ends, so that nested spans cost nothing.
 *
 * One thread at a time writes to an account: the one that runs the goroutine, then the one that wakes it, then the one that
 * runs it next. Only the switch of a thread comes in between, also in the middle of a program on that thread: such a
 * program says that it is busy before it looks at the clock, and the switch then leaves the account alone.
 */
#ifndef TIME_BPF_H
#define TIME_BPF_H

#include "turns.bpf.h"

static const struct goroutine_time blank_time = {};

static __always_inline struct goroutine_time *time_lookup(const struct target_row *target, uaddr_t g)
{
	struct g_key key = { .g_addr = g, .target_id = target->target_id };

	return bpf_map_lookup_elem(&time_by_g, &key);
}

/* Does anybody look at the account? */
static __always_inline bool time_is_watched(const struct goroutine_time *time)
{
	return time->spans || time->turns.g_addr;
}

/* … and is it one of the time in which its target is watched? It may have been so before, and not meanwhile. */
static __always_inline bool time_is_kept(const struct target_row *target, const struct goroutine_time *time)
{
	return time_is_watched(time) && time->opened_ktime_ns >= target->time_since_ktime_ns;
}

/* The account of a goroutine that somebody looks at. Nearly all hits end here. */
static __always_inline struct goroutine_time *time_of(const struct target_row *target, uaddr_t g)
{
	struct goroutine_time *time = target->time_since_ktime_ns ? time_lookup(target, g) : NULL;

	return time && time_is_kept(target, time) ? time : NULL;
}

static __always_inline struct stops *stops_at(__u32 slot)
{
	return bpf_map_lookup_elem(&stops_by_slot, &slot);
}

/*
 * For how long of the time since it was charged last the world was stopped, which a goroutine notices that waits for its turn.
 * Charged at another use, at most `most`.
 */
static __always_inline duration_ns_t time_stopped(struct goroutine_time *time, duration_ns_t most, ktime_ns_t now)
{
	const struct stops *stops = time->stops_slot ? stops_at(time->stops_slot - 1) : NULL;
	duration_ns_t before = time->stopped_ns, stopped;
	ktime_ns_t since;

	if (!stops)
		return 0;
	since = stops->since_ktime_ns;
	/* What is older was left behind by a target that had the slot before. */
	time->stopped_ns = stops->stopped_ns + (since >= time->opened_ktime_ns && since < now ? now - since : 0);
	if (time->activity != GOROUTINE_IS_READY || time->stopped_ns <= before)
		return 0;
	stopped = time->stopped_ns - before;
	return stopped < most ? stopped : most;
}

/* Charges the time until `now`, which may be a little earlier than what was charged already. */
static __always_inline void time_charge(struct goroutine_time *time, ktime_ns_t now)
{
	duration_ns_t spent, stopped;

	if (now <= time->since_ktime_ns)
		return;
	spent = now - time->since_ktime_ns;
	stopped = time_stopped(time, spent, now);
	if (time->turns.g_addr)
		turns_add(time, spent - stopped, stopped);
	time->ns[TIME_GC_STW] += stopped;
	if (time->use < TIME_USES_MAX)
		time->ns[time->use] += spent - stopped;
	time->since_ktime_ns = now;
}

static __always_inline void time_busy(struct goroutine_time *time)
{
	time->busy = 1;
	in_order();
}

static __always_inline void time_done(struct goroutine_time *time)
{
	in_order();
	time->busy = 0;
}

/* From now on the goroutine is doing that, and its time goes to that use. */
static __always_inline void time_turn(struct goroutine_time *time, enum goroutine_activity activity, enum time_use use)
{
	time_busy(time);
	time_charge(time, bpf_ktime_get_ns());
	time->activity = activity;
	time->use = use;
	time_done(time);
}

/* A goroutine runs that was not seen to go on: nobody knows since when. */
static __always_inline void time_resume_unseen(struct goroutine_time *time)
{
	count(NOTE_SWITCH_UNSEEN);
	time->use = TIME_UNATTRIBUTED;
	time_turn(time, GOROUTINE_RUNS, time->run_use);
}

/* The thread of a goroutine was blocked: from when it was woken on it could have run. */
static __always_inline void time_was_woken(struct goroutine_time *time, ktime_ns_t woken)
{
	if (woken <= time->since_ktime_ns || (time->use != TIME_SYSCALL && time->use != TIME_PAGEFAULT && time->use != TIME_OTHER))
		return;
	time_charge(time, woken);
	time->ready_ktime_ns = time->since_ktime_ns;
	time->use = TIME_PREEMPTED;
}

/*
 * A program is hit on a goroutine. If its thread has taken it off the processor, it has come back without being seen: it was away
 * until it was woken, if that was seen.
 */
static __always_inline void time_heal(struct goroutine_time *time, uaddr_t g)
{
	const struct off_thread *off;
	__u32 tid = bpf_get_current_pid_tgid();

	if (time->activity != GOROUTINE_IS_OFF)
		return;
	off = bpf_map_lookup_elem(&off_by_thread, &tid);
	if (!off || off->g_addr != g)
		return;
	time_busy(time);
	time_was_woken(time, off->woken_ktime_ns);
	time_resume_unseen(time);
}

/* A goroutine that runs goes on to spend its time on that. */
static __always_inline void time_spend_on(struct goroutine_time *time, enum time_use use)
{
	time->run_use = use;
	time_turn(time, GOROUTINE_RUNS, use);
}

/* The goroutine runs on this processor. */
static __always_inline void time_is_on(struct goroutine_time *time)
{
	__u32 cpu = bpf_get_smp_processor_id();

	if (cpu != time->cpu) {
		time->cpu = cpu;
		time->migrations++;
	}
}

/* Nobody looks at the account any more. */
static __always_inline void time_leave(struct goroutine_time *time)
{
	time->spans = 0;
	time->turns.g_addr = 0;
}

/* A g is somebody else's now. */
static __always_inline void time_forget(const struct target_row *target, uaddr_t g)
{
	struct goroutine_time *time = time_of(target, g);

	if (time)
		time_leave(time);
}

/* From now on it matters when the threads of the running process switch. */
static __always_inline void time_of_process_matters(void)
{
	struct switch_filter *filter = switch_filter_get();

	if (filter)
		filter->process[bpf_get_current_pid_tgid() >> 32 & (SWITCH_FILTER_NUMBERS - 1)] = 1;
}

/* The account for the first span on a goroutine, or for one that works for a span, which runs since `now`. */
static __always_inline struct goroutine_time *time_open(const struct target_row *target, uaddr_t g, goid_t goid,
							 ktime_ns_t now)
{
	struct g_key key = { .g_addr = g, .target_id = target->target_id };
	struct goroutine_time *time = bpf_map_lookup_elem(&time_by_g, &key);

	if (!time) {
		if (bpf_map_update_elem(&time_by_g, &key, &blank_time, BPF_NOEXIST))
			count(LOST_TIME_MAP_FULL);
		time = bpf_map_lookup_elem(&time_by_g, &key);
		if (!time)
			return NULL;
	}
	time_of_process_matters();
	time->goid = goid;
	time->opened_ktime_ns = now;
	time->since_ktime_ns = now;
	time->wait_ktime_ns = 0;
	time->mutex_addr = 0;
	time->mutex_is_watched = 0;
	time->turns.g_addr = 0;
	time->activity = GOROUTINE_RUNS;
	time->use = TIME_CPU;
	time->run_use = TIME_CPU;
	time->stops_slot = target->stops_slot;
	time_stopped(time, 0, now);
	time->cpu = bpf_get_smp_processor_id();
	return time;
}

/* The account as it stood when a span began: kept at the end of its record, where no text comes. */
static __always_inline struct span_time *time_begun(struct open_span *span)
{
	return (void *)span->record.rest + sizeof(span->record.rest) - sizeof(struct span_time);
}

/*
 * How many spans look at the account, when there are `own` of them on the goroutine of `span`. That may have gone on as another
 * one, within an iter.Pull, whose account it is.
 */
static __always_inline void time_is_looked_at(struct goroutine_time *time, const struct open_span *span, __u32 own,
					      int more)
{
	if (time->goid == span->record.goid)
		time->spans = own;
	else if (time->spans || more > 0)
		time->spans += more;
}

/* Is it the account of a goroutine that has gone, in whose g another one runs? */
static __always_inline bool time_is_left_over(const struct goroutine_time *time, const struct open_span *span)
{
	struct goroutine_key owner = { .goid = time->goid, .target_id = span->record.header.target_id };

	return time->goid != span->record.goid && !bpf_map_lookup_elem(&open_by_goroutine, &owner);
}

/*
 * A span begins on a goroutine that runs, the first of it if its depth is 0. It begins a little later than it would without
 * if more has been charged already.
 */
static __noinline int time_span_begin(struct open_span *span, const struct target_row *target)
{
	uaddr_t g = span->record.g_addr;
	ktime_ns_t now = span->record.start_ktime_ns;
	struct goroutine_time *time = time_of(target, g);
	struct span_time *begun;

	if (!target->time_since_ktime_ns)
		return 0;
	if (!time || time_is_left_over(time, span))
		time = time_open(target, g, span->record.goid, now);
	if (!time)
		return 0;
	time->stops_slot = target->stops_slot;
	/* It runs, whatever was seen last. */
	if (time->activity != GOROUTINE_RUNS)
		time_resume_unseen(time);
	time_busy(time);
	time_charge(time, now);
	span->record.start_ktime_ns = time->since_ktime_ns;
	span->time_opened_ktime_ns = time->opened_ktime_ns;
	begun = time_begun(span);
	__builtin_memcpy(begun->ns, time->ns, sizeof(time->ns));
	begun->alloc_ns = time->alloc_ns;
	begun->start_cpu = bpf_get_smp_processor_id();
	begun->start_node = bpf_get_numa_node_id();
	begun->migrations = time->migrations;
	begun->uring_completions = time->uring_completions;
	if (!span->record.depth)
		time->queued = 0;
	time_is_looked_at(time, span, span->record.depth + 1, 1);
	time_done(time);
	return 0;
}

/* The account of which a span has a snapshot; NULL: there is none, or no more. */
static __always_inline struct goroutine_time *time_of_span(const struct open_span *span, const struct target_row *target)
{
	struct goroutine_time *time;

	if (!span->time_opened_ktime_ns || span->time_opened_ktime_ns < target->time_since_ktime_ns)
		return NULL;
	time = time_of(target, span->record.g_addr);
	return time && time->opened_ktime_ns == span->time_opened_ktime_ns ? time : NULL;
}

/* A span ends of which nothing is told. */
static __always_inline void time_span_drop(const struct open_span *span, const struct target_row *target)
{
	struct goroutine_time *time = time_of_span(span, target);

	if (time)
		time_is_looked_at(time, span, span->record.depth, -1);
}

/* A span ends, at the end that is in its record or a little later: what its time was spent on goes behind its texts. */
static __noinline int time_span_end(struct open_span *span, const struct target_row *target)
{
	struct goroutine_time *time = time_of_span(span, target);
	__u64 end = span->record.header.size - offsetof(struct ev_span_end, rest), at;
	struct span_time *to, *begun;

	/* It always fits; for the verifier, which must see the same register compared and used. */
	asm volatile("" : "+r"(end));
	if (!time || end > sizeof(span->record.rest) - sizeof(*to) - 8)
		return 0;
	/* Records that say the same are the same, also where they say nothing. */
	__builtin_memset(span->record.rest + end, 0, 8);
	at = (end + 7) & ~7ULL;
	time_heal(time, span->record.g_addr);
	time_busy(time);
	time_charge(time, span->record.end_ktime_ns);
	span->record.end_ktime_ns = time->since_ktime_ns;
	to = (void *)span->record.rest + at;
	/* From the first to the last: where it goes may reach into what it is made of, but not ahead. */
	begun = time_begun(span);
#pragma unroll
	for (int use = 0; use < TIME_USES_MAX; use++)
		to->ns[use] = time->ns[use] - begun->ns[use];
	to->alloc_ns = time->alloc_ns - begun->alloc_ns;
	to->start_cpu = begun->start_cpu;
	to->end_cpu = bpf_get_smp_processor_id();
	to->start_node = begun->start_node;
	to->end_node = bpf_get_numa_node_id();
	to->migrations = time->migrations - begun->migrations;
	to->uring_completions = time->uring_completions - begun->uring_completions;
	to->queued = time->queued_ktime_ns > span->record.start_ktime_ns ? time->queued : 0;
	to->reserved = 0;
	span->record.header.size = offsetof(struct ev_span_end, rest) + at + sizeof(*to);
	span->record.header.flags |= SPAN_FLAG_TIME;
	time_is_looked_at(time, span, span->record.depth, -1);
	time_done(time);
	return 0;
}

#endif
