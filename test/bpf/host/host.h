/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BPF programs as a plain C program: the sources of bpf/ and native/context.c are compiled unchanged against
 * stand-ins for the kernel's helpers and maps, and run on Go objects that are made up in memory. What happens is read
 * as text (main.c).
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../bpf/wire.h"

/* ---- map.c: the maps; a full one refuses, a deleted or replaced element is gone at once ---- */

enum host_map_type { HOST_HASH, HOST_ARRAY, HOST_RING };

void host_map__define(const void *map, const char *name, enum host_map_type type, size_t key_bytes,
		      size_t value_bytes, uint32_t max_entries);
void host_map__limit(const char *name, uint32_t max_entries);
/* What it may hold: entries, or bytes of a ring. */
uint32_t host_map__capacity(const char *name);
uint32_t host_map__entries(const char *name);
int host_map__fd(const char *name);
/* Empties all maps. If one `recycles`, the memory of a deleted element is that of the next, as in the kernel; else its use
 * is found by the sanitizer. */
void host_map__reset(bool recycles);

/* ---- memory.c: the memory of the targets; a read outside of it fails ---- */

uaddr_t memory__allocate(size_t bytes);
void memory__write(uaddr_t to, const void *from, size_t bytes);
void memory__write_u64(uaddr_t to, uint64_t value);
int memory__read(void *to, size_t bytes, uaddr_t from);
uint64_t memory__read_u64(uaddr_t from);
/* A Go string: its bytes in memory and its two words at `to`. */
void memory__write_string(uaddr_t to, const char *text);
/* From now on so many words in a hundred are read as something else. */
void memory__scramble(uint32_t percent, uint32_t seed);
void memory__reset(void);

/* ---- header_map.c: an http.Header as both kinds of Go maps lay it out ---- */

struct header {
	const char *name;
	const char *values[4];
	uint32_t count;
};

struct header_layout {
	bool swiss;
	uint32_t tables; /* Swiss: 0 for the small form without a directory */
	bool growing; /* buckets: half of the entries are still in the old array */
};

uaddr_t header_map__write(const struct header *headers, uint32_t count, struct header_layout layout);

/* The number of the system call by which threads wait for each other. */
#ifdef __TARGET_ARCH_arm64
#define HOST_FUTEX 98
#else
#define HOST_FUTEX 202
#endif

/* How far below SP at its entry a function saves the return address; 0 where the call has pushed it. */
#ifdef __TARGET_ARCH_arm64
#define HOST_SAVED_BELOW_SP 480
#else
#define HOST_SAVED_BELOW_SP 0
#endif

/* ---- programs.c: the BPF programs and the kernel around them ---- */

/* One hit of a probe. */
struct probe_hit {
	const char *program;
	uint64_t cookie;
	uint64_t arguments[9];
	uint64_t sp, fp, g;
	uint64_t closure; /* of a function that is called by its value */
	uint64_t link; /* on arm64: the return address of a function without a frame */
	bool stack_is_low; /* the stack check, which is hit, jumps */
};

/* Where a thread is in its program, by its registers. */
struct thread_place {
	uint64_t pc, sp, fp;
};

/* How the running thread leaves its processor. */
struct thread_switch {
	uint64_t g; /* that it runs, or its g0 */
	uint64_t thread_pointer; /* where it finds that */
	int32_t call; /* the system call that it is in; negative: none */
	bool blocks;
	bool is_throttled;
	uint64_t ran_ns; /* since it came back */
	struct thread_place place;
};

struct socket_ends {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint16_t family; /* 2 or 10; anything else is no TCP socket */
	bool is_no_socket;
	uint64_t net;
	uint32_t sent, received;
};

/* What the running program has of its own, while another runs. */
struct preempted_state {
	uint64_t cookie;
	uint64_t tgid_tid;
};

struct preempted_state programs__suspend(void);
void programs__resume(const struct preempted_state *state);

void programs__setup(void);
void programs__reset(uint32_t seed, bool recycles);
void programs__run(const struct probe_hit *hit);
void programs__set_time(uint64_t ktime_ns);
void programs__set_thread(uint32_t tgid, uint32_t tid);
/* All random numbers are this one; -1: as they come. */
void programs__set_random(int64_t value);
void programs__set_settings(const struct settings *settings);
void programs__set_target(uint32_t slot, const struct target_row *row);
void programs__follow(uint32_t tgid, uint32_t slot);
void programs__forget(uint32_t tgid);
void programs__process_exec(uint32_t tgid, uint32_t parent_tgid);
void programs__process_exit(uint32_t tgid, int threads_left, int code);
/* The running thread, or one of no target (NULL), makes room for another. */
void programs__switch(const struct thread_switch *away, uint32_t next_tid);
void programs__wake(uint32_t tid);
/* The clock of the processor on which it runs. */
void programs__sample(const struct thread_switch *thread, const struct thread_place *place, bool in_kernel);
/* A segment comes to a socket of the running process, with so many bytes in it. */
void programs__socket_data(int fd, uint32_t bytes);
void programs__set_cpu(uint32_t cpu);
/* Opens a socket in the running process. @return its file descriptor */
int programs__open_socket(const struct socket_ends *ends);
void programs__print_counts(void);
/* What slow ways to memory have taken in the target of that slot: a line for each bucket that holds something. */
void programs__print_durations(uint32_t slot);
/* Writes a record to stdout, in hex. */
void programs__print_record(const char *what, const void *record, size_t bytes);

/* ---- go.c: goroutines and the objects that the probes are handed ---- */

struct frame {
	uint32_t depth;
	uint64_t return_addr;
};

struct goroutine_state {
	uint32_t target;
	uint64_t goid;
	uaddr_t g;
	uaddr_t stack_hi;
	uint32_t stack_bytes;
	uint32_t frames;
	struct frame frame[16];
	uaddr_t request, response; /* of the server request that it serves */
	uint32_t serves_at; /* the depth of what serves a call of gRPC on it */
	int fd; /* from which it reads */
	struct thread_place place; /* where it is; zeros: nobody asks */
};

struct target_state {
	struct target_row row;
	uint32_t slot;
	bool exists;
	uaddr_t g0, m, p;
	uaddr_t sdk_span_type; /* of a pointer to a span of its SDK */
	uaddr_t driver_conns[8]; /* connections of database/sql by their numbers; 0: not made yet */
	uaddr_t rpc_streams[256]; /* *clientStream by their numbers; 0: not made yet */
};

/* The target of that number (1 to 7), laid out as by Go 1.26. */
struct target_state *go__target(uint32_t number);
/* The goroutine of that id; made without a creator if it does not exist yet. */
struct goroutine_state *go__goroutine(uint32_t target, uint64_t goid);
struct goroutine_state *go__create(uint32_t target, uint64_t goid, uint64_t creator);
/* Enters a function: `bytes` more of stack, or at an absolute depth if that is not 0. */
void go__call(struct goroutine_state *g, uint32_t bytes, uint32_t depth);
/* The function saves the return address, if its caller has not. */
void go__push_frame(struct goroutine_state *g);
void go__return(struct goroutine_state *g);
void go__grow_stack(struct goroutine_state *g);
/* A net.Conn, as the two words of an interface. */
void go__write_conn(const struct target_row *row, uaddr_t to, int fd, bool is_tcp, uint32_t wrappers);
void go__reset(void);

/* ---- events.c: what can happen, as methods on a line of text ---- */

struct line {
	char *words[128];
	int count;
	uint64_t time;
};

/* Runs the event of a text; ends the host if there is none. */
void line__run(char *text);
/* Runs one event; false if there is no such event. */
bool event__run(const struct line *line);
/* The value of `name=value` on the line; NULL if there is none. */
const char *line__value(const struct line *line, const char *name);
uint64_t line__number(const struct line *line, const char *name, uint64_t otherwise);
bool line__has(const struct line *line, const char *word);

/* ---- upkeep.c: native/context.c on these maps ---- */

void upkeep__print_open(uint32_t target_id);
void upkeep__forget(uint32_t target_id);
void upkeep__sweep(uint64_t grace_ns);

/* ---- preempt.c: other threads in the middle of a program ---- */

/* At that call of a helper in the next event, the event of `text` happens. In the order of calls. */
void preempt__queue(uint32_t at, const char *text);
/* A program begins or has ended: only in it something may come between. */
void preempt__enter(bool is_in);
/* Each helper calls it. */
void preempt__point(void);
/* The event is over. */
void preempt__finish(void);

#endif
