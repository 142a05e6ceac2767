// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* A program that every verifier rejects, for the error that it gives. Never part of the package. */
#include "../../bpf/maps.bpf.h"

SEC("uprobe")
int reads_beyond_its_context(void *ctx)
{
	count(NOTE_NO_TARGET);
	return *(volatile int *)(ctx + 4096);
}

/* The maps that the shim sizes. */
SEC("uprobe")
int uses_the_maps(void *ctx)
{
	struct goroutine_key key = {};

	(void)ctx;
	bpf_ringbuf_output(&records, &key, sizeof(key), 0);
	return bpf_map_delete_elem(&open_by_goroutine, &key) + bpf_map_delete_elem(&inherited_by_goroutine, &key);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
