/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel as the programs see it: helpers, the few fields of kernel structs that are read (relocated by
 * CO-RE, so no vmlinux.h). Needs bpf_loop (Linux 5.17) and attach cookies (5.15), which distributions have added to
 * older kernels; compiled with LEGACY neither, but Linux ≥ 5.8. The shim takes the form that the kernel can load.
 */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/*
 * What is read after it is read after what stands before it. Only on processors that change the order of reads: there an
 * atomic operation whose result is used is a full barrier.
 */
#if defined(__bpf__) && defined(__TARGET_ARCH_arm64)
#define order_reads() \
	({ \
		__u64 fence_ = 0; \
		__u64 was_ = __sync_fetch_and_add(&fence_, 1); \
		asm volatile("" : : "r"(was_) : "memory"); \
	})
#else
#define order_reads() asm volatile("" : : : "memory")
#endif

/* 2^64 divided by the golden ratio: what it multiplies is spread over the upper bits. */
#define HASH_FACTOR 0x9e3779b97f4a7c15ULL

/* What stands behind it is done behind what stands before it. */
#define in_order() asm volatile("" : : : "memory")

struct atomic_counter {
	int counter;
} __attribute__((preserve_access_index));

struct signal_struct {
	struct atomic_counter live;
} __attribute__((preserve_access_index));

struct inode {
	unsigned long i_ino;
} __attribute__((preserve_access_index));

struct file {
	void *private_data;
	struct inode *f_inode;
} __attribute__((preserve_access_index));

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} __attribute__((preserve_access_index));

struct files_struct {
	struct fdtable *fdt;
} __attribute__((preserve_access_index));

struct in6_addr {
	__u8 bytes[16];
};

struct possible_net {
	void *net;
} __attribute__((preserve_access_index));

struct sock_common {
	union {
		__u64 skc_addrpair;
		struct {
			__u32 skc_daddr;
			__u32 skc_rcv_saddr;
		};
	};
	union {
		__u32 skc_portpair;
		struct {
			__u16 skc_dport; /* big-endian, unlike skc_num */
			__u16 skc_num;
		};
	};
	unsigned short skc_family;
	struct possible_net skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} __attribute__((preserve_access_index));

struct socket;

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	struct socket *sk_socket;
} __attribute__((preserve_access_index));

struct unix_sock {
	struct sock sk;
	struct sock *peer;
} __attribute__((preserve_access_index));

struct tcp_sock {
	struct sock sk; /* stands first in inet_conn, which does here */
	__u32 rcv_nxt;
	__u32 write_seq;
	__u32 srtt_us; /* eighths of a microsecond */
	__u32 total_retrans;
	__u64 bytes_received;
} __attribute__((preserve_access_index));

struct sk_buff {
	unsigned int len;
	__u16 transport_header;
	unsigned char *head;
} __attribute__((preserve_access_index));

struct socket {
	struct file *file;
	struct sock *sk;
} __attribute__((preserve_access_index));

/*
 * Calls `step(index, context)` up to `count` times, until it returns 1. A legacy kernel's verifier follows every round,
 * so there are fewer of them.
 */
#ifdef LEGACY
#define repeat(count, step, context) \
	do { \
		for (__u32 index_ = 0; index_ < (count); index_++) \
			if (step(index_, context)) \
				break; \
	} while (0)
#else
#define repeat(count, step, context) bpf_loop(count, step, context, 0)
#endif

struct mm_struct {
	unsigned long start_code;
} __attribute__((preserve_access_index));

struct cfs_rq {
	int throttle_count;
} __attribute__((preserve_access_index));

struct sched_entity {
	__u64 sum_exec_runtime;
	struct cfs_rq *cfs_rq;
} __attribute__((preserve_access_index));

struct thread_struct {
	unsigned long fsbase; /* x86 */
} __attribute__((preserve_access_index));

struct task_struct {
	struct mm_struct *mm;
	int pid;
	int tgid;
	int exit_code;
	unsigned int __state;
	_Bool throttled; /* since Linux 6.18 */
	void *stack;
	struct sched_entity se;
	struct task_struct *real_parent;
	struct signal_struct *signal;
	struct files_struct *files;
	struct thread_struct thread;
} __attribute__((preserve_access_index));

/* Before Linux 5.14. */
struct task_struct___old {
	long state;
} __attribute__((preserve_access_index));

#endif
