/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Whether a span is open, as whoever works for it must know. */
#ifndef OPEN_SPAN_BPF_H
#define OPEN_SPAN_BPF_H

#include "go.bpf.h"

static __always_inline bool same_span(const span_id_t *a, const span_id_t *b)
{
	return *(const __u64 *)a == *(const __u64 *)b;
}

/* Is that span still open, in its place on its goroutine? */
static __always_inline bool span_is_open(__u32 target_id, goid_t goid, __u32 depth, const span_id_t *span_id)
{
	struct goroutine_key key = { .goid = goid, .target_id = target_id, .depth = depth };
	const struct ev_span_end *span = bpf_map_lookup_elem(&open_by_goroutine, &key);

	return span && same_span(&span->span_id, span_id);
}

#endif
