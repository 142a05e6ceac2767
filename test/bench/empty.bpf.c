// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The floor of the bench: every probe of goidspan.bpf.c as an empty program, so that only the hit itself is paid. */
#include "../../bpf/process.bpf.h"

#define EMPTY(name)                        \
	SEC("uprobe") int name(void *ctx)  \
	{                                  \
		return 0;                  \
	}

EMPTY(empty_probe)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
