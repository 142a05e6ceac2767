/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the Go scheduler does to a goroutine on which a span is open: it parks, is woken, waits for its turn, runs. */
#ifndef GOROUTINE_TIME_BPF_H
#define GOROUTINE_TIME_BPF_H

#include "durations.bpf.h"
#include "goroutine.bpf.h"
#include "mutex.bpf.h"
#include "network_wait.bpf.h"
#include "wait_span.bpf.h"

#define ARGUMENT_LOCK 1 /* of gopark */
#define LONG_RUN_DELAY_NS 1000000
#define QUEUE_OF_P_MAX 256 /* len(p.runq) of runtime/runtime2.go */
#define IDLE_WAITS_MAX 4 /* who has waited more often without new work is none that waits for it */
/* Goroutines of one list that are looked at; those behind it count as waiting until they run. A legacy verifier follows each. */
#ifdef LEGACY
#define READY_LIST_MAX 48
#else
#define READY_LIST_MAX 64
#endif

/* What a goroutine waits for that waits for a semaphore: who has called semacquire1, which has called gopark. */
static __noinline __u32 semaphore_use(const struct target_row *target, uaddr_t frame_pointer)
{
	const struct time_layout *layout = &target->time;
	uaddr_t caller = read_u64(frame_pointer + 8);

	if (layout->semacquire && caller == loaded_address(target, layout->semacquire))
		return TIME_WAITGROUP;
	if (layout->semacquire_mutex && caller == loaded_address(target, layout->semacquire_mutex))
		return TIME_MUTEX;
	/* That of a descriptor. */
	if (layout->semacquire_fd && caller == loaded_address(target, layout->semacquire_fd))
		return TIME_MUTEX;
	/* The runtime's own: to stop the world, or to begin or end a cycle of the collector, one goroutine at a time. */
	return TIME_GC_STW;
}

/* func gopark(unlockf func(*g, unsafe.Pointer) bool, lock unsafe.Pointer, reason waitReason, …)  argument: reason. */
SEC("uprobe")
int goroutine_park(struct pt_regs *ctx)
{
	struct goroutine_time *time;
	uaddr_t g = go_current_g(ctx);
	__u32 use;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_GOROUTINE_PARK))
		return 0;
	time = time_of(hit.target, g);
	if (!time)
		return 0;
	time_heal(time, g);
	use = hit.target->time_by_reason[go_argument(ctx, &hit) & (WAIT_REASONS_MAX - 1)];
	mutex_wait_begin(time, hit.target, use == TIME_MUTEX);
	if (use == TIME_BY_CALLER)
		use = semaphore_use(hit.target, ctx->REG_FP);
	if (use == TIME_NETWORK)
		network_wait_begin(time, hit.target, g, go_register(ctx, ARGUMENT_LOCK));
	time_turn(time, GOROUTINE_WAITS, use);
	wait_begin(time);
	return 0;
}

/*
 * A wait is over that has not been charged yet. If the span is over for which it had worked, what it did before is nobody's; but
 * its next work may come with the end of this wait: who reads from a connection only then learns for which call.
 */
static __noinline int turns_wake(struct goroutine_time *time)
{
	struct goroutine_turns *turns = turns_of(time);

	if (!turns || turns_matter(turns))
		return 0;
	if (++turns->idle_waits > IDLE_WAITS_MAX)
		time->turns.g_addr = 0;
	else
		turns_begin(turns, time->since_ktime_ns);
	return 0;
}

static __always_inline void goroutine_has_waited(struct goroutine_time *time)
{
	if (time->turns.g_addr)
		turns_wake(time);
	network_wait_end(time);
}

/* `g0` is that of the thread which wakes it; 0: it does so for nobody. */
static __always_inline void goroutine_is_ready(const struct target_row *target, uaddr_t g, uaddr_t g0)
{
	struct goroutine_time *time = time_of(target, g);

	if (!time || time->activity != GOROUTINE_WAITS)
		return;
	goroutine_has_waited(time);
	time_turn(time, GOROUTINE_IS_READY, TIME_RUNNABLE);
	wait_woken(time, target, g0);
}

/* func ready(gp *g, traceskip int, next bool)  argument: gp. */
SEC("uprobe")
int goroutine_ready(struct pt_regs *ctx)
{
	struct hit hit;

	if (hit_begin(&hit, ctx, HIT_GOROUTINE_READY))
		goroutine_is_ready(hit.target, go_argument(ctx, &hit), go_current_g(ctx));
	return 0;
}

/* A list of goroutines, linked through g.schedlink. */
struct g_list {
	const struct target_row *target;
	uaddr_t g;
};

static __noinline long ready_next(__u32 i, struct g_list *list)
{
	(void)i;
	if (!list->g)
		return 1;
	goroutine_is_ready(list->target, list->g, 0);
	list->g = read_u64(list->g + list->target->time.g_schedlink);
	return 0;
}

/* func injectglist(glist *gList)  argument: glist. Those for whom the network, the end of an assist or a stopped world was over. */
SEC("uprobe")
int goroutine_ready_list(struct pt_regs *ctx)
{
	struct g_list list;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_GOROUTINE_READY_LIST) || !hit.target->time_since_ktime_ns)
		return 0;
	list = (struct g_list){ hit.target, read_u64(go_argument(ctx, &hit)) };
	repeat(READY_LIST_MAX, ready_next, &list);
	return 0;
}

/* How many goroutines are in the queue of the P that runs goroutine `g`, and in that of all; 0 also where that is not known. */
static __always_inline __u32 queue_length(const struct target_row *target, uaddr_t g)
{
	const struct time_layout *layout = &target->time;
	__u32 head = 0, tail = 0;
	__s32 global = 0;
	uaddr_t m, p;

	if (!target->sched_runqsize || layout->m_p == GO_OFFSET_ABSENT || layout->p_runqhead == GO_OFFSET_ABSENT ||
	    layout->p_runqtail == GO_OFFSET_ABSENT)
		return 0;
	m = read_u64(g + target->runtime.g_m);
	p = m ? read_u64(m + layout->m_p) : 0;
	if (!p)
		return 0;
	read_user(&head, sizeof(head), p + layout->p_runqhead);
	read_user(&tail, sizeof(tail), p + layout->p_runqtail);
	read_user(&global, sizeof(global), loaded_address(target, target->sched_runqsize));
	/* A P takes its goroutines while others may take of them. */
	return (tail - head <= QUEUE_OF_P_MAX ? tail - head : 0) + (global > 0 ? global : 0);
}

/* A goroutine that has waited for its turn for so long runs. */
static __noinline int run_delayed(struct goroutine_time *time, const struct hit *hit, uaddr_t g, duration_ns_t waited)
{
	__u32 slot = COOKIE_SLOT(hit->cookie);
	struct durations *delays = bpf_map_lookup_elem(&run_delays_by_slot, &slot);
	__u32 queued;

	if (delays)
		durations_add(delays, waited);
	if (waited < LONG_RUN_DELAY_NS)
		return 0;
	queued = queue_length(hit->target, g);
	if (queued < time->queued)
		return 0;
	time->queued = queued;
	time->queued_ktime_ns = time->since_ktime_ns;
	return 0;
}

/* func execute(gp *g, inheritTime bool)  at its call casgstatus(gp, …)  argument: gp, which is m.curg by then. */
SEC("uprobe")
int goroutine_run(struct pt_regs *ctx)
{
	struct goroutine_time *time;
	ktime_ns_t ready;
	struct hit hit;
	__u32 before;
	uaddr_t g;

	if (!hit_begin(&hit, ctx, HIT_GOROUTINE_RUN))
		return 0;
	g = go_argument(ctx, &hit);
	time = time_of(hit.target, g);
	if (!time)
		return 0;
	before = time->activity;
	ready = time->since_ktime_ns;
	/* Without having been woken: the first of those for whom the network was over, which runs at once. */
	if (before == GOROUTINE_WAITS)
		goroutine_has_waited(time);
	time_spend_on(time, TIME_CPU);
	if (before == GOROUTINE_IS_READY)
		run_delayed(time, &hit, g, time->since_ktime_ns - ready);
	else if (before == GOROUTINE_WAITS)
		run_delayed(time, &hit, g, 0);
	time_is_on(time);
	wait_place(time, hit.target, g);
	wait_end(time, hit.target->target_id);
	return 0;
}

/* The goroutine goes on later, and does not wait for anything but its turn. On g0. */
static __always_inline void goroutine_stops(struct pt_regs *ctx, enum count reason, enum goroutine_activity activity,
					    enum time_use use)
{
	struct goroutine_time *time;
	struct hit hit;
	uaddr_t g;

	if (!hit_begin(&hit, ctx, reason))
		return;
	g = go_argument(ctx, &hit);
	time = time_of(hit.target, g);
	if (!time)
		return;
	time_heal(time, g);
	time_turn(time, activity, use);
	wait_begin(time);
}

/* func goschedImpl(gp *g, …), goyield_m(gp *g), exitsyscallNoP(gp *g)  argument: gp. */
SEC("uprobe")
int goroutine_yield(struct pt_regs *ctx)
{
	goroutine_stops(ctx, HIT_GOROUTINE_YIELD, GOROUTINE_IS_READY, TIME_RUNNABLE);
	return 0;
}

/* func preemptPark(gp *g)  argument: gp. It is stopped for the collector or the like, which wakes it by ready. */
SEC("uprobe")
int goroutine_preempt(struct pt_regs *ctx)
{
	goroutine_stops(ctx, HIT_GOROUTINE_PREEMPT, GOROUTINE_WAITS, TIME_GC_STW);
	return 0;
}

/*
 * func coroswitch_m(gp *g)  argument: gp. The goroutine goes on as the other one of its iter.Pull, gp.coroarg.gp: what it
 * does there belongs to the spans that are open here, as if it had called it.
 */
SEC("uprobe")
int goroutine_coro(struct pt_regs *ctx)
{
	struct g_key to = {};
	struct goroutine_time *time, *other;
	struct hit hit;
	uaddr_t g, coro;

	if (!hit_begin(&hit, ctx, HIT_GOROUTINE_CORO))
		return 0;
	g = go_argument(ctx, &hit);
	time = time_of(hit.target, g);
	if (!time || hit.target->time.g_coroarg == GO_OFFSET_ABSENT || hit.target->time.coro_gp == GO_OFFSET_ABSENT)
		return 0;
	time_heal(time, g);
	coro = read_u64(g + hit.target->time.g_coroarg);
	to.g_addr = coro ? read_u64(coro + hit.target->time.coro_gp) : 0;
	to.target_id = hit.target->target_id;
	if (!to.g_addr)
		return 0;
	other = bpf_map_lookup_elem(&time_by_g, &to);
	/* With spans of its own it has an account of its own. */
	if (other && time_is_kept(hit.target, other)) {
		time_turn(time, GOROUTINE_WAITS, TIME_OTHER);
		time_spend_on(other, TIME_CPU);
		return 0;
	}
	if (bpf_map_update_elem(&time_by_g, &to, time, BPF_ANY))
		count(LOST_TIME_MAP_FULL);
	else
		time_leave(time);
	return 0;
}

#endif
