// SPDX-License-Identifier: Apache-2.0
/* What the kernel lets this process do, found by doing it: tiny programs that are loaded and, at most, attached here. */
#include <unistd.h>

#include "internal.h"

#define LOG_BYTES (64 << 10)
#define INSTRUCTIONS(list) list, sizeof(list) / sizeof(*(list))

static int load_with(uint32_t type, const struct bpf_insn *instructions, size_t count,
		     const struct bpf_prog_load_opts *options)
{
	int fd;

	libbpf_set_print(NULL);
	fd = bpf_prog_load(type, NULL, "GPL", instructions, count, options);
	return fd < 0 ? -errno : fd;
}

static int load(uint32_t type, const struct bpf_insn *instructions, size_t count, char *log)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .log_buf = log, .log_size = log ? LOG_BYTES : 0,
		    .log_level = log ? 1 : 0);

	return load_with(type, instructions, count, &options);
}

const char *probe__libbpf_version(void)
{
	return libbpf_version_string();
}

int probe__program(uint32_t type)
{
	const struct bpf_insn nothing[] = { BPF_MOVE_IMMEDIATE(BPF_REG_0, 0), BPF_RETURN };
	int fd = load(type, INSTRUCTIONS(nothing), NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Three wordings, of different kernels. */
static bool says_no_such_helper(const char *log)
{
	return strstr(log, "unknown func ") || strstr(log, "invalid func ") || strstr(log, "cannot use helper");
}

int probe__helper(uint32_t type, uint32_t helper)
{
	const struct bpf_insn call[] = {
		BPF_MOVE_IMMEDIATE(BPF_REG_1, 0), BPF_MOVE_IMMEDIATE(BPF_REG_2, 0), BPF_MOVE_IMMEDIATE(BPF_REG_3, 0),
		BPF_MOVE_IMMEDIATE(BPF_REG_4, 0), BPF_MOVE_IMMEDIATE(BPF_REG_5, 0), BPF_CALL_HELPER(helper),
		BPF_MOVE_IMMEDIATE(BPF_REG_0, 0), BPF_RETURN,
	};
	char *log = calloc(1, LOG_BYTES);
	int result;

	if (!log)
		return -ENOMEM;
	result = load(type, INSTRUCTIONS(call), log);
	if (result >= 0)
		close(result);
	/* Wrong arguments are refused too, but only those of a helper that may be called. */
	if (result < 0 && *log)
		result = says_no_such_helper(log) ? -EOPNOTSUPP : 0;
	free(log);
	return result < 0 ? result : 0;
}

int probe__ring_buffer(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, sysconf(_SC_PAGESIZE), NULL);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Attaches a program, for a moment. `tracepoint` is NULL where the program itself knows. */
static int try_tracepoint(const char *tracepoint, int program_fd)
{
	int result, link_fd;

	if (program_fd < 0)
		return program_fd;
	link_fd = bpf_raw_tracepoint_open(tracepoint, program_fd);
	result = link_fd < 0 ? -errno : 0;
	if (link_fd >= 0)
		close(link_fd);
	close(program_fd);
	return result;
}

int probe__raw_tracepoint(const char *tracepoint)
{
	const struct bpf_insn nothing[] = { BPF_MOVE_IMMEDIATE(BPF_REG_0, 0), BPF_RETURN };

	return try_tracepoint(tracepoint, load(BPF_PROG_TYPE_RAW_TRACEPOINT, INSTRUCTIONS(nothing), NULL));
}

int probe__typed_tracepoint(const char *tracepoint)
{
	const struct bpf_insn nothing[] = { BPF_MOVE_IMMEDIATE(BPF_REG_0, 0), BPF_RETURN };
	int type_id = libbpf_find_vmlinux_btf_id(tracepoint, BPF_TRACE_RAW_TP);
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP);

	if (type_id < 0)
		return type_id;
	options.attach_btf_id = type_id;
	return try_tracepoint(NULL, load_with(BPF_PROG_TYPE_TRACING, INSTRUCTIONS(nothing), &options));
}

int probe__clock(void)
{
	int fd = clock__open(0, 1000000000);

	if (fd < 0)
		return fd;
	close(fd);
	return probe__program(BPF_PROG_TYPE_PERF_EVENT);
}

int probe__run_statistics(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}
