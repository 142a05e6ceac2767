/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The slow ways to memory: a new span of a size class, new pages of the heap. Nothing takes a goroutine off its thread
 * between the begin of such a call and its end, so that the thread names it. A begin takes the place of one whose end was
 * not seen, and an end takes its begin away.
 */
#ifndef ALLOC_TIME_BPF_H
#define ALLOC_TIME_BPF_H

#include "durations.bpf.h"
#include "time.bpf.h"

static __always_inline struct allocs_begun *allocs_of(__u32 tid)
{
	return bpf_map_lookup_elem(&allocs_by_thread, &tid);
}

static __always_inline void allocs_begin(__u32 tid, const struct allocs_begun *begun)
{
	if (bpf_map_update_elem(&allocs_by_thread, &tid, begun, BPF_ANY))
		count(LOST_ALLOC_MAP_FULL);
}

/* Was it begun, and while that was watched? */
static __always_inline bool alloc_is_kept(const struct target_row *target, ktime_ns_t since)
{
	return target->allocs_since_ktime_ns && since >= target->allocs_since_ktime_ns;
}

static __always_inline duration_ns_t alloc_lasted(ktime_ns_t since, ktime_ns_t now)
{
	/* The clock may go back a little. */
	return now > since ? now - since : 0;
}

/* The account of the goroutine that has made the call, which may have done so on g0, if anybody looks at it. */
static __always_inline void alloc_charge(const struct pt_regs *ctx, const struct target_row *target, duration_ns_t lasted)
{
	uaddr_t g = goroutine_behind(target, go_current_g(ctx));
	struct goroutine_time *time = g ? time_of(target, g) : NULL;

	if (time)
		time->alloc_ns += lasted;
}

static __always_inline struct slow_allocs *slow_allocs_of(const struct hit *hit)
{
	__u32 slot = COOKIE_SLOT(hit->cookie);

	return bpf_map_lookup_elem(&slow_allocs_by_slot, &slot);
}

/* func (c *mcache) refill(spc spanClass)  at its call (*mcentral).cacheSpan(…). */
SEC("uprobe")
int alloc_span_begin(struct pt_regs *ctx)
{
	struct allocs_begun begun = {};
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_ALLOC_SPAN_BEGIN) || !hit.target->allocs_since_ktime_ns)
		return 0;
	begun.span_ktime_ns = bpf_ktime_get_ns();
	allocs_begin(bpf_get_current_pid_tgid(), &begun);
	return 0;
}

/* … and at the jump on what that has returned. */
SEC("uprobe")
int alloc_span_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns(), since;
	__u32 tid = bpf_get_current_pid_tgid();
	const struct allocs_begun *begun;
	struct slow_allocs *allocs;
	duration_ns_t lasted;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_ALLOC_SPAN_END))
		return 0;
	begun = allocs_of(tid);
	if (!begun)
		return 0;
	since = begun->span_ktime_ns;
	bpf_map_delete_elem(&allocs_by_thread, &tid);
	if (!alloc_is_kept(hit.target, since))
		return 0;
	lasted = alloc_lasted(since, now);
	alloc_charge(ctx, hit.target, lasted);
	allocs = slow_allocs_of(&hit);
	if (allocs)
		durations_add(&allocs->span, lasted);
	return 0;
}

/* func (c *mcache) allocLarge(…), or (c *mcentral) grow() within cacheSpan  at the call (*mheap).alloc(…). */
SEC("uprobe")
int alloc_heap_begin(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct allocs_begun first = {}, *begun;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_ALLOC_HEAP_BEGIN) || !hit.target->allocs_since_ktime_ns)
		return 0;
	begun = allocs_of(tid);
	if (begun) {
		begun->heap_ktime_ns = bpf_ktime_get_ns();
		return 0;
	}
	first.heap_ktime_ns = bpf_ktime_get_ns();
	allocs_begin(tid, &first);
	return 0;
}

/* … and at the jump on what that has returned. */
SEC("uprobe")
int alloc_heap_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns(), since;
	__u32 tid = bpf_get_current_pid_tgid();
	struct allocs_begun *begun;
	struct slow_allocs *allocs;
	duration_ns_t lasted;
	bool is_within;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_ALLOC_HEAP_END))
		return 0;
	begun = allocs_of(tid);
	if (!begun)
		return 0;
	since = begun->heap_ktime_ns;
	is_within = alloc_is_kept(hit.target, begun->span_ktime_ns);
	if (is_within)
		begun->heap_ktime_ns = 0;
	else
		bpf_map_delete_elem(&allocs_by_thread, &tid);
	if (!alloc_is_kept(hit.target, since))
		return 0;
	lasted = alloc_lasted(since, now);
	/* Else it is part of what the other one will charge. */
	if (!is_within)
		alloc_charge(ctx, hit.target, lasted);
	allocs = slow_allocs_of(&hit);
	if (allocs)
		durations_add(&allocs->heap, lasted);
	return 0;
}

#endif
