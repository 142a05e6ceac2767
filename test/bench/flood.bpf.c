// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Server spans as a busy service would end them, at any rate, without the service: written into the agent's own ring. */
#include "../../bpf/kernel.bpf.h"
#include "flood.h"

/* `flood.c` puts the ring of a running agent in its place. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/* What all spans share; the loader fills it. */
struct ev_span_end span = {};

static long flood_one(__u32 index, struct flood *flood)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 words[6];

	for (int i = 0; i < 6; i++)
		words[i] = bpf_get_prandom_u32() | 1;
	__builtin_memcpy(&span.trace_id, words, 16);
	__builtin_memcpy(&span.span_id, words + 4, 8);
	span.start_ktime_ns = now - 1000000 - (words[0] & 0xfffff);
	span.end_ktime_ns = now;
	span.goid = 100000 + (words[1] & 0xffff) * 8 + 1;
	for (int i = 0; i < 8; i++)
		span.rest[FLOOD_ID_AT + i] = '0' + ((words[2] >> (3 * i)) & 7);
	if (flood->record_bytes > sizeof(span))
		return 1;
	if (bpf_ringbuf_output(&records, &span, flood->record_bytes, BPF_RB_NO_WAKEUP))
		flood->refused++;
	else
		flood->taken++;
	return 0;
}

SEC("syscall") int flood(struct flood *argument)
{
	struct flood flood = *argument;

	bpf_loop(flood.records, flood_one, &flood, 0);
	argument->taken = flood.taken;
	argument->refused = flood.refused;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
