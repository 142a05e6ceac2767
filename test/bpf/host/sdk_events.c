// SPDX-License-Identifier: Apache-2.0
/* Spans of an OpenTelemetry SDK in the target. One has a number, of which its ids are made: see sdk_trace. */
#include "events.h"

#include <stdlib.h>
#include <string.h>

#define SPANS 64
#define KEY_TYPE 0x705100

struct sdk_state {
	uaddr_t at; /* of the *recordingSpan, or what stands for one that is not sampled */
	uaddr_t value_type;
};

static struct sdk_state spans[SPANS];

static struct sdk_state *sdk_of(const struct line *line)
{
	return &spans[line__number(line, "id", 0) % SPANS];
}

/* The types of a span and of one that is not sampled: the former is known by a pointer to it. */
static uaddr_t value_type_of(const struct target_state *target, bool is_recorded)
{
	const struct target_row *row = &target->row;

	if (!is_recorded)
		return row->sdk.unsampled_type + row->load_bias;
	memory__write_u64(target->sdk_span_type + 48, row->sdk.span_type + row->load_bias);
	return target->sdk_span_type;
}

/* A span of trace 0x7700…trace and span 0x8800…id. */
static uaddr_t write_span(const struct line *line, const struct target_row *row, bool is_recorded)
{
	const char *kind = line__value(line, "kind") ?: "internal";
	uaddr_t span = memory__allocate(512);
	uaddr_t context = span + (is_recorded ? row->sdk.span_context : row->sdk.unsampled_context);
	uint8_t trace_id[16] = { 0x77 }, span_id[8] = { 0x88 }, sampled = 1;

	trace_id[15] = line__number(line, "trace", 1);
	span_id[7] = line__number(line, "id", 0);
	memory__write(context + row->sdk.context_trace_id, trace_id, sizeof(trace_id));
	memory__write(context + row->sdk.context_span_id, span_id, sizeof(span_id));
	memory__write(context + row->sdk.context_flags, &sampled, is_recorded && !line__has(line, "recorded-only"));
	if (is_recorded) {
		memory__write_u64(span + row->sdk.span_kind, !strcmp(kind, "server") ? 2 : !strcmp(kind, "client") ? 3 : 1);
		span_id[7] = line__number(line, "parent", 0);
		if (!line__has(line, "root"))
			memory__write(span + row->sdk.span_parent + row->sdk.context_span_id, span_id, sizeof(span_id));
	}
	return span;
}

/* A function with a frame. */
static void enter(struct goroutine_state *g, uint32_t bytes)
{
	go__call(g, bytes, 0);
	go__push_frame(g);
}

/*
 * sdk begin gN id=N  kind=server|client|internal trace=N parent=N root unsampled recorded-only: in a function that is called for it and goes on;
 * here: in the innermost one. by-delegate: by way of the API.
 */
void sdk_begin(const struct line *line)
{
	struct goroutine_state *g = goroutine_of(line->words[2]);
	const struct target_state *target = target_of(line->words[2]);
	const struct target_row *row = &target->row;
	struct sdk_state *span = sdk_of(line);
	bool is_recorded = !line__has(line, "unsampled");
	struct probe_hit hit;
	uint32_t frames;

	if (!line__has(line, "here"))
		enter(g, 160);
	frames = g->frames;
	if (line__has(line, "by-delegate")) {
		enter(g, 96);
		enter(g, 96);
		memory__write_u64(caller_frame_of(g), g->stack_hi - g->frame[g->frames - 3].depth - 8);
		g->frame[g->frames - 1].return_addr = row->sdk.delegate_start + row->load_bias + 16;
		go__push_frame(g);
	} else {
		enter(g, 96);
	}
	span->at = write_span(line, row, is_recorded);
	span->value_type = value_type_of(target, is_recorded);
	hit = hit_on(g, "sdk_start", ARGUMENT(5));
	hit.fp = g->stack_hi - g->frame[g->frames - 1].depth - 8;
	memory__write_u64(hit.fp, caller_frame_of(g));
	hit.arguments[2] = KEY_TYPE;
	hit.arguments[4] = span->value_type;
	hit.arguments[5] = span->at;
	programs__run(&hit);
	while (g->frames > frames)
		go__return(g);
}

/* sdk end id=N */
void sdk_end(const struct line *line)
{
	memory__write_u64(sdk_of(line)->at + target_of(line->words[2])->row.sdk.span_end_time, 4711);
}

/* sdk leave gN: the innermost function returns, which may have begun one. */
void sdk_leave(const struct line *line)
{
	go__return(goroutine_of(line->words[2]));
}

/* context=N: that span, within as many others as depth= says; its data word */
uaddr_t write_sdk_context(const struct line *line)
{
	const struct sdk_state *span = &spans[line__number(line, "context", 0) % SPANS];
	uaddr_t at = memory__allocate(48);

	if (!line__has(line, "context") && !line__value(line, "context"))
		return 0;
	memory__write_u64(at + 16, KEY_TYPE);
	memory__write_u64(at + 32, span->value_type);
	memory__write_u64(at + 40, span->at);
	for (uint64_t depth = line__number(line, "within", 2); depth > 0; depth--) {
		uaddr_t around = memory__allocate(48);

		memory__write_u64(around + 8, at);
		at = around;
	}
	return at;
}
