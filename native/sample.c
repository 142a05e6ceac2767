// SPDX-License-Identifier: Apache-2.0
/* Looking at every processor now and then, by a clock of its own that stands still while it has nothing to do. */
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

int clock__open(int cpu, uint64_t period_ns)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = period_ns,
		.exclude_idle = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The clock of one processor. @return 0, also if there is no such processor now, or -errno */
static int sample_cpu(struct bpf_link **out, const struct bpf_program *program, int cpu, uint64_t period_ns)
{
	int fd = clock__open(cpu, period_ns);

	if (fd < 0)
		return fd == -ENODEV ? 0 : fd;
	*out = bpf_program__attach_perf_event(program, fd);
	if (*out)
		return 0;
	close(fd);
	return -errno;
}

static void stop(struct kernel *kernel)
{
	for (int cpu = 0; cpu < kernel->clock_count; cpu++)
		bpf_link__destroy(kernel->clocks[cpu]);
	free(kernel->clocks);
	kernel->clocks = NULL;
	kernel->clock_count = 0;
}

int kernel__sample(struct kernel *kernel, uint64_t period_ns)
{
	const struct bpf_program *program;
	int cpus, result = 0;

	stop(kernel);
	if (!period_ns)
		return 0;
	program = object__program(kernel, "cpu_sample");
	cpus = libbpf_num_possible_cpus();
	if (!program)
		return -ENOENT;
	if (cpus < 0)
		return cpus;
	kernel->clocks = calloc(cpus, sizeof(*kernel->clocks));
	if (!kernel->clocks)
		return -ENOMEM;
	kernel->clock_count = cpus;
	for (int cpu = 0; cpu < cpus && !result; cpu++)
		result = sample_cpu(&kernel->clocks[cpu], program, cpu, period_ns);
	if (result)
		stop(kernel);
	return result;
}

int64_t kernel__forget_stacks(struct kernel *kernel)
{
	stack_id_t key;
	int64_t removed = 0;

	while (!bpf_map_get_next_key(kernel->stacks_fd, NULL, &key) && !bpf_map_delete_elem(kernel->stacks_fd, &key))
		removed++;
	return removed;
}
