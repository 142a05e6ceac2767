/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The running thread as the kernel has it: the registers that it has left the program with, and which goroutine it runs. */
#ifndef TASK_BPF_H
#define TASK_BPF_H

#include "go.bpf.h"

/* The same struct as the kernel has it: more than what programs are handed. */
struct pt_regs___kernel {
#ifdef __TARGET_ARCH_arm64
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__s32 syscallno;
#else
	unsigned long bp;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long sp;
#endif
} __attribute__((preserve_access_index));

/* The registers with which the running thread has entered the kernel. */
static __always_inline const struct pt_regs___kernel *entry_registers(struct task_struct *task)
{
#ifdef LEGACY
	/* bpf_task_pt_regs is of Linux 5.15. They lie at the end of the stack of 16 KiB. */
	return (void *)BPF_CORE_READ(task, stack) + (16 << 10) - bpf_core_type_size(struct pt_regs___kernel);
#else
	return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
#endif
}

/* The g of the running thread, which may be its g0. */
static __always_inline uaddr_t thread_g(struct task_struct *task, const struct target_row *target)
{
#ifdef __TARGET_ARCH_arm64
	return BPF_CORE_READ(entry_registers(task), regs[28]);
#else
	return target->g_tls_offset ? peek_u64(BPF_CORE_READ(task, thread.fsbase) + target->g_tls_offset) : 0;
#endif
}

/* The g of the goroutine that the running thread runs, or works for on its g0; 0: for none. */
static __always_inline uaddr_t thread_goroutine(struct task_struct *task, const struct target_row *target)
{
	uaddr_t g = thread_g(task, target);
	uaddr_t m = g ? peek_u64(g + target->runtime.g_m) : 0;

	return m ? peek_u64(m + target->runtime.m_curg) : 0;
}

#endif
