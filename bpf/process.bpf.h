/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The life of processes: which program they run, and when they end. */
#ifndef PROCESS_BPF_H
#define PROCESS_BPF_H

#include "context.bpf.h"

/* The row of the target with that tgid; NULL: not a target. */
static __always_inline const struct target_row *target_by_tgid(__u32 tgid)
{
	const __u32 *slot = bpf_map_lookup_elem(&slot_by_tgid, &tgid);

	return slot ? bpf_map_lookup_elem(&target_by_slot, slot) : NULL;
}

/* Its number; 0: not a target. */
static __always_inline __u32 target_id_of(__u32 tgid)
{
	const struct target_row *target = target_by_tgid(tgid);

	return target ? target->target_id : 0;
}

static __always_inline void record_send(void *record, __u32 bytes)
{
	if (bpf_ringbuf_output(&records, record, bytes, BPF_RB_NO_WAKEUP))
		count(LOST_RING_FULL);
}

/* sched_process_exec(struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm) */
SEC("raw_tp/sched_process_exec")
int process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	const struct task_struct *task = (void *)ctx->args[0];
	const struct settings *settings = settings_get();
	struct ev_process_exec record = {};

	record.tgid = BPF_CORE_READ(task, tgid);
	record.header.target_id = target_id_of(record.tgid);
	if (!record.header.target_id && !(settings && settings->follow_exec))
		return 0;
	record.header.kind = EV_PROCESS_EXEC;
	record.header.size = sizeof(record);
	record.header.tid = BPF_CORE_READ(task, pid);
	record.parent_tgid = BPF_CORE_READ(task, real_parent, tgid);
	record.ktime_ns = bpf_ktime_get_ns();
	record_send(&record, sizeof(record));
	return 0;
}

/* sched_process_exit(struct task_struct *task, …)  for every thread; the last one to go ends the process. */
SEC("raw_tp/sched_process_exit")
int process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	const struct task_struct *task = (void *)ctx->args[0];
	struct ev_process_exit record = {};
	__u32 tid;

	record.tgid = BPF_CORE_READ(task, tgid);
	tid = BPF_CORE_READ(task, pid);
	record.header.target_id = target_id_of(record.tgid);
	if (!record.header.target_id)
		return 0;
	bpf_map_delete_elem(&off_by_thread, &tid);
	bpf_map_delete_elem(&allocs_by_thread, &tid);
	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0;
	record.header.kind = EV_PROCESS_EXIT;
	record.header.size = sizeof(record);
	record.header.tid = tid;
	record.exit_code = BPF_CORE_READ(task, exit_code);
	record.ktime_ns = bpf_ktime_get_ns();
	record_send(&record, sizeof(record));
	return 0;
}

#endif
