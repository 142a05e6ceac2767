/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel as the programs see it: helpers, the few fields of kernel structs that are read (relocated by
 * CO-RE, so no vmlinux.h). Needs Linux ≥ 5.17 (bpf_loop; attach cookies are 5.15).
 */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct atomic_counter {
	int counter;
} __attribute__((preserve_access_index));

struct signal_struct {
	struct atomic_counter live;
} __attribute__((preserve_access_index));

struct task_struct {
	int pid;
	int tgid;
	int exit_code;
	struct task_struct *real_parent;
	struct signal_struct *signal;
} __attribute__((preserve_access_index));

#endif
