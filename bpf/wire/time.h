/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Where the time of goroutines goes, and what of a Go program must be known to see it: levels `waits` and above. */
#ifndef WIRE_TIME_H
#define WIRE_TIME_H

#include "go.h"
#include "types.h"

enum time_limit {
	TIME_USES_MAX = 20,    /* places for enum time_use */
	TURNS_MAX = 16,        /* of a goroutine, in one record */
	WAIT_REASONS_MAX = 64, /* of the Go runtime; those of Go 1.27 are 47 */
	TIME_BY_CALLER = 0xff, /* instead of a use: the wait is for a semaphore, and who asks for it says what for */
};

/* What a goroutine's time is spent on. Each nanosecond of a span belongs to exactly one. */
enum time_use {
	TIME_UNATTRIBUTED = 0, /* not known: before attaching, or a switch of its thread was not seen */
	TIME_CPU,
	TIME_PREEMPTED,     /* its thread could run, but the kernel let another one run */
	TIME_THROTTLED,     /* … because the CPU quota of its cgroup was used up */
	TIME_RUNNABLE,      /* it waited for a P, that is for a turn among the goroutines of its process */
	TIME_CHAN_RECEIVE,
	TIME_CHAN_SEND,
	TIME_SELECT,
	TIME_MUTEX,
	TIME_RWMUTEX,
	TIME_COND,
	TIME_WAITGROUP,
	TIME_NETWORK,       /* it waited for a descriptor that the runtime polls */
	TIME_NETWORK_READY, /* … for which something had come already */
	TIME_SLEEP,
	TIME_SYSCALL,       /* its thread was blocked in a system call */
	TIME_PAGEFAULT,     /* … in a page fault */
	TIME_GC_ASSIST,     /* it helped the garbage collector, or waited to */
	TIME_GC_STW,        /* the world was stopped */
	TIME_OTHER,         /* another reason of the runtime's */
};

/* Where the time of a span went; the sum is at most its duration, and what is missing is unattributed. */
struct span_time {
	duration_ns_t ns[TIME_USES_MAX] DOC("by enum time_use, of its goroutine while it was open");
	duration_ns_t alloc_ns DOC("of these in the slow ways to memory; level `runtime`");
	__u32 start_cpu;
	__u32 end_cpu;
	__u32 start_node DOC("NUMA node");
	__u32 end_node;
	__u32 migrations DOC("how often its goroutine went on on another processor");
	__u32 uring_completions DOC("that io_uring had for it while it was in the ring's system call");
	__u32 queued DOC("most goroutines behind it in the queues when it had waited long for its turn; 0: none, or not known");
	__u32 reserved;
};

/* What the programs of goroutines' time read of a Go program. */
struct time_layout {
	uaddr_t semacquire GO_RETURN("sync.runtime_Semacquire calls runtime.semacquire1");
	uaddr_t semacquire_mutex GO_RETURN("sync.runtime_SemacquireMutex calls runtime.semacquire1");
	uaddr_t semacquire_fd GO_RETURN("internal/poll.runtime_Semacquire calls runtime.semacquire1");
	go_offset_t g_schedlink GO_FIELD("runtime.g.schedlink");
	go_offset_t g_status GO_FIELD("runtime.g.atomicstatus");
	go_offset_t g_wait_reason GO_FIELD("runtime.g.waitreason");
	go_offset_t g_coroarg GO_FIELD("runtime.g.coroarg?");
	go_offset_t coro_gp GO_FIELD("runtime.coro.gp?");
	go_offset_t m_p GO_FIELD("runtime.m.p?");
	go_offset_t p_runqhead GO_FIELD("runtime.p.runqhead?");
	go_offset_t p_runqtail GO_FIELD("runtime.p.runqtail?");
	go_offset_t hchan_dataqsiz GO_FIELD("runtime.hchan.dataqsiz");
	go_offset_t hchan_buf GO_FIELD("runtime.hchan.buf");
	go_offset_t hchan_elemsize GO_FIELD("runtime.hchan.elemsize");
	go_offset_t hchan_recvx GO_FIELD("runtime.hchan.recvx");
	go_offset_t sudog_g GO_FIELD("runtime.sudog.g");
	go_offset_t sudog_elem GO_FIELD("runtime.sudog.elem");
	go_offset_t poll_desc_fd GO_FIELD("runtime.pollDesc.fd?");
	go_offset_t poll_desc_rg GO_FIELD("runtime.pollDesc.rg?");
	go_offset_t poll_desc_self GO_FIELD("runtime.pollDesc.self?");
	__u16 padding[3];
};

#endif
