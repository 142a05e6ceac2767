// SPDX-License-Identifier: Apache-2.0
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGETS 8
#define GOROUTINES_MAX 65536
#define STACK_BYTES 8192
#define G_BYTES 512

/* Offsets of Go 1.26 (amd64). */
static const struct target_row layout = {
	.flags = TARGET_SWISS_MAPS,
	.background_read_entry = 0x601000,
	.g_stack = 0, .g_m = 48, .g_goid = 152, .g_parent_goid = 280, .g_startpc = 304, .m_curg = 184,
	.request_method = 0, .request_url = 16, .request_proto_major = 40, .request_proto_minor = 48,
	.request_header = 56, .request_host = 128, .request_remote_addr = 176, .request_tls = 208,
	.request_pattern = 232,
	.url_scheme = 0, .url_host = 40, .url_path = 56, .url_raw_query = 88,
	.response_conn = 0, .response_written = 104, .response_content_length = 112,
	.response_status = 120, .response_client_gone = 217,
	.reply_status_code = 16, .reply_proto_major = 40, .reply_proto_minor = 48,
	.server_conn_rwc = 16, .client_conn_conn = 80, .net_conn_fd = 0, .net_fd_pfd = 0, .poll_fd_sysfd = 16,
	.h2_writer_rws = 0, .h2_state_stream = 0, .h2_state_status = 72, .h2_state_wrote_bytes = 88,
	.h2_stream_close_err = 96,
	.xnet_writer_rws = 8, .xnet_state_stream = 8, .xnet_state_status = 64, .xnet_state_wrote_bytes = 96,
	.xnet_stream_close_err = 80,
};

static struct target_state targets[TARGETS];
static struct goroutine_state *goroutines;
static uint32_t goroutine_count;

void go__reset(void)
{
	memset(targets, 0, sizeof(targets));
	goroutine_count = 0;
}

struct target_state *go__target(uint32_t number)
{
	struct target_state *target;

	if (number == 0 || number >= TARGETS) {
		fprintf(stderr, "targets are p1 to p%d\n", TARGETS - 1);
		exit(2);
	}
	target = &targets[number];
	if (target->exists)
		return target;
	*target = (struct target_state){ .row = layout, .slot = 10 * number, .exists = true };
	target->row.target_id = number;
	target->row.tgid = 1000 * number;
	target->row.tcp_conn_type = 0x702000;
	target->g0 = memory__allocate(G_BYTES);
	target->m = memory__allocate(G_BYTES);
	memory__write_u64(target->g0 + layout.g_m, target->m);
	target->row.skip_alt_protocol = memory__allocate(16);
	memory__write_u64(target->row.skip_alt_protocol, memory__allocate(16));
	memory__write_u64(target->row.skip_alt_protocol + 8, memory__allocate(16));
	return target;
}

static void allocate_stack(struct goroutine_state *g, uint32_t bytes)
{
	uaddr_t lo = memory__allocate(bytes);

	g->stack_bytes = bytes;
	g->stack_hi = lo + bytes;
	memory__write_u64(g->g, lo);
	memory__write_u64(g->g + 8, g->stack_hi);
}

struct goroutine_state *go__create(uint32_t target, uint64_t goid, uint64_t creator)
{
	const struct target_state *of = go__target(target);
	struct goroutine_state *g;

	goroutines = goroutines ?: calloc(GOROUTINES_MAX, sizeof(*goroutines));
	if (goroutine_count == GOROUTINES_MAX) {
		fprintf(stderr, "too many goroutines\n");
		exit(2);
	}
	g = &goroutines[goroutine_count++];
	*g = (struct goroutine_state){ .target = target, .goid = goid, .g = memory__allocate(G_BYTES) };
	memory__write_u64(g->g + of->row.g_goid, goid);
	if (of->row.g_parent_goid != GO_OFFSET_ABSENT)
		memory__write_u64(g->g + of->row.g_parent_goid, creator);
	allocate_stack(g, STACK_BYTES);
	go__call(g, 256, 0);
	return g;
}

struct goroutine_state *go__goroutine(uint32_t target, uint64_t goid)
{
	for (uint32_t i = goroutine_count; i-- > 0;)
		if (goroutines[i].goid == goid && goroutines[i].target == target)
			return &goroutines[i];
	return go__create(target, goid, 0);
}

void go__call(struct goroutine_state *g, uint32_t bytes, uint32_t depth)
{
	static uint64_t return_addr = 0x500000;
	uint32_t before = g->frames ? g->frame[g->frames - 1].depth : 0;

	if (g->frames == sizeof(g->frame) / sizeof(*g->frame)) {
		fprintf(stderr, "g%lu calls too deep\n", g->goid);
		exit(2);
	}
	depth = depth ?: before + bytes;
	while (depth + 64 > g->stack_bytes)
		go__grow_stack(g);
	return_addr += 16;
	g->frame[g->frames++] = (struct frame){ depth, return_addr };
	if (!HOST_SAVED_BELOW_SP)
		go__push_frame(g);
}

void go__push_frame(struct goroutine_state *g)
{
	const struct frame *frame = &g->frame[g->frames - 1];

	memory__write_u64(g->stack_hi - frame->depth, frame->return_addr);
}

void go__return(struct goroutine_state *g)
{
	if (g->frames > 1)
		g->frames--;
}

void go__grow_stack(struct goroutine_state *g)
{
	uaddr_t from = g->stack_hi;
	uint32_t bytes = g->stack_bytes;

	allocate_stack(g, 2 * bytes);
	for (uint32_t depth = 8; depth <= bytes; depth += 8)
		memory__write_u64(g->stack_hi - depth, memory__read_u64(from - depth));
	/* The old stack is used by another goroutine soon. */
	for (uint32_t depth = 8; depth <= bytes; depth += 8)
		memory__write_u64(from - depth, 0xdeadbeef);
}

void go__write_conn(const struct target_row *row, uaddr_t to, int fd, bool is_tcp)
{
	uaddr_t itab = memory__allocate(32), type = memory__allocate(64), conn = memory__allocate(16);
	uaddr_t net_fd = memory__allocate(128);

	memory__write_u64(itab + 8, type);
	memory__write_u64(type + 48, row->tcp_conn_type + row->load_bias + (is_tcp ? 0 : 64));
	memory__write_u64(conn + row->net_conn_fd, net_fd);
	memory__write_u64(net_fd + row->net_fd_pfd + row->poll_fd_sysfd, fd);
	memory__write_u64(to, itab);
	memory__write_u64(to + 8, conn);
}
