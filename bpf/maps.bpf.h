/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The state in the kernel. Hash maps are plain and preallocated (LRU maps under preemptible uprobes panic some
 * kernels, open-telemetry/opentelemetry-ebpf-instrumentation#3056); the shim sets their sizes before loading.
 */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "kernel.bpf.h"
#include "wire.h"

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

/* For programs without an attach cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TARGETS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} target_id_by_tgid SEC(".maps");

/* The open spans of each goroutine, one entry per depth. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct goroutine_key);
	__type(value, struct ev_span_end);
} open_by_goroutine SEC(".maps");

/* What a goroutine was born with. Apart from the open spans, so that a storm of births cannot displace one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct goroutine_key);
	__type(value, struct inherited);
} inherited_by_goroutine SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} count_by_reason SEC(".maps");

static __always_inline void count(enum count reason)
{
	__u32 key = reason;
	__u64 *value = bpf_map_lookup_elem(&count_by_reason, &key);

	if (value)
		*value += 1;
}

#endif
