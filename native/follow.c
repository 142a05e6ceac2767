// SPDX-License-Identifier: Apache-2.0
/* Whom the kernel tells of beside what probes see: processes of targets, and the threads of the host. */
#include "internal.h"

int kernel__follow_process(struct kernel *kernel, uint32_t tgid, uint32_t slot)
{
	return bpf_map_update_elem(kernel->slots_fd, &tgid, &slot, BPF_ANY) ? -errno : 0;
}

int kernel__forget_process(struct kernel *kernel, uint32_t tgid)
{
	return bpf_map_delete_elem(kernel->slots_fd, &tgid) ? -errno : 0;
}

/* Of a tracepoint that kernels without CONFIG_IO_URING do not have. */
#define OPTIONAL_LINK "uring_complete"

static int attach_tracepoint(struct kernel *kernel, const char *name, struct bpf_link **out)
{
	const struct bpf_program *program = object__program(kernel, name);

	if (!program)
		return -ENOENT;
	*out = bpf_program__attach(program);
	if (*out || (errno == ENOENT && !strcmp(name, OPTIONAL_LINK)))
		return 0;
	return -errno;
}

int kernel__follow_threads(struct kernel *kernel, int on)
{
	static const char *const names[THREAD_LINKS] = { "thread_switch", "thread_wake", "socket_data", OPTIONAL_LINK };
	int result = 0;

	for (int i = 0; on && !result && i < THREAD_LINKS; i++)
		if (!kernel->thread_links[i])
			result = attach_tracepoint(kernel, names[i], &kernel->thread_links[i]);
	for (int i = 0; (!on || result) && i < THREAD_LINKS; i++) {
		bpf_link__destroy(kernel->thread_links[i]);
		kernel->thread_links[i] = NULL;
	}
	return result;
}
