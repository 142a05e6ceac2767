/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the garbage collector, and whoever else stops the world, takes of goroutines' time. All programs run on the stack of g0. */
#ifndef GC_TIME_BPF_H
#define GC_TIME_BPF_H

#include "process.bpf.h"
#include "time.bpf.h"

#define VARIANT_WITHOUT_REASON 1

/* From now on the goroutine behind the thread spends its time on that, if anybody looks. */
static __always_inline void gc_spends(const struct target_row *target, uaddr_t g, enum time_use use)
{
	struct goroutine_time *time = g ? time_of(target, g) : NULL;

	if (!time)
		return;
	time_heal(time, g);
	time_spend_on(time, use);
}

/* func stopTheWorldWithSema(reason stwReason) worldStop  argument: reason. One at a time: worldsema is held. */
SEC("uprobe")
int gc_stop_begin(struct pt_regs *ctx)
{
	const struct target_row *target;
	struct stops *stops;
	struct hit hit;
	uaddr_t g;

	if (!hit_begin(&hit, ctx, HIT_GC_STOP_BEGIN))
		return 0;
	target = hit.target;
	stops = stops_at(COOKIE_SLOT(hit.cookie));
	if (!stops)
		return 0;
	g = goroutine_behind(target, go_current_g(ctx));
	stops->goid = g ? read_goid(target, g) : 0;
	stops->reason = COOKIE_VARIANT(hit.cookie) == VARIANT_WITHOUT_REASON ? STOP_REASON_UNKNOWN :
									      go_argument(ctx, &hit) & 0xff;
	stops->since_ktime_ns = bpf_ktime_get_ns();
	gc_spends(target, g, TIME_GC_STW);
	return 0;
}

/* func startTheWorldWithSema(…) int64  at its call wakep(): goroutines run again. */
SEC("uprobe")
int gc_stop_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_gc_stop record = {};
	const struct target_row *target;
	struct stops *stops;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_GC_STOP_END))
		return 0;
	target = hit.target;
	stops = stops_at(COOKIE_SLOT(hit.cookie));
	/* It was stopped before this was attached. */
	if (!stops || !stops->since_ktime_ns || stops->since_ktime_ns < target->time_since_ktime_ns)
		return 0;
	record.header.kind = EV_GC_STOP;
	record.header.size = sizeof(record);
	record.header.target_id = target->target_id;
	record.header.tid = bpf_get_current_pid_tgid();
	record.start_ktime_ns = stops->since_ktime_ns;
	record.end_ktime_ns = now;
	record.goid = stops->goid;
	record.reason = stops->reason;
	stops->stopped_ns += now - stops->since_ktime_ns;
	stops->since_ktime_ns = 0;
	gc_spends(target, goroutine_behind(target, go_current_g(ctx)), TIME_CPU);
	record_send(&record, sizeof(record));
	return 0;
}

/* func gcAssistAlloc1(gp *g, scanWork int64)  at its call gcDrainN(…). */
SEC("uprobe")
int gc_assist_begin(struct pt_regs *ctx)
{
	struct hit hit;

	if (hit_begin(&hit, ctx, HIT_GC_ASSIST_BEGIN))
		gc_spends(hit.target, goroutine_behind(hit.target, go_current_g(ctx)), TIME_GC_ASSIST);
	return 0;
}

/* … and at its call casgstatus(gp, …) behind that. */
SEC("uprobe")
int gc_assist_end(struct pt_regs *ctx)
{
	struct hit hit;

	if (hit_begin(&hit, ctx, HIT_GC_ASSIST_END))
		gc_spends(hit.target, goroutine_behind(hit.target, go_current_g(ctx)), TIME_CPU);
	return 0;
}

#endif
