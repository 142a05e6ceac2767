/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Who held a sync.Mutex when a goroutine began to wait for it. While somebody waits, each Unlock goes the slow way and is counted:
 * if there was only the one that has ended the wait, its goroutine is who held it all the time.
 */
#ifndef MUTEX_BPF_H
#define MUTEX_BPF_H

#include "time.bpf.h"

/* The count in which the unlocks of a mutex are, maybe with those of others: then nobody is told to have held it. */
static __always_inline __u64 *mutex_unlocks(const struct target_row *target, uaddr_t mutex)
{
	__u32 cell = (mutex >> 3 ^ mutex >> 16 ^ target->target_id) & (MUTEX_COUNTS - 1);

	return bpf_map_lookup_elem(&unlocks_by_mutex, &cell);
}

/* A goroutine begins to wait; `is_mutex`: for the mutex of its last call of lockSlow. */
static __always_inline void mutex_wait_begin(struct goroutine_time *time, const struct target_row *target, bool is_mutex)
{
	const __u64 *unlocks = is_mutex && time->mutex_addr ? mutex_unlocks(target, time->mutex_addr) : NULL;

	time->mutex_is_watched = unlocks != NULL;
	if (unlocks)
		time->mutex_unlocks = *unlocks;
}

/* Its wait is ended by who held the mutex when it began. */
static __always_inline bool mutex_was_held(const struct goroutine_time *time, const struct target_row *target)
{
	const __u64 *unlocks = time->mutex_is_watched ? mutex_unlocks(target, time->mutex_addr) : NULL;

	/* Between the count and the wake-up another one may begin to wait: then none has been counted since. */
	return unlocks && *unlocks - time->mutex_unlocks <= 1;
}

/* func (m *Mutex) lockSlow()  argument: m. */
SEC("uprobe")
int mutex_lock(struct pt_regs *ctx)
{
	struct goroutine_time *time;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_MUTEX_LOCK))
		return 0;
	time = time_of(hit.target, go_current_g(ctx));
	if (time)
		time->mutex_addr = go_argument(ctx, &hit);
	return 0;
}

/* func (m *Mutex) unlockSlow(new int32)  argument: m. */
SEC("uprobe")
int mutex_unlock(struct pt_regs *ctx)
{
	struct hit hit;
	__u64 *unlocks;

	if (!hit_begin(&hit, ctx, HIT_MUTEX_UNLOCK))
		return 0;
	unlocks = mutex_unlocks(hit.target, go_argument(ctx, &hit));
	if (unlocks)
		__sync_fetch_and_add(unlocks, 1);
	return 0;
}

#endif
