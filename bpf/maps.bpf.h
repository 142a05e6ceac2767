/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The state in the kernel. Hash maps are plain and preallocated (LRU maps under preemptible uprobes panic some
 * kernels, open-telemetry/opentelemetry-ebpf-instrumentation#3056); the shim sets their sizes before loading.
 *
 * A program may be preempted at any instruction, and another thread may then run the same program on the same
 * processor. So no memory is "this program's for now" but its stack and the entries of the goroutine that it was hit
 * on; and an element of a hash map is given to another key the moment it is deleted, also while a pointer to it is
 * held. Of an entry that somebody else may delete only a copy is used, and only if it still stands under its key
 * afterwards (inherited_copy, connection_caller).
 */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "kernel.bpf.h"
#include "wire.h"

#define SWITCH_FILTER_NUMBERS (1 << 16)
#define MUTEX_COUNTS (1 << 13)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 * 1024 * 1024);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TARGETS_MAX);
	__type(key, __u32);
	__type(value, struct target_row);
} target_by_slot SEC(".maps");

/* Where the row of a process is, for programs without an attach cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TARGETS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} slot_by_tgid SEC(".maps");

/* The open spans of each goroutine, one entry per depth. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct goroutine_key);
	__type(value, struct open_span);
} open_by_goroutine SEC(".maps");

/* Spans that are just being ended which any goroutine may end (lasting_call.bpf.h): only one can put its key here. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct goroutine_key);
	__type(value, __u32);
} ending_by_object SEC(".maps");

/* What a goroutine was born with. Apart from the open spans, so that a storm of births cannot displace one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct goroutine_key);
	__type(value, struct inherited);
} inherited_by_goroutine SEC(".maps");

/* For which span a value was put into the buffer of a channel, as long as it lies there; if it was discarded, until the next. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct slot_key);
	__type(value, struct inherited);
} handed_by_slot SEC(".maps");

/* Where the time of goroutines goes. Elements are not deleted while their target is one: they serve the next in their g. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct g_key);
	__type(value, struct goroutine_time);
} time_by_g SEC(".maps");

/* What goroutines do that work for a span of another one. Elements serve the next in their g, too. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct g_key);
	__type(value, struct goroutine_turns);
} turns_by_g SEC(".maps");

/* The spans that a goroutine has begun by an SDK in the target. Elements serve the next goroutine in their g, too. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct g_key);
	__type(value, struct sdk_spans);
} sdk_spans_by_g SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TARGETS_MAX);
	__type(key, __u32);
	__type(value, struct sdk_marks);
} sdk_marks_by_slot SEC(".maps");

/* How often contended mutexes were unlocked, several in one count. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MUTEX_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} unlocks_by_mutex SEC(".maps");

/* Which goroutine waits for something to come to a socket. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct g_key);
} reader_by_sock SEC(".maps");

/* When the world of each target was stopped, at its slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TARGETS_MAX);
	__type(key, __u32);
	__type(value, struct stops);
} stops_by_slot SEC(".maps");

/* How long the goroutines of each target that are watched have waited for their turn, at its slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TARGETS_MAX);
	__type(key, __u32);
	__type(value, struct durations);
} run_delays_by_slot SEC(".maps");

/* How long the slow ways to memory have taken in each target, at its slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TARGETS_MAX);
	__type(key, __u32);
	__type(value, struct slow_allocs);
} slow_allocs_by_slot SEC(".maps");

/* Threads that are on one of them: hardly more than there are processors. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct allocs_begun);
} allocs_by_thread SEC(".maps");

/* Threads of targets that are off their processor, and have been since this was loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct off_thread);
} off_by_thread SEC(".maps");

/* Which stacks have been told, and when. Emptied by user space when it is full: they are told again then. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, stack_id_t);
	__type(value, ktime_ns_t);
} told_by_stack SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} count_by_reason SEC(".maps");

#ifdef LEGACY
/* The attach cookie by the place of the hit. Preallocated: of others, kernels that need this form warn in their log. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct site_key);
	__type(value, __u64);
} cookie_by_site SEC(".maps");
#endif

/* Never holds a program: what it is for stands in hit_begin. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} no_programs SEC(".maps");

/*
 * Which processes and threads a switch of threads may be about, by the last bits of their numbers: nearly all are not. Never
 * cleared: whom it names wrongly is looked up in vain.
 */
struct switch_filter {
	__u8 process[SWITCH_FILTER_NUMBERS];
	__u8 thread[SWITCH_FILTER_NUMBERS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct switch_filter);
} switch_filters SEC(".maps");

static __always_inline struct switch_filter *switch_filter_get(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&switch_filters, &key);
}

/* Atomic, although each processor has its own: another thread on it may count in the middle of this. */
static __always_inline void count(enum count reason)
{
	__u32 key = reason;
	__u64 *value = bpf_map_lookup_elem(&count_by_reason, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
}

#endif
