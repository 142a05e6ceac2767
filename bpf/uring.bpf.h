/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What io_uring has completed for goroutines on which a span is open. */
#ifndef URING_BPF_H
#define URING_BPF_H

#include "process.bpf.h"
#include "task.bpf.h"

#define SYSCALL_IO_URING_ENTER 426 /* on all processors */

/* The threads of the kernel that work for a ring have the registers of who started them, but no place in the program. */
static __always_inline bool is_in_ring(struct task_struct *task)
{
	const struct pt_regs___kernel *registers = entry_registers(task);

#ifdef __TARGET_ARCH_arm64
	return BPF_CORE_READ(registers, syscallno) == SYSCALL_IO_URING_ENTER && BPF_CORE_READ(registers, pc);
#else
	return BPF_CORE_READ(registers, orig_ax) == SYSCALL_IO_URING_ENTER && BPF_CORE_READ(registers, ip);
#endif
}

/*
 * io_uring_complete(…), whose arguments differ between kernels. As a rule the thread that has submitted it completes it, but that
 * may run another goroutine by then: only while it is in the ring's system call is it known to be the same.
 */
SEC("raw_tp/io_uring_complete")
int uring_complete(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct switch_filter *filter = switch_filter_get();
	const struct target_row *target;
	struct goroutine_time *time;
	struct task_struct *task;
	uaddr_t g;

	if (!filter || !filter->process[tgid & (SWITCH_FILTER_NUMBERS - 1)])
		return 0;
	target = target_by_tgid(tgid);
	if (!target || !target->time_since_ktime_ns)
		return 0;
	task = (void *)bpf_get_current_task();
	if (!is_in_ring(task)) {
		count(NOTE_URING_ELSEWHERE);
		return 0;
	}
	g = thread_goroutine(task, target);
	time = g ? time_of(target, g) : NULL;
	if (time)
		time->uring_completions++;
	return 0;
}

#endif
