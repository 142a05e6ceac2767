// SPDX-License-Identifier: Apache-2.0
/* The kernel's side: opening, settings, draining, counting. */
#include <pthread.h>
#include <unistd.h>

#include "../bpf/wire_hash.gen.h"
#include "internal.h"

uint64_t shim__wire_hash(void)
{
	return WIRE_HASH;
}

static bool has_helper(uint32_t helper)
{
	return !probe__helper(BPF_PROG_TYPE_KPROBE, helper);
}

/* What this kernel can do; `trial` stays attached. */
static void find_facts(struct kernel *kernel, const struct kernel_options *options, struct trial *trial)
{
	bool is_modern = has_helper(BPF_FUNC_get_attach_cookie) && has_helper(BPF_FUNC_loop);

	kernel->facts = (struct kernel_facts){
		.size = sizeof(kernel->facts),
		.legacy = options->legacy_object_path && (options->force_legacy || !is_modern),
		.multi_links = !options->force_perf_links && !trial__run(true, trial),
	};
}

static int find_maps(struct kernel *kernel)
{
	struct { const char *name; int *fd; } maps[] = {
		{ "settings", &kernel->settings_fd },
		{ "target_by_slot", &kernel->targets_fd },
		{ "slot_by_tgid", &kernel->slots_fd },
		{ "open_by_goroutine", &kernel->open_fd },
		{ "inherited_by_goroutine", &kernel->inherited_fd },
		{ "handed_by_slot", &kernel->handed_fd },
		{ "time_by_g", &kernel->times_fd },
		{ "turns_by_g", &kernel->turns_fd },
		{ "sdk_spans_by_g", &kernel->sdk_spans_fd },
		{ "count_by_reason", &kernel->counts_fd },
		{ "run_delays_by_slot", &kernel->run_delays_fd },
		{ "slow_allocs_by_slot", &kernel->slow_allocs_fd },
		{ "told_by_stack", &kernel->stacks_fd },
	};
	struct bpf_map *records;

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		*maps[i].fd = bpf_object__find_map_fd_by_name(kernel->objects[0], maps[i].name);
		if (*maps[i].fd < 0)
			return *maps[i].fd;
	}
	kernel->cookies_fd = kernel->facts.legacy ? bpf_object__find_map_fd_by_name(kernel->objects[0], "cookie_by_site") : -1;
	kernel->inherited_max =
		bpf_map__max_entries(bpf_object__find_map_by_name(kernel->objects[0], "inherited_by_goroutine"));
	records = bpf_object__find_map_by_name(kernel->objects[0], "records");
	return records ? ring__open(&kernel->ring, bpf_map__fd(records), bpf_map__max_entries(records)) : -ENOENT;
}

static void *end_trial(void *trial)
{
	trial__end(trial);
	return NULL;
}

/* Loads, while the probe of the trial is detached. */
static int try_and_load(struct kernel *kernel, const struct kernel_options *options, char *error, size_t error_bytes)
{
	struct trial trial = { .link_fd = -1, .event_fd = -1 };
	pthread_t ender;
	bool is_apart;
	int result;

	find_facts(kernel, options, &trial);
	is_apart = !pthread_create(&ender, NULL, end_trial, &trial);
	result = object__load(kernel, options, error, error_bytes);
	if (is_apart)
		pthread_join(ender, NULL);
	else
		trial__end(&trial);
	return result;
}

static int follow(struct kernel *kernel, const char *program, const char *tracepoint, struct bpf_link **out)
{
	*out = bpf_program__attach_raw_tracepoint(object__program(kernel, program), tracepoint);
	return *out ? 0 : -errno;
}

int kernel__open(const struct kernel_options *options, struct kernel **out, char *error, size_t error_bytes)
{
	struct kernel *kernel;
	int result;

	if (options->size != sizeof(*options))
		return -EINVAL;
	*error = '\0';
	kernel = calloc(1, sizeof(*kernel));
	if (!kernel)
		return -ENOMEM;
	kernel->measure_fd = -1;
	pthread_mutex_init(&kernel->loading, NULL);
	result = try_and_load(kernel, options, error, error_bytes);
	if (!result)
		result = find_maps(kernel);
	if (!result)
		result = follow(kernel, "process_exit", "sched_process_exit", &kernel->exit_link);
	if (!result)
		result = follow(kernel, "process_exec", "sched_process_exec", &kernel->exec_link);
	if (result) {
		kernel__close(kernel);
		return result;
	}
	*out = kernel;
	return 0;
}

int kernel__load(struct kernel *kernel, const struct kernel_options *options, char *error, size_t error_bytes)
{
	int result;

	if (options->size != sizeof(*options))
		return -EINVAL;
	*error = '\0';
	pthread_mutex_lock(&kernel->loading);
	result = object__load(kernel, options, error, error_bytes);
	pthread_mutex_unlock(&kernel->loading);
	return result;
}

int kernel__facts(struct kernel *kernel, struct kernel_facts *out)
{
	if (out->size != sizeof(*out))
		return -EINVAL;
	*out = kernel->facts;
	return 0;
}

void kernel__close(struct kernel *kernel)
{
	if (!kernel)
		return;
	idle__end(kernel);
	kernel__measure(kernel, 0);
	kernel__sample(kernel, 0);
	kernel__follow_threads(kernel, 0);
	bpf_link__destroy(kernel->exec_link);
	bpf_link__destroy(kernel->exit_link);
	ring__close(&kernel->ring);
	sweep__forget(kernel);
	object__close_all(kernel);
	pthread_mutex_destroy(&kernel->loading);
	free(kernel);
}

int kernel__set_settings(struct kernel *kernel, const void *settings)
{
	uint32_t key = 0;

	return bpf_map_update_elem(kernel->settings_fd, &key, settings, BPF_ANY) ? -errno : 0;
}

int kernel__set_target(struct kernel *kernel, uint32_t slot, const void *row)
{
	return bpf_map_update_elem(kernel->targets_fd, &slot, row, BPF_ANY) ? -errno : 0;
}

int64_t kernel__drain(struct kernel *kernel, void *batch, size_t batch_bytes)
{
	struct batch to = { .at = batch, .bytes = batch_bytes };
	int result;

	if (batch_bytes < RECORD_BYTES_MAX)
		return -EINVAL;
	result = ring__drain(&kernel->ring, &to);
	return result ? result : (int64_t)to.used;
}

int kernel__counts(struct kernel *kernel, uint64_t *counts, size_t count)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values;

	if (cpus < 0)
		return cpus;
	if (count != COUNT_MAX)
		return -EINVAL;
	values = calloc(cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (uint32_t reason = 0; reason < COUNT_MAX; reason++) {
		counts[reason] = 0;
		if (bpf_map_lookup_elem(kernel->counts_fd, &reason, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			counts[reason] += values[cpu];
	}
	counts[LOST_RECORD_TOO_LARGE] += __atomic_load_n(&kernel->ring.refused, __ATOMIC_RELAXED);
	free(values);
	return 0;
}

int kernel__run_delays(struct kernel *kernel, uint32_t slot, void *delays, size_t bytes)
{
	if (bytes != sizeof(struct durations))
		return -EINVAL;
	return bpf_map_lookup_elem(kernel->run_delays_fd, &slot, delays) ? -errno : 0;
}

int kernel__slow_allocs(struct kernel *kernel, uint32_t slot, void *allocs, size_t bytes)
{
	if (bytes != sizeof(struct slow_allocs))
		return -EINVAL;
	return bpf_map_lookup_elem(kernel->slow_allocs_fd, &slot, allocs) ? -errno : 0;
}

static struct bpf_program *program_at(struct kernel *kernel, uint32_t index)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, kernel->objects[0])
		if (!index--)
			return program;
	return NULL;
}

int kernel__program_count(struct kernel *kernel)
{
	int count = 0;

	while (program_at(kernel, count))
		count++;
	return count;
}

const char *kernel__program_name(struct kernel *kernel, uint32_t index)
{
	struct bpf_program *program = program_at(kernel, index);

	return program ? bpf_program__name(program) : NULL;
}

int kernel__program_stats(struct kernel *kernel, uint32_t index, struct program_stats *out)
{
	const char *name = kernel__program_name(kernel, index);
	struct bpf_program *program = name ? object__program(kernel, name) : NULL;
	struct bpf_prog_info info = {};
	uint32_t bytes = sizeof(info);

	if (!program)
		return -ENOENT;
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &bytes))
		return -errno;
	*out = (struct program_stats){ .runs = info.run_cnt, .run_time_ns = info.run_time_ns };
	return 0;
}

int kernel__measure(struct kernel *kernel, int on)
{
	if (on && kernel->measure_fd < 0) {
		kernel->measure_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		return kernel->measure_fd < 0 ? kernel->measure_fd : 0;
	}
	if (!on && kernel->measure_fd >= 0) {
		close(kernel->measure_fd);
		kernel->measure_fd = -1;
	}
	return 0;
}
