// SPDX-License-Identifier: Apache-2.0
/* Kernel time against wall time. */
#include <time.h>

#include "internal.h"

#define READS 64

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void clock__measure(int64_t *offset_ns, uint64_t *error_ns)
{
	int64_t tightest = INT64_MAX;

	for (int i = 0; i < READS; i++) {
		int64_t before = read_clock(CLOCK_MONOTONIC);
		int64_t wall = read_clock(CLOCK_REALTIME);
		int64_t after = read_clock(CLOCK_MONOTONIC);

		if (after - before < tightest) {
			tightest = after - before;
			*offset_ns = wall - (before + tightest / 2);
			*error_ns = (tightest + 1) / 2;
		}
	}
}
