// SPDX-License-Identifier: Apache-2.0
#include "host.h"

#include <stdio.h>

#include "../../../native/internal.h"

static struct kernel *kernel(void)
{
	static struct kernel kernel;

	kernel.open_fd = host_map__fd("open_by_goroutine");
	kernel.inherited_fd = host_map__fd("inherited_by_goroutine");
	kernel.handed_fd = host_map__fd("handed_by_slot");
	kernel.times_fd = host_map__fd("time_by_g");
	kernel.turns_fd = host_map__fd("turns_by_g");
	kernel.inherited_max = host_map__capacity("inherited_by_goroutine");
	return &kernel;
}

void upkeep__print_open(uint32_t target_id)
{
	static char batch[1 << 22];
	int64_t used = kernel__copy_open(kernel(), target_id, UINT64_MAX, batch, sizeof(batch));

	for (int64_t at = 0; at < used;) {
		const struct ev_span_end *span = (void *)(batch + at);

		programs__print_record("open", span, span->header.size);
		at += (span->header.size + 7) & ~7;
	}
}

void upkeep__forget(uint32_t target_id)
{
	kernel__forget_target(kernel(), target_id);
}

void upkeep__sweep(uint64_t grace_ns)
{
	struct sweep_result swept = { 0 };

	kernel__sweep(kernel(), grace_ns, &swept);
	printf("swept kept=%lu removed=%lu\n", swept.kept, swept.removed);
}
