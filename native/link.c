// SPDX-License-Identifier: Apache-2.0
/* Attaching a program at a set of places of one file, and detaching many links at once. */
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"

#define CLOSERS_MAX 1024 /* links of 64 targets: they all wait for the same grace period of the kernel */
#define CLOSER_STACK_BYTES (64 << 10)

/* The part of union bpf_attr that BPF_LINK_CREATE reads for uprobe_multi (Linux ≥ 6.6, include/uapi/linux/bpf.h). */
struct link_create_uprobe_multi {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t link_flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t cnt;
	uint32_t flags;
	uint32_t pid;
	uint32_t reserved;
};

/* Either one uprobe_multi link, or perf event links. */
struct link {
	int multi_fd; /* -1: none */
	uint32_t perf_count;
	struct bpf_link *perf[];
};

int link__create_multi(int program_fd, const struct attach_options *options)
{
	struct link_create_uprobe_multi attr = {
		.prog_fd = program_fd,
		.attach_type = LINK_UPROBE_MULTI,
		.path = (uintptr_t)options->path,
		.offsets = (uintptr_t)options->offsets,
		.cookies = (uintptr_t)options->cookies,
		.cnt = options->count,
		.pid = options->pid,
	};
	int fd = syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

/* Before 6.10 the pid of such a link was that of one thread (fixed by 46ba0e49b642), so it is of no use. */
static bool pid_means_process(void)
{
	struct utsname name;
	unsigned int major = 0, minor = 0;

	return !uname(&name) && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 10));
}

bool link__multi_supported(void)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const uint64_t zero = 0;
	const struct attach_options options = { .path = "/", .offsets = &zero, .cookies = &zero, .count = 1 };
	LIBBPF_OPTS(bpf_prog_load_opts, load_options, .expected_attach_type = LINK_UPROBE_MULTI);
	int program_fd, link_fd;

	if (!pid_means_process())
		return false;
	program_fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", nothing, 2, &load_options);
	if (program_fd < 0)
		return false;
	link_fd = link__create_multi(program_fd, &options);
	close(program_fd);
	if (link_fd >= 0)
		close(link_fd);
	return link_fd == -EBADF; /* understood: a directory cannot be probed */
}

static int attach_perf(struct link *link, const struct bpf_program *program, const struct attach_options *options)
{
	for (uint32_t i = 0; i < options->count; i++) {
		LIBBPF_OPTS(bpf_uprobe_opts, uprobe_options, .bpf_cookie = options->cookies[i]);

		link->perf[i] = bpf_program__attach_uprobe_opts(program, options->pid, options->path, options->offsets[i],
								&uprobe_options);
		if (!link->perf[i])
			return -errno;
		link->perf_count++;
	}
	return 0;
}

int kernel__attach(struct kernel *kernel, const struct attach_options *options, struct link **out)
{
	struct bpf_program *program = bpf_object__find_program_by_name(kernel->object, options->program);
	struct link *link;
	int result = 0;

	if (options->size != sizeof(*options))
		return -EINVAL;
	if (!program)
		return -ENOENT;
	link = calloc(1, sizeof(*link) + options->count * sizeof(*link->perf));
	if (!link)
		return -ENOMEM;
	link->multi_fd = -1;
	if (kernel->multi_links)
		result = link->multi_fd = link__create_multi(bpf_program__fd(program), options);
	else
		result = attach_perf(link, program, options);
	if (result < 0) {
		links__close(&link, 1);
		return result;
	}
	*out = link;
	return 0;
}

static void *close_one(void *argument)
{
	struct link *link = argument;

	if (link->multi_fd >= 0)
		close(link->multi_fd);
	for (uint32_t i = 0; i < link->perf_count; i++)
		bpf_link__destroy(link->perf[i]);
	free(link);
	return NULL;
}

void links__close(struct link **links, size_t count)
{
	pthread_t closers[CLOSERS_MAX];
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, CLOSER_STACK_BYTES);
	while (count) {
		size_t started = 0, batch = count < CLOSERS_MAX ? count : CLOSERS_MAX;

		while (started < batch &&
		       !pthread_create(&closers[started], &attributes, close_one, links[started]))
			started++;
		for (size_t i = 0; i < started; i++)
			pthread_join(closers[i], NULL);
		if (started < batch)
			close_one(links[started++]);
		links += started;
		count -= started;
	}
	pthread_attr_destroy(&attributes);
}
