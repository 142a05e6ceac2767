// SPDX-License-Identifier: Apache-2.0
#include "../../../bpf/goidspan.bpf.c"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define DEFINE(map, type) \
	host_map__define(&map, #map, type, sizeof(*map.key), sizeof(*map.value), sizeof(*map.max_entries) / sizeof(int))
#define FILES_MAX 4096

static uint64_t now_ktime_ns;
static uint64_t cookie_of_hit;
static uint64_t current_tgid_tid;
static uint64_t random_state;
static int64_t random_fixed;
static uint64_t ring_used;

static struct file *file_by_fd[FILES_MAX];
static struct fdtable fdtable = { .fd = file_by_fd };
static struct files_struct files = { .fdt = &fdtable };
static struct signal_struct signals;
static struct task_struct parent_task;
static struct cfs_rq run_queue;
static struct task_struct task = { .files = &files, .signal = &signals, .real_parent = &parent_task, .se.cfs_rq = &run_queue };
static struct pt_regs___kernel entry;
static __u32 current_cpu;

void programs__setup(void)
{
	DEFINE(settings, HOST_ARRAY);
	DEFINE(target_by_slot, HOST_ARRAY);
	DEFINE(slot_by_tgid, HOST_HASH);
	DEFINE(open_by_goroutine, HOST_HASH);
	DEFINE(ending_by_object, HOST_HASH);
	DEFINE(inherited_by_goroutine, HOST_HASH);
	DEFINE(handed_by_slot, HOST_HASH);
	DEFINE(time_by_g, HOST_HASH);
	DEFINE(turns_by_g, HOST_HASH);
	DEFINE(sdk_spans_by_g, HOST_HASH);
	DEFINE(sdk_marks_by_slot, HOST_ARRAY);
	DEFINE(unlocks_by_mutex, HOST_ARRAY);
	DEFINE(off_by_thread, HOST_HASH);
	DEFINE(stops_by_slot, HOST_ARRAY);
	DEFINE(run_delays_by_slot, HOST_ARRAY);
	DEFINE(slow_allocs_by_slot, HOST_ARRAY);
	DEFINE(allocs_by_thread, HOST_HASH);
	DEFINE(switch_filters, HOST_ARRAY);
	DEFINE(told_by_stack, HOST_HASH);
	DEFINE(reader_by_sock, HOST_HASH);
	DEFINE(count_by_reason, HOST_ARRAY);
	DEFINE(kernel_conn_itab_by_target, HOST_ARRAY);
	DEFINE(client_call_by_ports, HOST_ARRAY);
	DEFINE(connection_by_sock, HOST_ARRAY);
	DEFINE(sock_by_span, HOST_ARRAY);
	DEFINE(dialing_by_goroutine, HOST_ARRAY);
	DEFINE(stream_call_by_place, HOST_HASH);
	DEFINE(has_called_by_port, HOST_ARRAY);
	host_map__define(&records, "records", HOST_RING, 0, 0, 32 << 20);
}

void programs__reset(uint32_t seed, bool recycles)
{
	host_map__reset(recycles);
	random_state = seed;
	random_fixed = -1;
	ring_used = 0;
	now_ktime_ns = 0;
	while (fdtable.max_fds) {
		struct file *file = file_by_fd[--fdtable.max_fds];
		struct socket *socket = file->private_data;

		free(socket->sk);
		free(socket);
		free(file);
	}
}

/* ---- helpers ---- */

long bpf_probe_read_user(void *to, __u32 bytes, const void *from)
{
	preempt__point();
	return memory__read(to, bytes, (uaddr_t)from);
}

long bpf_probe_read_kernel(void *to, __u32 bytes, const void *from)
{
	memcpy(to, from, bytes);
	return 0;
}

/* Every record is taken out at once; the ring is full when its limit of bytes has gone through. */
long bpf_ringbuf_output(void *ring, void *data, __u64 bytes, __u64 flags)
{
	(void)ring;
	(void)flags;
	preempt__point();
	if (ring_used + bytes > host_map__capacity("records"))
		return -EAGAIN;
	ring_used += bytes;
	programs__print_record("record", data, bytes);
	return 0;
}

/* As the kernel does, a record is told in the place that it was given, and what comes meanwhile behind it: see submit. */
void *bpf_ringbuf_reserve(void *ring, __u64 bytes, __u64 flags)
{
	(void)ring;
	(void)flags;
	preempt__point();
	if (ring_used + bytes > host_map__capacity("records"))
		return NULL;
	ring_used += bytes;
	return memset(malloc(bytes), 0xa5, bytes);
}

void bpf_ringbuf_submit(void *data, __u64 flags)
{
	(void)flags;
	programs__print_record("record", data, ((struct ev_header *)data)->size);
	free(data);
}

void bpf_ringbuf_discard(void *data, __u64 flags)
{
	(void)flags;
	free(data);
}

/* That of the kernel. */
long bpf_get_stack(void *ctx, void *to, __u32 bytes, __u64 flags)
{
	(void)ctx;
	(void)flags;
	memset(to, 0, bytes);
	memcpy(to, (__u64[]){ 0xffffffff81000100, 0xffffffff81000200 }, 16);
	return 16;
}

long bpf_loop(__u32 count, void *callback, void *context, __u64 flags)
{
	long (*step)(__u32, void *) = callback;
	__u32 i = 0;

	(void)flags;
	while (i < count)
		if (step(i++, context))
			break;
	return i;
}

__u64 bpf_ktime_get_ns(void)
{
	return now_ktime_ns;
}

__u32 bpf_get_prandom_u32(void)
{
	uint64_t mixed = random_state += 0x9e3779b97f4a7c15; /* splitmix64 */

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return random_fixed >= 0 ? random_fixed : mixed >> 32;
}

long bpf_tail_call(void *ctx, void *programs, __u32 index)
{
	(void)ctx, (void)programs, (void)index;
	fprintf(stderr, "no program may call another\n");
	exit(2);
}

__u64 bpf_get_attach_cookie(void *ctx)
{
	(void)ctx;
	return cookie_of_hit;
}

__u64 bpf_get_current_pid_tgid(void)
{
	return current_tgid_tid;
}

__u64 bpf_get_current_task(void)
{
	return (__u64)&task;
}

struct task_struct *bpf_get_current_task_btf(void)
{
	return &task;
}

long bpf_task_pt_regs(struct task_struct *of)
{
	(void)of;
	return (long)&entry;
}

__u32 bpf_get_smp_processor_id(void)
{
	return current_cpu;
}

long bpf_get_numa_node_id(void)
{
	return current_cpu / 8;
}

int host__clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ now_ktime_ns / 1000000000, now_ktime_ns % 1000000000 };
	return 0;
}

/* ---- what the host does to the programs ---- */

struct preempted_state programs__suspend(void)
{
	return (struct preempted_state){ cookie_of_hit, current_tgid_tid };
}

void programs__resume(const struct preempted_state *state)
{
	cookie_of_hit = state->cookie;
	current_tgid_tid = state->tgid_tid;
}

void programs__set_time(uint64_t ktime_ns)
{
	now_ktime_ns = ktime_ns;
}

void programs__set_thread(uint32_t tgid, uint32_t tid)
{
	current_tgid_tid = (uint64_t)tgid << 32 | tid;
}

void programs__set_cpu(uint32_t cpu)
{
	current_cpu = cpu;
}

void programs__set_random(int64_t value)
{
	random_fixed = value;
}

void programs__set_settings(const struct settings *value)
{
	__u32 key = 0;

	bpf_map_update_elem(&settings, &key, value, BPF_ANY);
}

void programs__set_target(uint32_t slot, const struct target_row *row)
{
	bpf_map_update_elem(&target_by_slot, &slot, row, BPF_ANY);
}

void programs__follow(uint32_t tgid, uint32_t slot)
{
	bpf_map_update_elem(&slot_by_tgid, &tgid, &slot, BPF_ANY);
}

void programs__forget(uint32_t tgid)
{
	bpf_map_delete_elem(&slot_by_tgid, &tgid);
}

void programs__run(const struct probe_hit *hit)
{
	static const struct { const char *name; int (*program)(struct pt_regs *); } programs[] = {
		{ "goroutine_birth", goroutine_birth },
		{ "goroutine_birth_coro", goroutine_birth_coro },
		{ "http_server_start", http_server_start },
		{ "http_server_end", http_server_end },
		{ "http_server_route", http_server_route },
		{ "http_server_upgrade", http_server_upgrade },
		{ "http_server_hijack", http_server_hijack },
		{ "http_server_conn_end", http_server_conn_end },
		{ "http_server_end_h2", http_server_end_h2 },
		{ "http_server_panic_h2", http_server_panic_h2 },
		{ "http_server_start_xnet", http_server_start_xnet },
		{ "http_server_end_xnet", http_server_end_xnet },
		{ "http_server_panic_xnet", http_server_panic_xnet },
		{ "http_client_start", http_client_start },
		{ "http_client_send", http_client_send },
		{ "http_client_stream", http_client_stream },
		{ "http_client_end", http_client_end },
		{ "http_client_end_alt", http_client_end_alt },
		{ "http_client_error", http_client_error },
		{ "sdk_start", sdk_start },
		{ "db_pool_start", db_pool_start },
		{ "db_stmt_start", db_stmt_start },
		{ "db_session_start", db_session_start },
		{ "db_begin_on", db_begin_on },
		{ "db_rows", db_rows },
		{ "db_release", db_release },
		{ "db_session_end", db_session_end },
		{ "db_begun", db_begun },
		{ "db_attempt", db_attempt },
		{ "db_give_up", db_give_up },
		{ "db_return", db_return },
		{ "grpc_server_start", grpc_server_start },
		{ "grpc_server_end", grpc_server_end },
		{ "grpc_client_start", grpc_client_start },
		{ "grpc_client_send", grpc_client_send },
		{ "grpc_client_give_up", grpc_client_give_up },
		{ "grpc_client_end", grpc_client_end },
		{ "db_wait_start", db_wait_start },
		{ "db_wait_end", db_wait_end },
		{ "dial_lookup", dial_lookup },
		{ "dial_connect", dial_connect },
		{ "dial_made", dial_made },
		{ "dial_tls", dial_tls },
		{ "dial_tls_done", dial_tls_done },
		{ "db_redis_start", db_redis_start },
		{ "db_redis_returned", db_redis_returned },
		{ "db_redis_unconnected", db_redis_unconnected },
		{ "db_redis_give_up", db_redis_give_up },
		{ "goroutine_park", goroutine_park },
		{ "goroutine_ready", goroutine_ready },
		{ "goroutine_ready_list", goroutine_ready_list },
		{ "goroutine_run", goroutine_run },
		{ "goroutine_yield", goroutine_yield },
		{ "goroutine_preempt", goroutine_preempt },
		{ "goroutine_coro", goroutine_coro },
		{ "chan_hand_to", chan_hand_to },
		{ "chan_hand_from", chan_hand_from },
		{ "chan_put", chan_put },
		{ "mutex_lock", mutex_lock },
		{ "mutex_unlock", mutex_unlock },
		{ "chan_take", chan_take },
		{ "gc_stop_begin", gc_stop_begin },
		{ "gc_stop_end", gc_stop_end },
		{ "gc_assist_begin", gc_assist_begin },
		{ "gc_assist_end", gc_assist_end },
		{ "alloc_span_begin", alloc_span_begin },
		{ "alloc_span_end", alloc_span_end },
		{ "alloc_heap_begin", alloc_heap_begin },
		{ "alloc_heap_end", alloc_heap_end },
	};
	const uint64_t *a = hit->arguments;
	struct pt_regs registers = { .REG_ARGUMENT_0 = a[0], .REG_ARGUMENT_1 = a[1], .REG_ARGUMENT_2 = a[2],
				     .REG_ARGUMENT_3 = a[3], .REG_ARGUMENT_4 = a[4], .REG_ARGUMENT_5 = a[5],
				     .REG_ARGUMENT_6 = a[6], .REG_ARGUMENT_7 = a[7], .REG_ARGUMENT_8 = a[8],
				     .REG_G = hit->g, .REG_SP = hit->sp, .REG_FP = hit->fp,
				     .REG_CLOSURE = hit->closure };

#ifdef REG_LINK
	registers.REG_LINK = hit->link;
#endif
	registers.REG_FLAGS = FLAGS_STACK_SUFFICES ^ (hit->stack_is_low ? FLAGS_OF_CHECK : 0);
	cookie_of_hit = hit->cookie;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (!strcmp(programs[i].name, hit->program)) {
			preempt__enter(true);
			programs[i].program(&registers);
			preempt__enter(false);
			return;
		}
	fprintf(stderr, "no program %s\n", hit->program);
	exit(2);
}

void programs__process_exec(uint32_t tgid, uint32_t parent_tgid)
{
	struct { __u64 args[1]; } ctx = { { (__u64)&task } };

	task.tgid = task.pid = tgid;
	parent_task.tgid = parent_tgid;
	process_exec((void *)&ctx);
}

void programs__process_exit(uint32_t tgid, int threads_left, int code)
{
	struct { __u64 args[1]; } ctx = { { (__u64)&task } };

	task.tgid = task.pid = tgid;
	task.exit_code = code;
	signals.live.counter = threads_left;
	process_exit((void *)&ctx);
}

static void enter_kernel(const struct thread_switch *away)
{
#ifdef __TARGET_ARCH_arm64
	entry.regs[28] = away->g;
	entry.syscallno = away->call;
#else
	task.thread.fsbase = away->thread_pointer;
	entry.orig_ax = away->call;
#endif
	task.__state = away->blocks;
	task.throttled = away->is_throttled;
	task.se.sum_exec_runtime += away->ran_ns;
}

/* Registers with which a thread has left its program. */
static void leave_program(const struct thread_place *place)
{
#ifdef __TARGET_ARCH_arm64
	entry.pc = place->pc;
	entry.regs[29] = place->fp;
	entry.regs[30] = memory__read_u64(place->sp);
#else
	entry.ip = place->pc;
	entry.bp = place->fp;
	entry.sp = place->sp;
#endif
}

void programs__sample(const struct thread_switch *thread, const struct thread_place *place, bool in_kernel)
{
	struct pt_regs registers = { .REG_PC = place->pc, .REG_FP = place->fp, .REG_SP = place->sp };

#ifdef __TARGET_ARCH_arm64
	registers.REG_LINK = memory__read_u64(place->sp);
	registers.pstate = in_kernel ? 5 : 0;
#else
	registers.cs = in_kernel ? 0x10 : 0x33;
#endif
	enter_kernel(thread);
	leave_program(place);
	preempt__enter(true);
	cpu_sample(&registers);
	preempt__enter(false);
}

void programs__wake(uint32_t tid)
{
	struct task_struct woken = { .pid = tid };
	__u64 ctx[1] = { (__u64)&woken };

	preempt__enter(true);
	thread_wake(ctx);
	preempt__enter(false);
}

void programs__switch(const struct thread_switch *away, uint32_t next_tid)
{
	struct task_struct next = { .pid = next_tid };
	__u64 ctx[4] = { 0, (__u64)&task, (__u64)&next };

	if (away) {
		enter_kernel(away);
		leave_program(&away->place);
	} else
		current_tgid_tid = 0;
	preempt__enter(true);
	thread_switch(ctx);
	preempt__enter(false);
}

void programs__socket_data(int fd, uint32_t bytes)
{
	struct socket *socket = file_by_fd[fd]->private_data;
	unsigned char header[20] = { [12] = 5 << 4 };
	struct sk_buff segment = { .head = header, .len = sizeof(header) + bytes };
	__u64 ctx[2] = { (__u64)socket->sk, (__u64)&segment };

	preempt__enter(true);
	socket_data(ctx);
	preempt__enter(false);
}

int programs__open_socket(const struct socket_ends *ends)
{
	struct file *file = calloc(1, sizeof(*file));
	struct socket *socket = calloc(1, sizeof(*socket));
	struct tcp_sock *sk = calloc(1, sizeof(*sk));
	struct sock_common *common = &sk->sk.__sk_common;

	if (fdtable.max_fds == FILES_MAX)
		exit(2);
	file->private_data = socket;
	socket->file = ends->is_no_socket ? NULL : file;
	socket->sk = &sk->sk;
	sk->write_seq = ends->sent;
	sk->rcv_nxt = ends->received;
	sk->sk.sk_protocol = 6; /* TCP */
	common->skc_net.net = (void *)ends->net;
	memcpy(&common->skc_rcv_saddr, ends->local + 12, 4);
	memcpy(&common->skc_daddr, ends->remote + 12, 4);
	memcpy(&common->skc_v6_rcv_saddr, ends->local, 16);
	memcpy(&common->skc_v6_daddr, ends->remote, 16);
	common->skc_num = ends->local_port;
	common->skc_dport = __builtin_bswap16(ends->remote_port);
	common->skc_family = ends->family;
	file_by_fd[fdtable.max_fds] = file;
	return fdtable.max_fds++;
}

void programs__print_counts(void)
{
	printf("counts");
	for (__u32 reason = 0; reason < COUNT_MAX; reason++)
		printf(" %llu", *(unsigned long long *)bpf_map_lookup_elem(&count_by_reason, &reason));
	printf("\n");
}

static void print_durations(const char *what, __u32 slot, const char *way, const struct durations *of)
{
	for (int i = 0; i < DURATION_BUCKETS_MAX; i++)
		if (of->counts[i])
			printf("%s %u %s %d %llu %llu\n", what, slot, way, i, of->counts[i], of->sum_ns[i]);
}

void programs__print_durations(uint32_t slot)
{
	const struct slow_allocs *allocs = bpf_map_lookup_elem(&slow_allocs_by_slot, &slot);

	print_durations("delays", slot, "run", bpf_map_lookup_elem(&run_delays_by_slot, &slot));
	print_durations("allocs", slot, "span", &allocs->span);
	print_durations("allocs", slot, "heap", &allocs->heap);
}

void programs__print_record(const char *what, const void *record, size_t bytes)
{
	const uint8_t *at = record;

	printf("%s ", what);
	for (size_t i = 0; i < bytes; i++) {
		putchar("0123456789abcdef"[at[i] >> 4]);
		putchar("0123456789abcdef"[at[i] & 15]);
	}
	putchar('\n');
}
