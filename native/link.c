// SPDX-License-Identifier: Apache-2.0
/* Attaching a program at a set of places of one file, and detaching many links at once. */
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define CLOSERS_MAX 1024 /* links of 64 targets: they all wait for the same grace period of the kernel */

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

/* What one place needs: a link of its own unless there is one for all, an entry of cookie_by_site in the legacy form. */
struct place {
	struct bpf_link *perf;
	struct site_key site;
	uint64_t cookie;
};

/* Either one uprobe_multi link, or perf event links. */
struct link {
	int multi_fd; /* -1: none */
	int cookies_fd; /* -1: none */
	uint32_t count;
	struct place places[];
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

static int attach_perf(struct link *link, const struct bpf_program *program, const struct attach_options *options)
{
	for (uint32_t i = 0; i < link->count; i++) {
		struct place *place = &link->places[i];
		/* libbpf refuses a cookie where the kernel has none. */
		LIBBPF_OPTS(bpf_uprobe_opts, uprobe_options, .bpf_cookie = link->cookies_fd < 0 ? place->cookie : 0);

		place->perf = bpf_program__attach_uprobe_opts(program, options->pid, options->path, options->offsets[i],
							      &uprobe_options);
		if (!place->perf)
			return -errno;
	}
	return 0;
}

static int put_cookies(const struct link *link)
{
	for (uint32_t i = 0; link->cookies_fd >= 0 && i < link->count; i++)
		if (bpf_map_update_elem(link->cookies_fd, &link->places[i].site, &link->places[i].cookie, BPF_ANY))
			return -errno;
	return 0;
}

/* A process that has replaced itself by the same program is another target, whose cookies stand in the same places. */
static void remove_cookie(int cookies_fd, const struct place *place)
{
	uint64_t cookie;

	if (!bpf_map_lookup_elem(cookies_fd, &place->site, &cookie) && cookie == place->cookie)
		bpf_map_delete_elem(cookies_fd, &place->site);
}

int kernel__attach(struct kernel *kernel, const struct attach_options *options, struct link **out)
{
	struct bpf_program *program = object__program(kernel, options->program);
	struct link *link;
	int result;

	if (options->size != sizeof(*options))
		return -EINVAL;
	if (!program)
		return -ENOENT;
	link = calloc(1, sizeof(*link) + options->count * sizeof(*link->places));
	if (!link)
		return -ENOMEM;
	*link = (struct link){ .multi_fd = -1, .cookies_fd = kernel->cookies_fd, .count = options->count };
	for (uint32_t i = 0; i < link->count; i++)
		link->places[i] = (struct place){
			.site = { .code_offset = options->code_offsets[i], .tgid = options->pid },
			.cookie = options->cookies[i],
		};
	result = put_cookies(link);
	if (!result && kernel->facts.multi_links)
		result = link->multi_fd = link__create_multi(bpf_program__fd(program), options);
	else if (!result)
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
	for (uint32_t i = 0; i < link->count; i++)
		bpf_link__destroy(link->places[i].perf);
	for (uint32_t i = 0; link->cookies_fd >= 0 && i < link->count; i++)
		remove_cookie(link->cookies_fd, &link->places[i]);
	free(link);
	return NULL;
}

void links__close(struct link **links, size_t count)
{
	pthread_t closers[CLOSERS_MAX];

	while (count) {
		size_t started = 0, batch = count < CLOSERS_MAX ? count : CLOSERS_MAX;

		while (started < batch && !thread__start(&closers[started], close_one, links[started]))
			started++;
		for (size_t i = 0; i < started; i++)
			pthread_join(closers[i], NULL);
		if (started < batch)
			close_one(links[started++]);
		links += started;
		count -= started;
	}
}
