// SPDX-License-Identifier: Apache-2.0
/* The heap of the C library, for a process that is all ours. */
#include <errno.h>
#include <malloc.h>

#include "goidspan.h"

/*
 * glibc gives the end of a thread's heap back only when more than its threshold is free there, and raises that to 64 MiB
 * as it sees large blocks freed: of what starting takes (V8's compilers, libbpf), 20 MB would stay for good.
 */
#define KEPT_BYTES (1 << 20)
/*
 * Larger blocks are mapped one by one, and each page of theirs is a fault. A request of some 300 kB shall not be: glibc would
 * learn that by itself, had not the other threshold been set.
 */
#define MAPPED_BYTES (1 << 20)

int memory__give_back(void)
{
	return mallopt(M_TRIM_THRESHOLD, KEPT_BYTES) && mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES) ? 0 : -EINVAL;
}

void memory__trim(void)
{
	malloc_trim(0);
}
