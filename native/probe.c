// SPDX-License-Identifier: Apache-2.0
/* What the kernel lets this process do, found by doing it: tiny programs that are loaded and, at most, attached here. */
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define LOG_BYTES (64 << 10)
#define COOKIE 0x601d5fa9
#define INSTRUCTIONS(list) list, sizeof(list) / sizeof(*(list))

/* Instructions as the kernel takes them: operation, destination, source, offset, immediate. */
#define I(operation, dst, src, offset, immediate) \
	{ .code = (operation), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (immediate) }
#define MOVE_IMMEDIATE(dst, immediate) I(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, immediate)
#define MOVE(dst, src) I(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ADD_IMMEDIATE(dst, immediate) I(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, immediate)
#define CALL(helper) I(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define RETURN I(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int load(uint32_t type, const struct bpf_insn *instructions, size_t count, char *log)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .log_buf = log, .log_size = log ? LOG_BYTES : 0,
		    .log_level = log ? 1 : 0);
	int fd;

	libbpf_set_print(NULL);
	fd = bpf_prog_load(type, NULL, "GPL", instructions, count, &options);
	return fd < 0 ? -errno : fd;
}

const char *probe__libbpf_version(void)
{
	return libbpf_version_string();
}

int probe__program(uint32_t type)
{
	const struct bpf_insn nothing[] = { MOVE_IMMEDIATE(BPF_REG_0, 0), RETURN };
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
		MOVE_IMMEDIATE(BPF_REG_1, 0), MOVE_IMMEDIATE(BPF_REG_2, 0), MOVE_IMMEDIATE(BPF_REG_3, 0),
		MOVE_IMMEDIATE(BPF_REG_4, 0), MOVE_IMMEDIATE(BPF_REG_5, 0), CALL(helper),
		MOVE_IMMEDIATE(BPF_REG_0, 0), RETURN,
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

int probe__raw_tracepoint(const char *tracepoint)
{
	const struct bpf_insn nothing[] = { MOVE_IMMEDIATE(BPF_REG_0, 0), RETURN };
	int program_fd = load(BPF_PROG_TYPE_RAW_TRACEPOINT, INSTRUCTIONS(nothing), NULL);
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

int probe__run_statistics(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* What the uprobe of the probe is attached to. */
__attribute__((noinline)) static void probed(void)
{
	__asm__ volatile("" ::: "memory");
}

/* Where an address of this process lies in its file. */
static int locate(const void *address, char *path, size_t path_bytes, uint64_t *offset)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4200], *file;
	uint64_t start, end, from;
	int result = -ENOENT;

	if (!maps)
		return -errno;
	while (result && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &from) != 3)
			continue;
		file = strchr(line, '/');
		if ((uintptr_t)address < start || (uintptr_t)address >= end || !file)
			continue;
		file[strcspn(file, "\n")] = '\0';
		snprintf(path, path_bytes, "%s", file);
		*offset = (uintptr_t)address - start + from;
		result = 0;
	}
	fclose(maps);
	return result;
}

static int uprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int type = -EOPNOTSUPP;

	if (!file)
		return -EOPNOTSUPP;
	if (fscanf(file, "%d", &type) != 1)
		type = -EINVAL;
	fclose(file);
	return type;
}

/* A perf event and a link to it. @return the link, and the event through `event_fd` */
static int attach_perf(int program_fd, const char *path, uint64_t offset, int *event_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .perf_event.bpf_cookie = COOKIE);
	struct perf_event_attr event = { .size = sizeof(event), .config1 = (uintptr_t)path, .config2 = offset };
	int type = uprobe_type(), fd;

	if (type < 0)
		return type;
	event.type = type;
	*event_fd = syscall(__NR_perf_event_open, &event, getpid(), -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (*event_fd < 0)
		return -errno;
	fd = bpf_link_create(program_fd, *event_fd, BPF_PERF_EVENT, &options);
	return fd < 0 ? -errno : fd;
}

static int attach_multi(int program_fd, const char *path, uint64_t offset)
{
	const uint64_t cookie = COOKIE;
	const struct attach_options options = {
		.path = path, .offsets = &offset, .cookies = &cookie, .count = 1, .pid = getpid()
	};

	return link__create_multi(program_fd, &options);
}

/* A program that keeps its attach cookie. */
static int load_keeper(int map_fd, bool multi)
{
	const struct bpf_insn keep[] = {
		CALL(BPF_FUNC_get_attach_cookie),
		I(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_0, -8, 0),
		I(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -16, 0),
		I(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map_fd),
		I(0, 0, 0, 0, 0),
		MOVE(BPF_REG_2, BPF_REG_10),
		ADD_IMMEDIATE(BPF_REG_2, -16),
		MOVE(BPF_REG_3, BPF_REG_10),
		ADD_IMMEDIATE(BPF_REG_3, -8),
		MOVE_IMMEDIATE(BPF_REG_4, 0),
		CALL(BPF_FUNC_map_update_elem),
		MOVE_IMMEDIATE(BPF_REG_0, 0),
		RETURN,
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = multi ? LINK_UPROBE_MULTI : 0);
	int fd;

	libbpf_set_print(NULL);
	fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", INSTRUCTIONS(keep), &options);
	return fd < 0 ? -errno : fd;
}

static int hit_once(int program_fd, int map_fd, bool multi)
{
	char path[4200];
	uint64_t offset = 0, kept = 0;
	uint32_t key = 0;
	int event_fd = -1, link_fd, result = locate((const void *)probed, path, sizeof(path), &offset);

	if (result)
		return result;
	link_fd = multi ? attach_multi(program_fd, path, offset) : attach_perf(program_fd, path, offset, &event_fd);
	if (link_fd >= 0) {
		probed();
		result = bpf_map_lookup_elem(map_fd, &key, &kept) ? -errno : kept == COOKIE ? 0 : -ENODATA;
		close(link_fd);
	} else {
		result = link_fd;
	}
	if (event_fd >= 0)
		close(event_fd);
	return result;
}

int probe__uprobe(int multi)
{
	int map_fd, program_fd, result;

	if (multi && !link__multi_supported())
		return -EOPNOTSUPP;
	map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(uint32_t), sizeof(uint64_t), 1, NULL);
	if (map_fd < 0)
		return -errno;
	program_fd = load_keeper(map_fd, multi);
	result = program_fd < 0 ? program_fd : hit_once(program_fd, map_fd, multi);
	if (program_fd >= 0)
		close(program_fd);
	close(map_fd);
	return result;
}
