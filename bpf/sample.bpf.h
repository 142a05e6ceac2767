/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the threads of targets do while they are on a processor, looked at now and then by its own clock: level `cpu`. No uprobe. */
#ifndef SAMPLE_BPF_H
#define SAMPLE_BPF_H

#include "process.bpf.h"
#include "stack.bpf.h"

#define KERNEL_ADDRESS_MASK ((1ULL << 48) - 1)

/* Has the clock interrupted the kernel? */
static __always_inline bool in_kernel(const struct pt_regs *ctx)
{
#ifdef __TARGET_ARCH_arm64
	return ctx->pstate & 0xf;
#else
	return !(ctx->cs & 3);
#endif
}

/* The stack of the kernel itself, which has been told; 0: it is not known. */
static __noinline stack_id_t kernel_stack(struct pt_regs *ctx, __u32 target_id)
{
	uaddr_t pc[KERNEL_FRAMES_MAX] = {};
	struct ev_stack *stack;
	stack_id_t stack_id;
	__u64 hash = 0;

	if (bpf_get_stack(ctx, pc, sizeof(pc), 0) <= 0)
		return 0;
	for (int i = 0; i < KERNEL_FRAMES_MAX; i++)
		hash = stack_hash(hash, pc[i]);
	stack_id = stack_id_from(hash);
	if (stack_is_told(stack_id))
		return stack_id;
	stack = stack_record(target_id, stack_id);
	if (!stack)
		return 0;
	for (int i = 0; i < KERNEL_FRAMES_MAX; i++) {
		stack->pc[i] = pc[i] & KERNEL_ADDRESS_MASK;
		if (pc[i])
			stack->frames = i + 1;
	}
	for (int i = KERNEL_FRAMES_MAX; i < STACK_FRAMES_MAX; i++)
		stack->pc[i] = 0;
	stack->header.flags = STACK_FLAG_KERNEL | (pc[KERNEL_FRAMES_MAX - 1] ? STACK_FLAG_CUT : 0);
	stack_tell(stack);
	return stack_id;
}

/* For which goroutine the thread runs, and for which span that one works. */
static __noinline int sample_owner(struct ev_sample *sample, const struct target_row *target, uaddr_t g)
{
	struct inherited handed = {};
	struct goroutine_time *time;

	sample->goid = peek_u64(g + target->runtime.g_goid);
	time = time_of(target, g);
	sample->use = time ? time->run_use : TIME_CPU;
	if (!context_handed(&handed, target->target_id, sample->goid) || !(handed.trace_flags & TRACE_FLAG_SAMPLED) ||
	    !context_is_open(target->target_id, &handed))
		return 0;
	sample->trace_id = handed.trace_id;
	sample->span_id = handed.span_id;
	return 0;
}

/* Where in its program the running thread is. */
static __always_inline void place_of_running(struct code_place *place, const struct target_row *target, struct pt_regs *ctx)
{
	if (in_kernel(ctx)) {
		place_of_blocked(place, target, entry_registers((void *)bpf_get_current_task()));
		return;
	}
#ifdef REG_LINK
	place_at(place, target, ctx->REG_PC, ctx->REG_LINK, ctx->REG_FP);
#else
	place_at(place, target, ctx->REG_PC, peek_u64(ctx->REG_SP), ctx->REG_FP);
#endif
}

/* The clock of a processor. It interrupts whatever runs there, also another program in the middle of its work. */
SEC("perf_event")
int cpu_sample(struct pt_regs *ctx)
{
	__u64 tgid_tid = bpf_get_current_pid_tgid();
	const struct target_row *target = target_by_tgid(tgid_tid >> 32);
	const struct settings *settings = settings_get();
	struct task_struct *task = (void *)bpf_get_current_task();
	struct ev_sample sample = {};
	struct code_place place;
	uaddr_t g;

	if (!target || !(target->flags & TARGET_STACKS) || !settings)
		return 0;
	sample.header.kind = EV_SAMPLE;
	sample.header.size = sizeof(sample);
	sample.header.target_id = target->target_id;
	sample.header.tid = tgid_tid;
	sample.ktime_ns = bpf_ktime_get_ns();
	sample.period_ns = settings->sample_period_ns;
	sample.cpu = bpf_get_smp_processor_id();
	sample.use = TIME_OTHER;
	g = thread_goroutine(task, target);
	if (g)
		sample_owner(&sample, target, g);
	place_of_running(&place, target, ctx);
	sample.pc = place.pc;
	sample.link = place.link;
	sample.stack_id = place.stack_id;
	if (in_kernel(ctx))
		sample.kernel_stack_id = kernel_stack(ctx, target->target_id);
	record_send(&sample, sizeof(sample));
	return 0;
}

#endif
