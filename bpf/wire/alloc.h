/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How long the slow ways to memory take: level `runtime`. */
#ifndef WIRE_ALLOC_H
#define WIRE_ALLOC_H

#include "durations.h"
#include "types.h"

/* By function: the value of slow_allocs_by_slot. */
struct slow_allocs {
	struct durations span;
	struct durations heap;
};

/* What a thread has begun: the value of allocs_by_thread. */
struct allocs_begun {
	ktime_ns_t span_ktime_ns DOC("0: none");
	ktime_ns_t heap_ktime_ns DOC("0: none. It may be within the other one");
};

#endif
