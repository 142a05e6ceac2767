// SPDX-License-Identifier: Apache-2.0
/* What the schedulers of Go and of the kernel do to goroutines and threads. */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of reasons here are those of enum time_use, and one more (go.c). */
#define BY_CALLER (WAIT_REASONS_MAX - 1)

static const char *const uses[] = { [TIME_CHAN_RECEIVE] = "chan.receive", [TIME_CHAN_SEND] = "chan.send",
				    [TIME_SELECT] = "select", [TIME_MUTEX] = "mutex", [TIME_COND] = "cond",
				    [TIME_NETWORK] = "network", [TIME_SLEEP] = "sleep", [TIME_GC_ASSIST] = "gc.assist",
				    [BY_CALLER] = "semacquire" };

static uint64_t reason_of(const char *name)
{
	for (size_t use = 0; use < sizeof(uses) / sizeof(*uses); use++)
		if (uses[use] && !strcmp(uses[use], name))
			return use;
	fprintf(stderr, "no reason %s\n", name);
	exit(2);
}

/* On the thread's g0, with another goroutine in mind. */
static struct probe_hit hit_on_g0(const struct goroutine_state *g, const char *program)
{
	const struct target_state *target = go__target(g->target);

	return (struct probe_hit){ .program = program, .cookie = ARGUMENT(0) | target->slot, .g = target->g0 };
}

/* What gopark is told to unlock: a place in the runtime's pollDesc of a TCP connection to 127.0.0.2:443. */
static uaddr_t poll_lock(const struct line *line, struct goroutine_state *g, const struct target_row *row)
{
	struct socket_ends ends = { .local = { [10] = 0xff, 0xff, 127, 0, 0, 1 }, .remote = { [10] = 0xff, 0xff, 127, 0, 0, 2 },
				    .local_port = 40000, .remote_port = 443, .family = 2 };
	uaddr_t desc = memory__allocate(128);

	g->fd = programs__open_socket(&ends);
	memory__write_u64(desc + row->time.poll_desc_fd, g->fd);
	memory__write_u64(desc + row->time.poll_desc_self, desc);
	return desc + row->time.poll_desc_rg + (line__has(line, "writes") ? 8 : 0);
}

/* data gN bytes=N: a segment comes to the socket for which it waits */
void time_data(const struct line *line)
{
	programs__socket_data(goroutine_of(line->words[1])->fd, line__number(line, "bytes", 1));
}

/* park gN REASON; caller=waitgroup|mutex|fd: of a semaphore; writes: to a socket, instead of reading */
void time_park(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);
	const struct target_row *row = &target_of(line->words[1])->row;
	struct probe_hit hit = hit_on(g, "goroutine_park", ARGUMENT(2));
	const char *caller = line__value(line, "caller") ?: "";

	hit.arguments[1] = poll_lock(line, g, row);
	hit.arguments[2] = reason_of(line->words[2]);
	hit.fp = memory__allocate(16);
	memory__write_u64(hit.fp + 8, row->load_bias + (!strcmp(caller, "waitgroup") ? row->time.semacquire :
							 !strcmp(caller, "mutex")     ? row->time.semacquire_mutex :
							 !strcmp(caller, "fd")	      ? row->time.semacquire_fd :
											0x604444));
	programs__run(&hit);
}

/* ready gN [by gM]: by ready, which gM has called, or a timer; ready gN gM …: by injectglist */
void time_ready(const struct line *line)
{
	struct goroutine_state *first = goroutine_of(line->words[1]);
	const struct target_row *row = &target_of(line->words[1])->row;
	struct probe_hit hit = hit_on_g0(first, "goroutine_ready");
	uaddr_t before = memory__allocate(8);
	bool by_one = line__has(line, "by");

	hit.arguments[0] = first->g;
	memory__write_u64(go__target(first->target)->m + row->runtime.m_curg, by_one ? goroutine_of(line->words[3])->g : 0);
	if (line->count > 2 && !by_one) {
		hit.program = "goroutine_ready_list";
		hit.arguments[0] = before;
	}
	for (int i = 1; i < line->count && !by_one; i++) {
		const struct goroutine_state *g = goroutine_of(line->words[i]);

		memory__write_u64(before, g->g);
		before = g->g + row->time.g_schedlink;
		memory__write_u64(before, 0);
	}
	programs__run(&hit);
}

/* run gN; queued=N in the queue of its P, in-all=N in that of all: its turn has come */
void time_run(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);
	struct target_state *target = target_of(line->words[1]);
	struct probe_hit hit = hit_on_g0(g, "goroutine_run");
	uint32_t head = UINT32_MAX, tail = head + line__number(line, "queued", 0), all = line__number(line, "in-all", 0);

	memory__write_u64(g->g + target->row.runtime.g_m, target->m);
	memory__write(target->p + target->row.time.p_runqhead, &head, sizeof(head));
	memory__write(target->p + target->row.time.p_runqtail, &tail, sizeof(tail));
	memory__write(target->row.load_bias + target->row.sched_runqsize, &all, sizeof(all));
	hit.arguments[0] = g->g;
	programs__run(&hit);
}

/* yield gN; for-gc: it is stopped for the collector */
void time_yield(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);
	struct probe_hit hit = hit_on_g0(g, line__has(line, "for-gc") ? "goroutine_preempt" : "goroutine_yield");

	hit.arguments[0] = g->g;
	programs__run(&hit);
}

static void mutex_event(const struct line *line, const char *program)
{
	struct probe_hit hit = hit_on(goroutine_of(line->words[1]), program, ARGUMENT(0));

	target_of(line->words[1]);
	hit.arguments[0] = 0xc000100000 + 8 * line__number(line, "mutex", 1);
	programs__run(&hit);
}

/* lock gN; mutex=N: it does not get it at once */
void time_lock(const struct line *line)
{
	mutex_event(line, "mutex_lock");
}

/* unlock gN; mutex=N: others wait for it */
void time_unlock(const struct line *line)
{
	mutex_event(line, "mutex_unlock");
}

/* coro gN to gM: gN goes on as gM, within an iter.Pull */
void time_coro(const struct line *line)
{
	struct goroutine_state *to = goroutine_of(line->words[3]);
	struct goroutine_state *g = goroutine_of(line->words[1]);
	const struct target_row *row = &target_of(line->words[1])->row;
	struct probe_hit hit = hit_on_g0(g, "goroutine_coro");
	uaddr_t coro = memory__allocate(16);

	memory__write_u64(coro + row->time.coro_gp, to->g);
	memory__write_u64(g->g + row->time.g_coroarg, coro);
	hit.arguments[0] = g->g;
	programs__run(&hit);
}

/*
 * off gN preempted|throttled|syscall|raw-syscall|futex|fault: its thread leaves the processor; on-g0: while on its g0; as=REASON:
 * while it says that it waits for that; ran=N: has run for so long since it came back
 */
/*
 * frames gN PC PC …: it is there now, and has come there by way of the others; link=ADDRESS: a word where its stack ends. As its
 * runtime keeps it while it does not run, too.
 */
void time_frames(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);
	const struct target_row *row = &target_of(line->words[1])->row;
	uaddr_t frame = memory__allocate(16 * line->count), gobuf = g->g + row->stack.g_sched;
	uint64_t link = line__number(line, "link", 0);

	g->place = (struct thread_place){ .sp = frame, .fp = frame + 16 };
	memory__write_u64(frame, link ? link + row->load_bias : 0);
	for (int i = 2; i < line->count && !strchr(line->words[i], '='); i++) {
		uint64_t pc = strtoull(line->words[i], NULL, 0) + row->load_bias;

		if (i == 2) {
			g->place.pc = pc;
			continue;
		}
		frame += 16;
		memory__write_u64(frame, frame + 16);
		memory__write_u64(frame + 8, pc);
	}
	memory__write_u64(gobuf + row->stack.gobuf_pc, g->place.pc);
	memory__write_u64(gobuf + row->stack.gobuf_bp, g->place.fp);
}

/* sample gN: the clock of its processor interrupts it; in-kernel, on-g0, idle: its thread runs no goroutine */
void time_sample(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);
	struct target_state *target = target_of(line->words[1]);
	struct thread_switch thread = { .g = line__has(line, "on-g0") || line__has(line, "idle") ? target->g0 : g->g,
					.call = -1, .thread_pointer = memory__allocate(16) + 8 };

	memory__write_u64(thread.thread_pointer + target->row.g_tls_offset, thread.g);
	memory__write_u64(g->g + target->row.runtime.g_m, target->m);
	memory__write_u64(target->m + target->row.runtime.m_curg, line__has(line, "idle") ? 0 : g->g);
	programs__sample(&thread, &g->place, line__has(line, "in-kernel"));
}

void time_off(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);
	struct target_state *target = target_of(line->words[1]);
	const char *why = line->words[2];
	struct thread_switch away = { .g = line__has(line, "on-g0") ? target->g0 : g->g, .call = -1,
				      .thread_pointer = memory__allocate(16) + 8, .place = g->place };
	const char *pretended = line__value(line, "as");
	uint32_t status = !strcmp(why, "syscall") ? 3 : pretended ? 4 : 2;
	uint8_t reason = pretended ? reason_of(pretended) : 0;

	memory__write_u64(away.thread_pointer + target->row.g_tls_offset, away.g);
	memory__write_u64(g->g + target->row.runtime.g_m, target->m);
	memory__write_u64(target->m + target->row.runtime.m_curg, g->g);
	memory__write(g->g + target->row.time.g_status, &status, sizeof(status));
	memory__write(g->g + target->row.time.g_wait_reason, &reason, sizeof(reason));
	away.blocks = strcmp(why, "preempted") && strcmp(why, "throttled");
	away.is_throttled = !strcmp(why, "throttled");
	away.ran_ns = line__number(line, "ran", 0);
	if (strstr(why, "syscall"))
		away.call = 0;
	if (!strcmp(why, "futex"))
		away.call = HOST_FUTEX;
	programs__switch(&away, 0);
}

static uint32_t thread_of(const struct goroutine_state *g)
{
	return 1000 * g->target + g->goid % 100;
}

/* woken gN: the thread that runs it, and is blocked, can run again */
void time_woken(const struct line *line)
{
	programs__wake(thread_of(goroutine_of(line->words[1])));
}

/* on gN: the thread that runs it comes back */
void time_on(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);

	programs__switch(NULL, thread_of(g));
}

static void hit_behind(const struct goroutine_state *g, const char *program, uint64_t argument, uint64_t variant)
{
	struct target_state *target = go__target(g->target);
	struct probe_hit hit = hit_on_g0(g, program);

	memory__write_u64(target->m + target->row.runtime.m_curg, g->g);
	hit.cookie |= variant << COOKIE_VARIANT_BIT;
	hit.arguments[0] = argument;
	programs__run(&hit);
}

/* stop by gN; reason=N, without it the runtime does not tell */
void gc_stop(const struct line *line)
{
	target_of(line->words[2]);
	hit_behind(goroutine_of(line->words[2]), "gc_stop_begin", line__number(line, "reason", 0),
		   !line__value(line, "reason"));
}

/* goes-on gN: which had stopped it lets the world go on */
void gc_goes_on(const struct line *line)
{
	target_of(line->words[1]);
	hit_behind(goroutine_of(line->words[1]), "gc_stop_end", 0, 0);
}

/* assist gN begin, assist gN end */
void gc_assist(const struct line *line)
{
	target_of(line->words[1]);
	hit_behind(goroutine_of(line->words[1]), strcmp(line->words[2], "begin") ? "gc_assist_end" : "gc_assist_begin", 0, 0);
}

/* alloc gN span|heap begin|end; on-g0: the runtime does so for it */
void alloc_slowly(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);
	struct target_state *target = target_of(line->words[1]);
	struct probe_hit hit = hit_on_g0(g, NULL);
	char program[32];

	snprintf(program, sizeof(program), "alloc_%s_%s", line->words[2], line->words[3]);
	hit.program = program;
	if (!line__has(line, "on-g0"))
		hit.g = g->g;
	memory__write_u64(g->g + target->row.runtime.g_m, target->m);
	memory__write_u64(target->m + target->row.runtime.m_curg, g->g);
	programs__run(&hit);
}
