/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Histograms of how long things took. */
#ifndef DURATIONS_BPF_H
#define DURATIONS_BPF_H

#include "maps.bpf.h"

static __always_inline void durations_add(struct durations *to, duration_ns_t lasted)
{
	__u64 rest = lasted ? (lasted - 1) >> DURATION_FIRST_BIT : 0;
	__u32 bucket = 0;

	while (rest && bucket < DURATION_BUCKETS_MAX - 1) {
		rest >>= 1;
		bucket++;
	}
	__sync_fetch_and_add(&to->counts[bucket], 1);
	__sync_fetch_and_add(&to->sum_ns[bucket], lasted);
}

#endif
