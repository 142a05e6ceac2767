// SPDX-License-Identifier: Apache-2.0
/*
 * What uprobes of this kernel can do, found by using one: a program is attached to a function of this library, in this
 * process only, and the function is called by another thread.
 */
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define COOKIE 0x601d5fa9

/*
 * What the trial is attached to. It does not begin with a 5-byte nop: kernels that turn one into a call (Linux ≥ 6.18) do
 * it badly before 7.1, and a trial must not be what shows it.
 */
void trial__probed(void) __attribute__((visibility("hidden")));
__asm__(".text\n"
	".p2align 4\n"
	".hidden trial__probed\n"
	".type trial__probed, %function\n"
	"trial__probed:\n"
#ifdef __x86_64__
	"push %rbp\n"
	"pop %rbp\n"
#else
	"nop\n"
#endif
	"ret\n"
	".size trial__probed, . - trial__probed\n");

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

/* By a perf event, with a link where those have one (Linux 5.15: they bring the cookie). */
static int attach_perf(struct trial *trial, int program_fd, const char *path, uint64_t offset)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .perf_event.bpf_cookie = COOKIE);
	struct perf_event_attr event = { .size = sizeof(event), .config1 = (uintptr_t)path, .config2 = offset };
	int type = uprobe_type();

	if (type < 0)
		return type;
	event.type = type;
	trial->event_fd = syscall(__NR_perf_event_open, &event, getpid(), -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (trial->event_fd < 0)
		return -errno;
	if (trial->has_cookie) {
		trial->link_fd = bpf_link_create(program_fd, trial->event_fd, BPF_PERF_EVENT, &options);
		return trial->link_fd < 0 ? -errno : 0;
	}
	if (ioctl(trial->event_fd, PERF_EVENT_IOC_SET_BPF, program_fd) ||
	    ioctl(trial->event_fd, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
}

static int attach_multi(struct trial *trial, int program_fd, const char *path, uint64_t offset)
{
	const uint64_t cookie = COOKIE;
	const struct attach_options options = {
		.path = path, .offsets = &offset, .cookies = &cookie, .count = 1, .pid = getpid()
	};

	trial->link_fd = link__create_multi(program_fd, &options);
	return trial->link_fd < 0 ? trial->link_fd : 0;
}

/* A program that keeps its attach cookie, or that number itself where there are no cookies. */
static int load_keeper(int map_fd, bool multi, bool has_cookie)
{
	const struct bpf_insn keep[] = {
		has_cookie ? (struct bpf_insn)BPF_CALL_HELPER(BPF_FUNC_get_attach_cookie) :
			     (struct bpf_insn)BPF_MOVE_IMMEDIATE(BPF_REG_0, COOKIE),
		BPF_I(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_0, -8, 0),
		BPF_I(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -16, 0),
		BPF_I(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map_fd),
		BPF_I(0, 0, 0, 0, 0),
		BPF_MOVE(BPF_REG_2, BPF_REG_10),
		BPF_ADD_IMMEDIATE(BPF_REG_2, -16),
		BPF_MOVE(BPF_REG_3, BPF_REG_10),
		BPF_ADD_IMMEDIATE(BPF_REG_3, -8),
		BPF_MOVE_IMMEDIATE(BPF_REG_4, 0),
		BPF_CALL_HELPER(BPF_FUNC_map_update_elem),
		BPF_MOVE_IMMEDIATE(BPF_REG_0, 0),
		BPF_RETURN,
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = multi ? LINK_UPROBE_MULTI : 0);
	int fd;

	libbpf_set_print(NULL);
	fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", keep, sizeof(keep) / sizeof(*keep), &options);
	return fd < 0 ? -errno : fd;
}

static void *call_probed(void *argument)
{
	trial__probed();
	return argument;
}

/*
 * By another thread than the one whose number is the process's: before Linux 6.10, and 6.6.35 of the stable line, the
 * pid of a uprobe_multi link meant that one thread (46ba0e49b642), which is of no use.
 */
static int call_from_another_thread(void)
{
	pthread_t thread;
	int error = thread__start(&thread, call_probed, NULL);

	return error ? error : -pthread_join(thread, NULL);
}

static int hit_once(struct trial *trial, int program_fd, int map_fd, bool multi)
{
	char path[4200];
	uint64_t offset = 0, kept = 0;
	uint32_t key = 0;
	int result = locate((const void *)trial__probed, path, sizeof(path), &offset);

	if (!result)
		result = multi ? attach_multi(trial, program_fd, path, offset) :
				 attach_perf(trial, program_fd, path, offset);
	if (!result)
		result = call_from_another_thread();
	if (result)
		return result;
	if (bpf_map_lookup_elem(map_fd, &key, &kept))
		return -errno;
	return kept == COOKIE ? 0 : -ENODATA;
}

int trial__run(bool multi, struct trial *trial)
{
	int map_fd, program_fd, result;

	*trial = (struct trial){ .link_fd = -1, .event_fd = -1 };
	trial->has_cookie = !probe__helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie);
	if (multi && !trial->has_cookie)
		return -EOPNOTSUPP;
	map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(uint32_t), sizeof(uint64_t), 1, NULL);
	if (map_fd < 0)
		return -errno;
	program_fd = load_keeper(map_fd, multi, trial->has_cookie);
	result = program_fd < 0 ? program_fd : hit_once(trial, program_fd, map_fd, multi);
	if (program_fd >= 0)
		close(program_fd);
	close(map_fd);
	return result;
}

void trial__end(struct trial *trial)
{
	if (trial->link_fd >= 0)
		close(trial->link_fd);
	if (trial->event_fd >= 0)
		close(trial->event_fd);
	trial->link_fd = trial->event_fd = -1;
}

int probe__uprobe(int multi)
{
	struct trial trial;
	int result = trial__run(multi, &trial);

	trial__end(&trial);
	return result;
}
