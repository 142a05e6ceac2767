/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How long things took, as a histogram whose buckets double. */
#ifndef WIRE_DURATIONS_H
#define WIRE_DURATIONS_H

#include "types.h"

enum durations_limit {
	DURATION_BUCKETS_MAX = 20, /* the first is for up to 2^DURATION_FIRST_BIT ns, each of the others for up to twice as much, the last for any time */
	DURATION_FIRST_BIT = 9,
};

/* Since the programs were loaded. In a map by the slots of targets: a slot keeps what the target before has left there. */
struct durations {
	__u64 counts[DURATION_BUCKETS_MAX];
	duration_ns_t sum_ns[DURATION_BUCKETS_MAX] DOC("that those took together");
};

#endif
