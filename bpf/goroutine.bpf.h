/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Goroutines: who is running, who was born. */
#ifndef GOROUTINE_BPF_H
#define GOROUTINE_BPF_H

#include "sdk_context.bpf.h"
#include "work.bpf.h"

/* The part of runtime.g from goid on that holds parentGoid and startpc in every version. */
#define G_BLOCK_BYTES 168

struct goroutine {
	goid_t goid;
	goid_t parent_goid; /* 0: unknown */
	uaddr_t startpc;
};

/* A function of its own, so that its block is not in the frames of those that go on to call others. */
static __noinline int read_goroutine(struct goroutine *goroutine, const struct target_row *target, uaddr_t g)
{
	__u64 block[G_BLOCK_BYTES / 8];
	__u32 parent = (__u32)target->runtime.g_parent_goid - target->runtime.g_goid;
	__u32 startpc = (__u32)target->runtime.g_startpc - target->runtime.g_goid;

	if (read_user(block, sizeof(block), g + target->runtime.g_goid))
		return -1;
	goroutine->goid = block[0];
	if (target->runtime.g_parent_goid != GO_OFFSET_ABSENT && parent < G_BLOCK_BYTES)
		goroutine->parent_goid = block[parent / 8];
	if (startpc < G_BLOCK_BYTES)
		goroutine->startpc = block[startpc / 8];
	return 0;
}

/*
 * Argument: the new goroutine, which inherits what its creator hands on. Runs on g0, so the creator is g0.m.curg; since Go 1.21
 * the new goroutine names it itself.
 */
static __always_inline void goroutine_is_born(struct pt_regs *ctx, enum count reason)
{
	const struct target_row *target;
	struct inherited handed = {};
	struct goroutine child = {};
	struct worker worker;
	struct hit hit;
	uaddr_t g;

	if (!hit_begin(&hit, ctx, reason))
		return;
	target = hit.target;
	g = go_argument(ctx, &hit);
	time_forget(target, g);
	if (read_goroutine(&child, target, g) || !child.goid)
		return;
	/* net/http starts one per request, and it can never make a span. */
	if (target->http_server.background_read_entry && child.startpc == loaded_address(target, target->http_server.background_read_entry))
		return;
	if (!child.parent_goid) {
		uaddr_t creator = goroutine_behind(target, go_current_g(ctx));

		if (!creator)
			return; /* started by a timer: a root */
		child.parent_goid = read_goid(target, creator);
	}
	if (sdk_is_joined(target))
		sdk_hand_on(target, g, child.goid, goroutine_behind(target, go_current_g(ctx)), child.parent_goid);
	if (!context_handed(&handed, target->target_id, child.parent_goid))
		return;
	context_inherit_from(target->target_id, child.goid, &handed);
	/* What that of an iter.Pull does is done by who pulls (see goroutine_coro). */
	if (reason == HIT_GOROUTINE_BIRTH_CORO || !target->time_since_ktime_ns)
		return;
	worker = (struct worker){ g, child.goid, GOROUTINE_IS_READY, TIME_RUNNABLE };
	work_hand_on(target, &worker, goroutine_behind(target, go_current_g(ctx)), &handed);
}

/* func newproc.func1()  at its call runqput(pp, newg, true): the new goroutine is complete. */
SEC("uprobe")
int goroutine_birth(struct pt_regs *ctx)
{
	goroutine_is_born(ctx, HIT_GOROUTINE_BIRTH);
	return 0;
}

/* func newcoro.func1()  behind its call newproc1(…): the goroutine of an iter.Pull is made, and is not yet run. */
SEC("uprobe")
int goroutine_birth_coro(struct pt_regs *ctx)
{
	goroutine_is_born(ctx, HIT_GOROUTINE_BIRTH_CORO);
	return 0;
}

#endif
