/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How long the slow ways to memory take: level `runtime`. */
#ifndef WIRE_ALLOC_H
#define WIRE_ALLOC_H

#include "types.h"

enum alloc_limit {
	ALLOC_BUCKETS_MAX = 20, /* the first is for up to 2^ALLOC_FIRST_BIT ns, each of the others for up to twice as much, the last for any time */
	ALLOC_FIRST_BIT = 9,
};

/* Calls of one function, by how long they took. */
struct alloc_calls {
	__u64 calls[ALLOC_BUCKETS_MAX];
	duration_ns_t sum_ns[ALLOC_BUCKETS_MAX] DOC("that they took together");
};

/* Since the programs were loaded: the value of slow_allocs_by_slot. A slot keeps what the target before has left there. */
struct slow_allocs {
	struct alloc_calls span;
	struct alloc_calls heap;
};

/* What a thread has begun: the value of allocs_by_thread. */
struct allocs_begun {
	ktime_ns_t span_ktime_ns DOC("0: none");
	ktime_ns_t heap_ktime_ns DOC("0: none. It may be within the other one");
};

#endif
