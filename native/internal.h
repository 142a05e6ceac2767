/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the shim share. */
#ifndef INTERNAL_H
#define INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/wire.h"
#include "goidspan.h"

/* Where drained records go. */
struct batch {
	char *at;
	size_t bytes;
	size_t used;
};

/* The mapped parts of a BPF ring buffer. */
struct ring {
	int fd;
	uint64_t data_bytes;
	size_t page_bytes;
	uint64_t *consumed; /* bytes since the beginning */
	const uint64_t *produced;
	uint64_t refused; /* records that were larger than RECORD_BYTES_MAX; read by another thread than the draining one */
};

#define OBJECTS_MAX 16 /* the first, and one for each set of programs that was needed later */
#define THREAD_LINKS 4 /* switches of threads, that they are woken, what comes to their sockets and is complete in their rings */

struct kernel {
	struct bpf_object *objects[OBJECTS_MAX]; /* the first has the maps */
	uint32_t object_count;
	pthread_mutex_t loading;
	struct ring ring;
	struct bpf_link *exec_link;
	struct bpf_link *exit_link;
	struct bpf_link *thread_links[THREAD_LINKS]; /* NULL: threads are not followed */
	struct bpf_link **clocks; /* by processor, NULL where there is none; NULL: processors are not looked at */
	int clock_count;
	struct kernel_facts facts;
	int settings_fd;
	int targets_fd;
	int slots_fd;
	int cookies_fd; /* of the legacy form; -1: none */
	int open_fd;
	int inherited_fd;
	int handed_fd;
	int times_fd;
	int turns_fd;
	int sdk_spans_fd;
	uint32_t inherited_max;
	void *dead; /* the last sweep's tree of spans that are dead and kept as links (context.c) */
	int counts_fd;
	int run_delays_fd;
	int slow_allocs_fd;
	int stacks_fd;
	int measure_fd; /* -1: off */
	struct idle *idle; /* idle priority of the draining thread (idle.c); NULL: it has none */
};

/* Of the largest record that wire.h knows. */
#define RECORD_BYTES_MAX sizeof(union wire_records)

/* Instructions as the kernel takes them: operation, destination, source, offset, immediate. */
#define BPF_I(operation, dst, src, offset, immediate) \
	{ .code = (operation), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (immediate) }
#define BPF_MOVE_IMMEDIATE(dst, immediate) BPF_I(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, immediate)
#define BPF_MOVE(dst, src) BPF_I(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define BPF_ADD_IMMEDIATE(dst, immediate) BPF_I(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, immediate)
#define BPF_CALL_HELPER(helper) BPF_I(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define BPF_RETURN BPF_I(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* BPF_TRACE_UPROBE_MULTI, Linux 6.6: not in older headers. */
#define LINK_UPROBE_MULTI 48

/*
 * Loads the programs that the options name and that are not loaded: the first time with maps of their own, of the sizes that
 * the options say. One thread at a time. @return 0 or -errno; `error` as of kernel__open
 */
int object__load(struct kernel *kernel, const struct kernel_options *options, char *error, size_t error_bytes);

/* @return a program that is loaded, or NULL */
struct bpf_program *object__program(const struct kernel *kernel, const char *name);
void object__close_all(struct kernel *kernel);

/* A uprobe_multi link of a program that was loaded with that attach type. @return its descriptor, or -errno */
int link__create_multi(int program_fd, const struct attach_options *options);

/* The clock of a processor, for programs to be attached to. @return its descriptor, or -errno */
int clock__open(int cpu, uint64_t period_ns);

/* What came of attaching a program to this process itself. */
struct trial {
	bool has_cookie;   /* programs are told their attach cookie */
	int link_fd;       /* still attached: trial__end detaches, which takes a grace period */
	int event_fd;
};

/* @return 0, -EOPNOTSUPP where such links are not there, -ENODATA if the program did not run; trial__end in any case */
int trial__run(bool multi, struct trial *trial);
void trial__end(struct trial *trial);

/* Forgets what sweeps have remembered. */
void sweep__forget(struct kernel *kernel);

/* Starts a thread with a small stack, which takes no signals of the process. @return 0 or -errno */
int thread__start(pthread_t *thread, void *(*run)(void *), void *argument);

/* Gives the draining thread its usual priority back for good. */
void idle__end(struct kernel *kernel);

/* Appends a record, padded; false if it does not fit. */
bool batch__append(struct batch *batch, const void *record, size_t bytes);

/* Maps the positions; `ring` is closed by ring__close, also after a failure. */
int ring__open(struct ring *ring, int fd, uint64_t data_bytes);
void ring__close(struct ring *ring);

/*
 * Moves records into the batch, which takes at least RECORD_BYTES_MAX, until the ring is empty or the next does not fit.
 * One that is larger than any is left out and counted. @return 0 or -errno
 */
int ring__drain(struct ring *ring, struct batch *batch);

#endif
