/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the kernel's scheduler does to the thread that runs a goroutine on which a span is open. No uprobe: the goroutine is
 * found by the thread's own memory, which can be read only while it leaves its processor.
 */
#ifndef THREAD_BPF_H
#define THREAD_BPF_H

#include "process.bpf.h"
#include "task.bpf.h"
#include "wait_span.bpf.h"

#define G_IN_SYSCALL 3 /* _Gsyscall of runtime/runtime2.go */
#define G_WAITS 4      /* _Gwaiting */
#define G_SCAN 0x1000  /* _Gscan: set beside it while the collector looks at the stack */

#ifdef __TARGET_ARCH_arm64
#define SYSCALL_FUTEX 98
#else
#define SYSCALL_FUTEX 202
#endif

static __always_inline bool thread_wants_to_run(struct task_struct *task)
{
	if (bpf_core_field_exists(struct task_struct, __state))
		return !BPF_CORE_READ(task, __state);
	return !BPF_CORE_READ((struct task_struct___old *)task, state);
}

/* Has the quota of its cgroup, or of one around it, been used up? */
static __always_inline bool thread_is_throttled(struct task_struct *task)
{
	struct cfs_rq *queue;

	if (bpf_core_field_exists(struct task_struct, throttled) && BPF_CORE_READ(task, throttled))
		return true;
	if (!bpf_core_field_exists(struct cfs_rq, throttle_count) || !bpf_core_field_exists(struct sched_entity, cfs_rq))
		return false;
	queue = BPF_CORE_READ(task, se.cfs_rq);
	return BPF_CORE_READ(queue, throttle_count) > 0;
}

/*
 * Goroutine `g` runs but says that it waits, so that its stack may be scanned. Only who works for the collector or stops the
 * world does so, and says for which; before Go 1.20 not all do, and the reason is that of an earlier wait.
 */
static __always_inline enum time_use pretended_wait_use(const struct target_row *target, uaddr_t g)
{
	__u8 reason = 0;
	__u32 use;

	bpf_probe_read_user(&reason, sizeof(reason), (const void *)(g + target->time.g_wait_reason));
	use = target->time_by_reason[reason & (WAIT_REASONS_MAX - 1)];
	return use == TIME_GC_ASSIST || use == TIME_GC_STW ? use : TIME_OTHER;
}

/*
 * Why the running thread, which runs goroutine `g`, leaves its processor. `run_use` is on what the goroutine spends its time:
 * who stops the world, or helps the collector, waits for other threads meanwhile, and that is part of it.
 */
static __always_inline enum time_use thread_off_use(struct task_struct *task, const struct target_row *target, uaddr_t g,
						    enum time_use run_use)
{
	__u32 status = 0;
	__s32 call;

	if (thread_wants_to_run(task))
		return thread_is_throttled(task) ? TIME_THROTTLED : TIME_PREEMPTED;
	bpf_probe_read_user(&status, sizeof(status), (const void *)(g + target->time.g_status));
	if ((status & ~G_SCAN) == G_IN_SYSCALL)
		return TIME_SYSCALL;
#ifdef __TARGET_ARCH_arm64
	call = BPF_CORE_READ(entry_registers(task), syscallno);
#else
	call = BPF_CORE_READ(entry_registers(task), orig_ax);
#endif
	if (call < 0)
		return TIME_PAGEFAULT;
	if (call != SYSCALL_FUTEX)
		return TIME_SYSCALL; /* of which the runtime does not know */
	/* For a lock of the runtime, or for other threads. */
	if (run_use != TIME_CPU)
		return run_use;
	return (status & ~G_SCAN) == G_WAITS ? pretended_wait_use(target, g) : TIME_OTHER;
}

/*
 * The running thread has come back without being seen, and is about to leave again: the kernel knows for how long it ran, and
 * before that it was still away.
 */
static __always_inline void thread_returned(struct task_struct *task, __u32 tid, struct goroutine_time *time, uaddr_t g)
{
	const struct off_thread *off = bpf_map_lookup_elem(&off_by_thread, &tid);
	ktime_ns_t now = bpf_ktime_get_ns();
	duration_ns_t ran;

	if (!off || off->g_addr != g)
		return;
	count(NOTE_SWITCH_UNSEEN);
	ran = BPF_CORE_READ(task, se.sum_exec_runtime) - off->ran_ns;
	if (ran < now - time->since_ktime_ns) {
		time_was_woken(time, off->woken_ktime_ns);
		time_charge(time, now - ran);
	}
	time->activity = GOROUTINE_RUNS;
	time->use = time->run_use;
}

static __always_inline void thread_off(struct task_struct *task, __u32 tid, const struct target_row *target,
				       struct switch_filter *filter)
{
	struct off_thread off = { .target_id = target->target_id,
				  .ran_ns = BPF_CORE_READ(task, se.sum_exec_runtime) };
	struct goroutine_time *time;

	off.g_addr = thread_goroutine(task, target);
	if (!off.g_addr)
		return;
	time = time_of(target, off.g_addr);
	if (!time || time->busy)
		return;
	if (time->activity == GOROUTINE_IS_OFF)
		thread_returned(task, tid, time, off.g_addr);
	if (time->activity != GOROUTINE_RUNS)
		return;
	filter->thread[tid & (SWITCH_FILTER_NUMBERS - 1)] = 1;
	if (bpf_map_update_elem(&off_by_thread, &tid, &off, BPF_ANY)) {
		count(LOST_THREAD_MAP_FULL);
		time_turn(time, GOROUTINE_RUNS, TIME_UNATTRIBUTED);
		return;
	}
	time_turn(time, GOROUTINE_IS_OFF, thread_off_use(task, target, off.g_addr, time->run_use));
	wait_begin(time);
	/* Of one that was preempted the samples say more. */
	if (target->flags & TARGET_STACKS && !thread_wants_to_run(task))
		place_of_blocked(&time->place, target, entry_registers(task));
}

static __always_inline void thread_on(struct off_thread *off)
{
	struct g_key key = { .g_addr = off->g_addr, .target_id = off->target_id };
	struct goroutine_time *time = bpf_map_lookup_elem(&time_by_g, &key);
	__u32 target_id = off->target_id;

	off->g_addr = 0;
	if (!time || !time_is_watched(time) || time->busy || time->activity != GOROUTINE_IS_OFF)
		return;
	time_was_woken(time, off->woken_ktime_ns);
	time_turn(time, GOROUTINE_RUNS, time->run_use);
	time_is_on(time);
	wait_end(time, target_id);
}

/* sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next, …)  prev is still the running one. */
SEC("tp_btf/sched_switch")
int thread_switch(__u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	__u64 tgid_tid = bpf_get_current_pid_tgid();
	struct switch_filter *filter = switch_filter_get();
	const struct target_row *target;
	struct off_thread *off;
	__u32 tid = next->pid;

	if (!filter)
		return 0;
	if (filter->process[tgid_tid >> 32 & (SWITCH_FILTER_NUMBERS - 1)]) {
		target = target_by_tgid(tgid_tid >> 32);
		if (target && target->time_since_ktime_ns)
			thread_off(prev, tgid_tid, target, filter);
	}
	if (!filter->thread[tid & (SWITCH_FILTER_NUMBERS - 1)])
		return 0;
	off = bpf_map_lookup_elem(&off_by_thread, &tid);
	if (off && off->g_addr)
		thread_on(off);
	return 0;
}

/* sched_waking(struct task_struct *p)  by another thread, or an interrupt; it may run still. */
SEC("tp_btf/sched_waking")
int thread_wake(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct switch_filter *filter = switch_filter_get();
	struct off_thread *off;
	__u32 tid = task->pid;

	if (!filter || !filter->thread[tid & (SWITCH_FILTER_NUMBERS - 1)])
		return 0;
	off = bpf_map_lookup_elem(&off_by_thread, &tid);
	if (off && off->g_addr && !off->woken_ktime_ns)
		off->woken_ktime_ns = bpf_ktime_get_ns();
	return 0;
}

#endif
