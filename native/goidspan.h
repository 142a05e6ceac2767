/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The shim between JavaScript and the kernel: loads the BPF object, attaches its programs, copies records out.
 *
 * It is passive: it starts nothing of its own (kernel links are closed by short-lived threads that are joined
 * before the call returns), calls nobody back, blocks only for the kernel. Every function returns 0 or a count, or
 * `-errno`. One thread may drain while another uses the rest.
 */
#ifndef GOIDSPAN_H
#define GOIDSPAN_H

#include <stddef.h>
#include <stdint.h>

#define SHIM_API __attribute__((visibility("default")))

struct kernel;
struct link;

struct map_size {
	const char *map;
	uint32_t entries; /* of `records`, bytes */
};

struct kernel_options {
	uint64_t size; /* of this struct */
	const char *object_path;
	const char *legacy_object_path; /* for kernels that lack what the other needs; NULL: there is none */
	const char *programs; /* names of those to be loaded, beside the ones that follow processes, parted by spaces; NULL: all */
	const struct map_size *map_sizes; /* of the maps that have another size than the object says */
	uint32_t map_size_count;
	uint32_t force_perf_links; /* 1: as on kernels without uprobe_multi links */
	uint32_t force_legacy; /* 1: as on kernels without bpf_loop or attach cookies */
	uint32_t reserved;
};

/** What was found by trying when the object was loaded, each 1 or 0. */
struct kernel_facts {
	uint64_t size; /* of this struct */
	uint32_t legacy; /* the legacy object is loaded */
	uint32_t multi_links; /* probes are attached by uprobe_multi links, else by perf events */
};

/** One program at `count` places of one file. */
struct attach_options {
	uint64_t size; /* of this struct */
	const char *program;
	const char *path;
	const uint64_t *offsets; /* in the file */
	const uint64_t *code_offsets; /* addresses, less that at which the code of a process of this file begins */
	const uint64_t *cookies; /* never the largest number */
	uint32_t count;
	uint32_t pid; /* only this process */
};

struct sweep_result {
	uint64_t kept; /* inheritances of spans that are open, or ended less than the grace period ago */
	uint64_t removed;
};

struct program_stats {
	uint64_t runs;
	uint64_t run_time_ns;
};

/** Hash of bpf/wire.h at the time this library was built. */
SHIM_API uint64_t shim__wire_hash(void);

/**
 * Loads the object and attaches the programs that follow processes.
 * @param out  the handle, freed by kernel__close
 * @param error  receives what the verifier or libbpf said last, terminated; may be empty
 */
SHIM_API int kernel__open(const struct kernel_options *options, struct kernel **out, char *error, size_t error_bytes);

/**
 * Loads further programs, which share the maps; those that are loaded already stay. Others may use the handle meanwhile.
 * @param options  as for kernel__open, but with the programs that are needed now
 * @param error  likewise
 */
SHIM_API int kernel__load(struct kernel *kernel, const struct kernel_options *options, char *error, size_t error_bytes);

/** @param out  with its size set */
SHIM_API int kernel__facts(struct kernel *kernel, struct kernel_facts *out);

/** Detaches what is still attached and frees the handle. */
SHIM_API void kernel__close(struct kernel *kernel);

/** @param settings a `struct settings` of wire.h */
SHIM_API int kernel__set_settings(struct kernel *kernel, const void *settings);

/** @param row a `struct target_row` of wire.h; one with target_id 0 empties the slot */
SHIM_API int kernel__set_target(struct kernel *kernel, uint32_t slot, const void *row);

/** From now on the row in that slot is found from the process: its exec and its exit are reported as those of the target. */
SHIM_API int kernel__follow_process(struct kernel *kernel, uint32_t tgid, uint32_t slot);

/** Ends that; `-ENOENT` if the process is not followed. */
SHIM_API int kernel__forget_process(struct kernel *kernel, uint32_t tgid);

/**
 * Whether the switches of threads and what comes to sockets are followed, which goroutines' time needs. It costs every switch
 * and every TCP segment on the host a little.
 * @return -ENOENT if those programs were not loaded
 */
SHIM_API int kernel__follow_threads(struct kernel *kernel, int on);

/**
 * Looks at every processor once in so many nanoseconds in which it is not idle: level `cpu`.
 * @param period_ns  0: no more
 * @return -ENOENT if that program was not loaded
 */
SHIM_API int kernel__sample(struct kernel *kernel, uint64_t period_ns);

/** Stacks that have been told are told again when they are met again. @return how many were forgotten */
SHIM_API int64_t kernel__forget_stacks(struct kernel *kernel);

/**
 * Attaches one program at a set of places: one uprobe_multi link where that works, otherwise a perf event link each.
 * @param out  the handle, freed by links__close
 */
SHIM_API int kernel__attach(struct kernel *kernel, const struct attach_options *options, struct link **out);

/** Detaches and frees links, side by side: each takes a grace period of the kernel (about 45 ms). */
SHIM_API void links__close(struct link **links, size_t count);

/**
 * Copies records out of the ring buffer, each padded to a multiple of 8 bytes, until it is empty or the next may
 * not fit. One thread at a time.
 * @return bytes written
 */
SHIM_API int64_t kernel__drain(struct kernel *kernel, void *batch, size_t batch_bytes);

/**
 * From now on the calling thread, which drains, has idle priority (SCHED_IDLE): it runs when nothing else wants its
 * processor, except while a quarter of the ring is full, or records lie in it for longer than 200 ms. Until kernel__close.
 * @return -EPERM if a thread may not leave that priority (without CAP_SYS_NICE or RLIMIT_NICE): nothing is changed then
 */
SHIM_API int kernel__drain_when_idle(struct kernel *kernel);

/** Whether somebody waits for the draining thread, so that it has its usual priority. */
SHIM_API void kernel__drain_urgently(struct kernel *kernel, int on);

/** @param counts  receives `enum count` many sums over all CPUs */
SHIM_API int kernel__counts(struct kernel *kernel, uint64_t *counts, size_t count);

/**
 * Of the target in that slot, and of those that had it before.
 * @param delays  receives a `struct durations` of wire.h
 * @return -ENOENT if the programs of goroutines' time were not loaded
 */
SHIM_API int kernel__run_delays(struct kernel *kernel, uint32_t slot, void *delays, size_t bytes);

/**
 * Of the target in that slot, and of those that had it before.
 * @param allocs  receives a `struct slow_allocs` of wire.h
 * @return -ENOENT if those programs were not loaded
 */
SHIM_API int kernel__slow_allocs(struct kernel *kernel, uint32_t slot, void *allocs, size_t bytes);

/** Number of programs; their names and run statistics (measured only while kernel__measure is on) by index. */
SHIM_API int kernel__program_count(struct kernel *kernel);
SHIM_API const char *kernel__program_name(struct kernel *kernel, uint32_t index);
SHIM_API int kernel__program_stats(struct kernel *kernel, uint32_t index, struct program_stats *out);

/** Turns the kernel's run statistics on or off. They cost every BPF program on the host: only for short windows. */
SHIM_API int kernel__measure(struct kernel *kernel, int on);

/**
 * Copies open spans as records, each padded to a multiple of 8 bytes.
 * @param target_id  only of this target; 0: of all
 * @param started_before_ns  only those that started before that kernel time
 * @return bytes written, or -ENOSPC if not all fitted (what fitted is in the batch)
 */
SHIM_API int64_t kernel__copy_open(struct kernel *kernel, uint32_t target_id, uint64_t started_before_ns, void *batch,
				   size_t batch_bytes);

/** Removes one open span; `-ENOENT` if it has ended meanwhile. */
SHIM_API int kernel__remove_open(struct kernel *kernel, uint32_t target_id, uint64_t goid, uint32_t depth);

/** Removes all context of a target that has gone. @return entries removed */
SHIM_API int64_t kernel__forget_target(struct kernel *kernel, uint32_t target_id);

/**
 * Removes inheritances whose span has ended: after `grace_ns`, in which they still serve as links, or at once when
 * the map is more than half full.
 */
SHIM_API int kernel__sweep(struct kernel *kernel, uint64_t grace_ns, struct sweep_result *out);

/**
 * Offset of CLOCK_REALTIME from CLOCK_MONOTONIC, from the tightest of a set of bracketed reads.
 * @param offset_ns  to be added to kernel time
 * @param error_ns  the true offset is within this of it
 */
SHIM_API void clock__measure(int64_t *offset_ns, uint64_t *error_ns);

/** From now on memory that is freed goes back to the system. Changes the whole process. */
SHIM_API int memory__give_back(void);

/** Gives back now what is free between that which is in use. Takes milliseconds. */
SHIM_API void memory__trim(void);

/** Whether a thread may leave idle priority again: 0, or -EPERM without CAP_SYS_NICE or RLIMIT_NICE. */
SHIM_API int probe__idle_priority(void);

/** Version of libbpf that is used, e.g. `v1.1`. */
SHIM_API const char *probe__libbpf_version(void);

/** Loads a program of that type (`enum bpf_prog_type`) that does nothing. */
SHIM_API int probe__program(uint32_t type);

/** Loads a program that calls a helper (`BPF_FUNC_…`). @return -EOPNOTSUPP if such programs may not call it */
SHIM_API int probe__helper(uint32_t type, uint32_t helper);

/** Makes a ring buffer of a page. */
SHIM_API int probe__ring_buffer(void);

/** Attaches a program that does nothing to a raw tracepoint. */
SHIM_API int probe__raw_tracepoint(const char *tracepoint);

/** The same for a program that is told the types of its arguments (tp_btf). @return -ESRCH or -ENOENT where the kernel's BTF is not there or has no such tracepoint */
SHIM_API int probe__typed_tracepoint(const char *tracepoint);

/** Opens the clock of a processor, and loads a program for it. */
SHIM_API int probe__clock(void);

/** Turns run statistics on, for a moment. */
SHIM_API int probe__run_statistics(void);

/**
 * Attaches a program to a function of this library, in this process only, and calls it from another thread.
 * @param multi  1: by a uprobe_multi link; 0: by a perf event
 * @return -EOPNOTSUPP where such a link is not there or not of use, -ENODATA if the program did not run
 */
SHIM_API int probe__uprobe(int multi);

#endif
