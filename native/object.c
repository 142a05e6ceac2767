// SPDX-License-Identifier: Apache-2.0
/* BPF objects: the first one has the maps, further ones the programs that few targets need, and share them. */
#include <stdio.h>

#include "internal.h"

#define LOG_BYTES (4 << 20)

static bool is_uprobe(const struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_KPROBE;
}

/* Those that follow processes are always needed. */
static bool is_optional(const struct bpf_program *program)
{
	return strncmp(bpf_program__name(program), "process_", strlen("process_"));
}

/* Is that name among those parted by spaces? All are if there are none. */
static bool is_named(const char *names, const char *name)
{
	size_t bytes = strlen(name);

	for (const char *at = names; at && (at = strstr(at, name)); at += bytes)
		if ((at == names || at[-1] == ' ') && (at[bytes] == ' ' || !at[bytes]))
			return true;
	return !names;
}

/* The program that could not be loaded, which only the messages of libbpf name. */
static _Thread_local char refused_program[64];

static int keep_refused_program(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char message[256];

	(void)level;
	vsnprintf(message, sizeof(message), format, arguments);
	sscanf(message, "libbpf: prog '%63[^']': BPF program load failed", refused_program);
	return 0;
}

/* Writes into `error` the last line of a verifier log that says what is wrong, after the name of the program. */
static void last_log_line(const char *log, char *error, size_t error_bytes)
{
	const char *line = log, *last = "";
	size_t lines = 0, length;

	for (const char *next; *line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		if (strncmp(line, "processed ", 10) && *line != '\n')
			last = line;
		lines++;
	}
	length = strcspn(last, "\n");
	if (lines)
		snprintf(error, error_bytes, "%s%s%.*s (%zu lines of verifier log omitted)", refused_program,
			 *refused_program ? ": " : "", (int)length, last, lines - 1);
}

static int set_sizes(struct bpf_object *object, const struct kernel_options *options)
{
	for (uint32_t i = 0; i < options->map_size_count; i++) {
		const struct map_size *size = &options->map_sizes[i];
		struct bpf_map *map = bpf_object__find_map_by_name(object, size->map);

		if (!map)
			return -ENOENT;
		if (bpf_map__set_max_entries(map, size->entries))
			return -errno;
	}
	return 0;
}

static int share_maps(struct bpf_object *object, const struct bpf_object *first)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const struct bpf_map *shared = bpf_object__find_map_by_name(first, bpf_map__name(map));

		if (!shared)
			return -ENOENT;
		if (bpf_map__reuse_fd(map, bpf_map__fd(shared)))
			return -errno;
	}
	return 0;
}

/* Chooses those that are named and not loaded yet. @return how many */
static int choose_programs(const struct kernel *kernel, struct bpf_object *object, const char *programs)
{
	struct bpf_program *program;
	int chosen = 0;

	bpf_object__for_each_program(program, object) {
		const char *name = bpf_program__name(program);
		bool is_first = !kernel->object_count && !is_optional(program);
		bool is_wanted = is_optional(program) && is_named(programs, name) && !object__program(kernel, name);

		if (is_uprobe(program) && kernel->facts.multi_links)
			bpf_program__set_expected_attach_type(program, LINK_UPROBE_MULTI);
		bpf_program__set_autoload(program, is_first || is_wanted);
		chosen += is_first || is_wanted;
	}
	return chosen;
}

/* @return 1, or 0 if there is nothing to load, or -errno */
static int load(struct kernel *kernel, struct bpf_object *object, const struct kernel_options *options)
{
	int result;

	if (!choose_programs(kernel, object, options->programs))
		return 0;
	if (kernel->object_count == OBJECTS_MAX)
		return -ENOSPC;
	result = kernel->object_count ? share_maps(object, kernel->objects[0]) : set_sizes(object, options);
	if (!result)
		result = bpf_object__load(object);
	return result ? result : 1;
}

int object__load(struct kernel *kernel, const struct kernel_options *options, char *error, size_t error_bytes)
{
	char *log = calloc(1, LOG_BYTES);
	struct bpf_object *object;
	int result;
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .kernel_log_buf = log, .kernel_log_size = log ? LOG_BYTES : 0);

	*refused_program = '\0';
	libbpf_set_print(keep_refused_program);
	object = bpf_object__open_file(kernel->facts.legacy ? options->legacy_object_path : options->object_path,
				       &open_options);
	result = object ? load(kernel, object, options) : -errno;
	if (result < 0 && log)
		last_log_line(log, error, error_bytes);
	libbpf_set_print(NULL);
	free(log);
	if (result <= 0) {
		bpf_object__close(object);
		return result;
	}
	kernel->objects[kernel->object_count] = object;
	/* Other threads look for programs. */
	__atomic_store_n(&kernel->object_count, kernel->object_count + 1, __ATOMIC_RELEASE);
	return 0;
}

struct bpf_program *object__program(const struct kernel *kernel, const char *name)
{
	uint32_t count = __atomic_load_n(&kernel->object_count, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < count; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(kernel->objects[i], name);

		if (program && bpf_program__fd(program) >= 0)
			return program;
	}
	return NULL;
}

void object__close_all(struct kernel *kernel)
{
	while (kernel->object_count)
		bpf_object__close(kernel->objects[--kernel->object_count]);
}
