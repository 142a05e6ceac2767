/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Waits of a goroutine within its innermost span that are long enough to be told one by one, and who has ended each. */
#ifndef WAIT_SPAN_BPF_H
#define WAIT_SPAN_BPF_H

#include "connection.bpf.h"
#include "mutex.bpf.h"
#include "stack.bpf.h"
#include "work.bpf.h"

/* A shorter wait for one who works for the same span stays a wait on the critical path of that span. */
#define PATH_WAIT_MIN_NS 20000

/* The record of a wait, which is shorter than that of other spans. */
union wait_record {
	struct ev_header header;
	__u64 words[(offsetof(struct ev_span_end, rest) + sizeof(struct wait_body)) / 8];
};

/* Is it long enough? */
static __always_inline bool wait_counts(duration_ns_t lasted)
{
	const struct settings *settings = settings_get();

	return settings && settings->wait_min_ns && lasted >= settings->wait_min_ns;
}

/* Keeps who has ended the wait, and the sampled span for which it works. */
static __always_inline void wait_waker(struct goroutine_time *time, __u32 target_id, goid_t waker)
{
	struct inherited handed = {};

	time->waker_goid = waker;
	if (!context_handed(&handed, target_id, waker) || !(handed.trace_flags & TRACE_FLAG_SAMPLED) ||
	    !context_is_open(target_id, &handed))
		return;
	time->waker_trace_id = handed.trace_id;
	time->waker_span_id = handed.span_id;
}

/* A wait has lasted until now, and is ended by the thread with that g0 (0: it does so for nobody). */
static __noinline int wait_woken(struct goroutine_time *time, const struct target_row *target, uaddr_t g0)
{
	struct woken woken = { time->goid, time->wait_ktime_ns, time->since_ktime_ns - time->wait_ktime_ns, time->wait_use };
	bool is_told = wait_counts(woken.wait_ns);
	uaddr_t waker;

	time->ready_ktime_ns = time->since_ktime_ns;
	if (!g0 || (!is_told && woken.wait_ns < PATH_WAIT_MIN_NS))
		return 0;
	waker = goroutine_behind(target, g0);
	if (!waker)
		return 0;
	if (is_told) {
		wait_waker(time, target->target_id, read_goid(target, waker));
		time->waker_is_holder = mutex_was_held(time, target);
		if (target->flags & TARGET_STACKS)
			time->waker_stack_id = stack_of_g(target, waker);
	}
	/* Of a wait for the network a part may be charged otherwise. */
	if (woken.wait_use != TIME_NETWORK)
		work_tell(target, waker, &woken);
	return 0;
}

/* A wait begins, with what the account has just turned to. */
static __always_inline void wait_begin(struct goroutine_time *time)
{
	time->wait_use = time->use;
	time->wait_ktime_ns = time->since_ktime_ns;
	time->ready_ktime_ns = 0;
	time->waker_goid = 0;
	time->waker_is_holder = 0;
	*(__u64 *)&time->waker_span_id = 0;
	time->place = (struct code_place){};
	time->waker_stack_id = 0;
}

/* A goroutine goes on that its runtime had parked: as long as it has not, its stack says where it has waited. */
static __always_inline void wait_place(struct goroutine_time *time, const struct target_row *target, uaddr_t g)
{
	if (target->flags & TARGET_STACKS && time->wait_ktime_ns && wait_counts(time->since_ktime_ns - time->wait_ktime_ns))
		place_of_parked(&time->place, target, g);
}

/* Who is at the other end of the socket that was waited for, if the descriptor is still its own. */
static __noinline int wait_peer(struct wait_body *body, const struct goroutine_time *time)
{
	struct connection connection = {};
	struct sock *sk = time->sock ? sock_of_fd(time->fd) : NULL;

	if (!sk || (__u64)sk != time->sock || connection_of_sock(&connection, sk))
		return 0;
	__builtin_memcpy(body->peer_address, connection.remote.address, sizeof(body->peer_address));
	body->peer_port = connection.remote.port;
	body->fd = time->fd;
	return 0;
}

/* The goroutine runs again. */
static __noinline int wait_end(struct goroutine_time *time, __u32 target_id)
{
	union wait_record record = {};
	struct ev_span_end *wait = (void *)&record;
	struct wait_body *body = (void *)&record + offsetof(struct ev_span_end, rest);
	struct open_spans open;
	ktime_ns_t start = time->wait_ktime_ns;

	time->wait_ktime_ns = 0;
	if (!start || !wait_counts(time->since_ktime_ns - start))
		return 0;
	open = spans_of(target_id, time->goid);
	/* It may have begun in a span that is over, on another goroutine's behalf. */
	if (!open.innermost || !span_is_sampled(open.innermost) || open.innermost->start_ktime_ns > start)
		return 0;
	wait->header.kind = EV_SPAN_END;
	wait->header.size = sizeof(record);
	wait->header.target_id = target_id;
	wait->header.tid = bpf_get_current_pid_tgid();
	wait->header.flags = SPAN_FLAG_PARENT;
	wait->start_ktime_ns = start;
	wait->end_ktime_ns = time->since_ktime_ns;
	wait->goid = time->goid;
	wait->parent_goid = open.innermost->parent_goid;
	wait->trace_id = open.innermost->trace_id;
	wait->parent_span_id = open.innermost->span_id;
	wait->trace_flags = open.innermost->trace_flags;
	wait->g_addr = open.innermost->g_addr;
	wait->span_kind = SPAN_KIND_INTERNAL;
	wait->family = SPAN_FAMILY_WAIT;
	wait->ending = ENDING_RETURNED;
	if (*(__u64 *)&time->waker_span_id) {
		wait->header.flags |= SPAN_FLAG_LINK;
		wait->link_trace_id = time->waker_trace_id;
		wait->link_span_id = time->waker_span_id;
	}
	body->waker_goid = time->waker_goid;
	body->ready_ns = time->ready_ktime_ns ? time->since_ktime_ns - time->ready_ktime_ns : 0;
	body->use = time->wait_use;
	body->holder = time->waker_is_holder;
	body->pc = time->place.pc;
	body->link = time->place.link;
	body->stack_id = time->place.stack_id;
	body->waker_stack_id = time->waker_stack_id;
	if (time->wait_use == TIME_NETWORK)
		wait_peer(body, time);
	if (bpf_ringbuf_output(&records, wait, sizeof(record), BPF_RB_NO_WAKEUP))
		count(LOST_RING_FULL);
	return 0;
}

#endif
