// SPDX-License-Identifier: Apache-2.0
/*
 * The events of a scenario. `gN` is a goroutine, `pN` a process, `pN/gM` a goroutine of a process (p1 if not said);
 * a goroutine exists once it is named. What stands after an event is in the function that runs it.
 */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From a call to the record of a panic in it. */
#define PANIC_DEEPER 160

uint32_t process_of(const char *word)
{
	return *word == 'p' ? strtoul(word + 1, NULL, 10) : 1;
}

struct target_state *target_of(const char *word)
{
	struct target_state *target = go__target(process_of(word));

	programs__set_target(target->slot, &target->row);
	programs__follow(target->row.tgid, target->slot);
	return target;
}

struct goroutine_state *goroutine_of(const char *word)
{
	const char *goid = strchr(word, 'g');
	struct goroutine_state *g = go__goroutine(process_of(word), goid ? strtoull(goid + 1, NULL, 10) : 0);

	programs__set_thread(1000 * g->target, 1000 * g->target + g->goid % 100);
	return g;
}

uaddr_t return_slot_of(const struct goroutine_state *g)
{
	return g->stack_hi - g->frame[g->frames - 1].depth;
}

uaddr_t caller_frame_of(const struct goroutine_state *g)
{
	return g->frames > 1 ? g->stack_hi - g->frame[g->frames - 2].depth - 8 : 0;
}

struct probe_hit hit_on(const struct goroutine_state *g, const char *program, uint64_t cookie)
{
	uaddr_t slot = return_slot_of(g);
	struct probe_hit hit = { .program = program, .cookie = cookie | go__target(g->target)->slot, .g = g->g };

	if (cookie & FRAME_STANDS && HOST_SAVED_BELOW_SP) {
		/* Old releases of Go leave the frame pointer of a stack that was moved as it was. */
		hit.cookie &= ~FRAME_STANDS;
		hit.fp = UNREADABLE;
		hit.sp = slot;
	} else if (cookie & FRAME_STANDS) {
		hit.fp = slot - 8;
		hit.sp = slot - 48;
	} else {
		hit.cookie |= SLOT_BELOW_SP(HOST_SAVED_BELOW_SP);
		hit.sp = slot + HOST_SAVED_BELOW_SP;
		hit.link = g->frame[g->frames - 1].return_addr;
		hit.fp = caller_frame_of(g);
	}
	return hit;
}

void run_start(const struct line *line, struct goroutine_state *g, struct probe_hit hit)
{
	if (line__has(line, "stack-too-small")) {
		hit.cookie |= IF_STACK_SUFFICES;
		hit.stack_is_low = true;
		programs__run(&hit);
		go__grow_stack(g);
		hit.stack_is_low = false;
		hit.sp = return_slot_of(g) + HOST_SAVED_BELOW_SP;
	}
	programs__run(&hit);
	go__push_frame(g);
}

/* ---- goroutines ---- */

/* birth gN by gM, or by timer; background-read; coro: it is that of an iter.Pull */
static void birth(const struct line *line)
{
	bool by_timer = !strcmp(line->words[3], "timer");
	struct goroutine_state *creator = by_timer ? NULL : goroutine_of(line->words[3]);
	const char *word = line->words[1];
	struct target_state *target = target_of(word);
	struct goroutine_state *child =
		go__create(process_of(word), strtoull(strchr(word, 'g') + 1, NULL, 10), by_timer ? 0 : creator->goid);
	uint64_t startpc = line__has(line, "background-read") ? target->row.http_server.background_read_entry : 0x601234;
	struct probe_hit hit = { .program = line__has(line, "coro") ? "goroutine_birth_coro" : "goroutine_birth",
				 .cookie = ARGUMENT(1) | target->slot, .g = target->g0 };

	memory__write_u64(child->g + target->row.runtime.g_startpc, startpc + target->row.load_bias);
	memory__write_u64(target->m + target->row.runtime.m_curg, by_timer ? 0 : creator->g);
	if (creator) {
		/* Where it has left for the stack of its thread: in a function that it has called for that. */
		uaddr_t gobuf = creator->g + target->row.stack.g_sched, frame;

		go__call(creator, 128, 0);
		go__push_frame(creator);
		frame = return_slot_of(creator) - 8;
		memory__write_u64(frame, caller_frame_of(creator));
		memory__write_u64(gobuf, frame - 64);
		memory__write_u64(gobuf + target->row.stack.gobuf_bp, frame);
		go__return(creator);
	}
	hit.arguments[1] = child->g;
	programs__run(&hit);
}

/* unwind gN: its innermost call has panicked, and the functions are run that it and its callers have deferred */
static void panic_unwinds(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);

	memory__write_u64(g->g + go__target(g->target)->row.runtime.g_panic, return_slot_of(g) - PANIC_DEEPER);
}

/* panic gN: recovered by the caller of its innermost traced call; calls=N of them; words-stay */
static void panic_recovered(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[1]);

	memory__write_u64(g->g + go__target(g->target)->row.runtime.g_panic, 0);
	for (uint64_t i = line__number(line, "calls", 1); i > 0; i--) {
		if (!line__has(line, "words-stay"))
			memory__write_u64(return_slot_of(g), 0xdead);
		go__return(g);
	}
}

static void stack_grows(const struct line *line)
{
	go__grow_stack(goroutine_of(line->words[1]));
}

/* ---- processes, settings, upkeep ---- */

/* buckets; no-parent-goid (Go < 1.21); no-pattern; bias=N; no-connections; empty: the slot; time=SINCE, 0: not any more; stops: with those of the world; stacks: and where goroutines are; allocs=SINCE: slow ways to memory */
static void target_set(const struct line *line)
{
	struct target_state *target = go__target(process_of(line->words[1]));
	struct target_row *row = &target->row;

	if (line__has(line, "buckets"))
		row->flags &= ~TARGET_SWISS_MAPS;
	if (line__has(line, "no-parent-goid"))
		row->runtime.g_parent_goid = GO_OFFSET_ABSENT;
	if (line__has(line, "no-pattern"))
		row->http_request.pattern = GO_OFFSET_ABSENT;
	if (line__has(line, "no-connections"))
		row->net.tcp_conn_type = 0;
	if (line__value(line, "bias")) {
		row->load_bias = line__number(line, "bias", 0);
		row->http_client.skip_alt_protocol -= row->load_bias;
	}
	if (line__value(line, "time"))
		row->time_since_ktime_ns = line__number(line, "time", 0);
	if (line__has(line, "stacks"))
		row->flags |= TARGET_STACKS;
	if (line__has(line, "stops"))
		row->stops_slot = target->slot + 1;
	if (line__value(line, "allocs"))
		row->allocs_since_ktime_ns = line__number(line, "allocs", 0);
	if (line__has(line, "empty"))
		row->target_id = 0;
	target_of(line->words[1]);
}

static void process_exec(const struct line *line)
{
	programs__process_exec(1000 * process_of(line->words[2]), line__number(line, "parent", 1));
}

/* code=N threads-left=N. As the tracer does, spans that are still open are then read and everything is forgotten. */
static void process_exit(const struct line *line)
{
	uint32_t number = process_of(line->words[2]);

	programs__process_exit(1000 * number, line__number(line, "threads-left", 0), line__number(line, "code", 0));
	if (line__number(line, "threads-left", 0))
		return;
	printf("exited %u %lu\n", number, line->time);
	upkeep__print_open(number);
	upkeep__forget(number);
	programs__forget(1000 * number);
}

/* reject-below=N (of 2^56) own-decision follow-exec wait-min=N counts-unsampled; open-max=N inherited-max=N ring-bytes=N times-max=N threads-max=N handed-max=N allocs-max=N; cpu=N; random=N; scramble=N seed=N */
static void set(const struct line *line)
{
	struct settings settings = { .sampler_reject_below = line__number(line, "reject-below", 0),
				     .sampler_parent_based = !line__has(line, "own-decision"),
				     .follow_exec = line__has(line, "follow-exec"),
				     .wait_min_ns = line__number(line, "wait-min", 0),
				     .sample_period_ns = line__number(line, "sample-period", 0),
				     .counts_unsampled = line__has(line, "counts-unsampled"),
				     .grpc_health = line__has(line, "grpc-health") };

	programs__set_settings(&settings);
	if (line__value(line, "open-max"))
		host_map__limit("open_by_goroutine", line__number(line, "open-max", 0));
	if (line__value(line, "inherited-max"))
		host_map__limit("inherited_by_goroutine", line__number(line, "inherited-max", 0));
	if (line__value(line, "times-max"))
		host_map__limit("time_by_g", line__number(line, "times-max", 0));
	if (line__value(line, "turns-max"))
		host_map__limit("turns_by_g", line__number(line, "turns-max", 0));
	if (line__value(line, "threads-max"))
		host_map__limit("off_by_thread", line__number(line, "threads-max", 0));
	if (line__value(line, "handed-max"))
		host_map__limit("handed_by_slot", line__number(line, "handed-max", 0));
	if (line__value(line, "allocs-max"))
		host_map__limit("allocs_by_thread", line__number(line, "allocs-max", 0));
	if (line__value(line, "ring-bytes"))
		host_map__limit("records", line__number(line, "ring-bytes", 0));
	if (line__value(line, "scramble"))
		memory__scramble(line__number(line, "scramble", 0), line__number(line, "seed", 1));
	if (line__value(line, "cpu"))
		programs__set_cpu(line__number(line, "cpu", 0));
	if (line__value(line, "random"))
		programs__set_random(line__number(line, "random", 0));
}

static void sweep(const struct line *line)
{
	upkeep__sweep(line__number(line, "grace", 0));
}

bool event__run(const struct line *line)
{
	static const struct { const char *words[2]; int count; void (*run)(const struct line *); } events[] = {
		{ { "birth" }, 4, birth },
		{ { "unwind" }, 2, panic_unwinds },
		{ { "panic" }, 2, panic_recovered },
		{ { "stack-grows" }, 2, stack_grows },
		{ { "server", "begin" }, 3, server_begin },
		{ { "server", "end" }, 3, server_end },
		{ { "server", "route" }, 3, server_route },
		{ { "server", "upgrade" }, 3, server_upgrade },
		{ { "server", "hijack" }, 3, server_hijack },
		{ { "server", "deferred" }, 3, server_deferred },
		{ { "sdk", "begin" }, 3, sdk_begin },
		{ { "sdk", "end" }, 3, sdk_end },
		{ { "sdk", "leave" }, 3, sdk_leave },
		{ { "client", "begin" }, 3, client_begin },
		{ { "client", "send" }, 3, client_send },
		{ { "client", "stream" }, 3, client_stream },
		{ { "client", "retry" }, 3, client_retry },
		{ { "client", "end" }, 3, client_end },
		{ { "client", "error" }, 3, client_error },
		{ { "client", "skip" }, 3, client_skip },
		{ { "rpc", "serve" }, 3, rpc_serve },
		{ { "rpc", "status" }, 3, rpc_status },
		{ { "rpc", "begin" }, 3, rpc_begin },
		{ { "rpc", "again" }, 3, rpc_again },
		{ { "rpc", "send" }, 3, rpc_send },
		{ { "rpc", "refuse" }, 3, rpc_refuse },
		{ { "rpc", "end" }, 3, rpc_end },
		{ { "sql", "begin" }, 4, sql_begin },
		{ { "sql", "wait" }, 3, sql_wait },
		{ { "sql", "got" }, 3, sql_got },
		{ { "sql", "rows" }, 3, sql_rows },
		{ { "sql", "closed" }, 3, sql_closed },
		{ { "sql", "done" }, 3, sql_done },
		{ { "sql", "retry" }, 3, sql_retry },
		{ { "sql", "fail" }, 3, sql_fail },
		{ { "sql", "begun" }, 3, sql_begun },
		{ { "sql", "ended" }, 3, sql_ended },
		{ { "redis", "begin" }, 3, redis_begin },
		{ { "redis", "done" }, 3, redis_done },
		{ { "redis", "fails" }, 3, redis_fails },
		{ { "redis", "greets" }, 3, redis_greets_server },
		{ { "redis", "gives-up" }, 3, redis_gives_up },
		{ { "park" }, 3, time_park },
		{ { "data" }, 2, time_data },
		{ { "ready" }, 2, time_ready },
		{ { "run" }, 2, time_run },
		{ { "yield" }, 2, time_yield },
		{ { "coro" }, 4, time_coro },
		{ { "woken" }, 2, time_woken },
		{ { "lock" }, 2, time_lock },
		{ { "unlock" }, 2, time_unlock },
		{ { "frames" }, 3, time_frames },
		{ { "sample" }, 2, time_sample },
		{ { "off" }, 3, time_off },
		{ { "on" }, 2, time_on },
		{ { "stop" }, 3, gc_stop },
		{ { "goes-on" }, 2, gc_goes_on },
		{ { "assist" }, 3, gc_assist },
		{ { "alloc" }, 4, alloc_slowly },
		{ { "hand" }, 4, channel_hand },
		{ { "swap" }, 4, channel_swap },
		{ { "put" }, 2, channel_put },
		{ { "take" }, 2, channel_take },
		{ { "target" }, 2, target_set },
		{ { "process", "exec" }, 3, process_exec },
		{ { "process", "exit" }, 3, process_exit },
		{ { "set" }, 2, set },
		{ { "sweep" }, 1, sweep },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (line->count < events[i].count || strcmp(line->words[0], events[i].words[0]))
			continue;
		if (events[i].words[1] && strcmp(line->words[1], events[i].words[1]))
			continue;
		events[i].run(line);
		return true;
	}
	return false;
}
