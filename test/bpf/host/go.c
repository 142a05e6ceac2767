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
	.http_server.background_read_entry = 0x601000,
	.runtime.g_stack = 0, .runtime.g_panic = 32, .runtime.g_m = 48, .runtime.g_goid = 152, .runtime.g_parent_goid = 280, .runtime.g_startpc = 304, .runtime.m_curg = 184,
	.http_request.method = 0, .http_request.url = 16, .http_request.proto_major = 40, .http_request.proto_minor = 48,
	.http_request.header = 56, .http_request.host = 128, .http_request.remote_addr = 176, .http_request.tls = 208,
	.http_request.pattern = 232,
	.http_request.url_scheme = 0, .http_request.url_host = 40, .http_request.url_path = 56, .http_request.url_raw_path = 72, .http_request.url_raw_query = 88,
	.http_server.response_conn = 0, .http_server.response_written = 104, .http_server.response_content_length = 112,
	.http_server.response_status = 120, .http_server.response_client_gone = 217,
	.http_client.reply_status_code = 16, .http_client.reply_proto_major = 40, .http_client.reply_proto_minor = 48,
	.http_server.conn_rwc = 16, .http_server.conn_write_error = 48, .http_client.conn_conn = 80, .net.conn_fd = 0, .net.fd_pfd = 0, .net.poll_fd_sysfd = 16,
	.http_server.h2_writer_rws = 0, .http_server.h2_state_stream = 0, .http_server.h2_state_status = 72, .http_server.h2_state_wrote_bytes = 88,
	.http_server.h2_stream_close_err = 96,
	.http_server.xnet_writer_rws = 8, .http_server.xnet_state_stream = 8, .http_server.xnet_state_status = 64, .http_server.xnet_state_wrote_bytes = 96,
	.http_server.xnet_stream_close_err = 80,
	.db.db_connector = 8, .db.db_num_open = 24, .db.db_max_open = 32, .db.db_free_conn = 40, .db.stmt_db = 0, .db.stmt_query = 8, .db.rows_dc = 0, .db.tx_dc = 40, .db.conn_dc = 32, .db.driver_conn_ci = 32,
	.db.dsn_connector_driver = 16, .db.wrap_error_err = 16, .db.pgx_prepare_error_err = 0, .db.pgx_timeout_err = 0,
	.db.pgx_conn_conn = 0, .db.pgx_conn_config = 32, .db.pgx_config_config = 0, .db.pgx_config_database = 24,
	.db.pgx_inner_pg_conn = 0, .db.pgx_pg_conn_conn = 0, .db.pgx_error_code = 32,
	.db.pq_conn_c = 0, .db.pq_conn_config = 32, .db.pq_config_database = 16, .db.pq_error_code = 16,
	.db.mysql_conn_net = 16, .db.mysql_conn_config = 56, .db.mysql_config_database = 64, .db.mysql_error_number = 0, .db.sqlite_error_code = 16,
	.grpc.status_s = 0, .grpc.status_code = 40, .grpc.status_message = 48,
	.grpc_server.incoming_key_type = 0x704000, .grpc_server.http2_transport_type = 0x704040, .grpc_server.tcp_addr_type = 0x704080,
	.grpc_server.stream_ctx = 0, .grpc_server.stream_method = 16, .grpc_server.stream_id = 148, .grpc_server.server_stream_st = 560,
	.grpc_server.transport_conn = 16, .grpc_server.transport_peer = 80, .grpc_server.tcp_addr_ip = 0, .grpc_server.tcp_addr_port = 24,
	.grpc_client.invoke_return = 0x605000, .grpc_client.status_error_type = 0x7040c0, .grpc_client.deadline_error_type = 0x704100,
	.grpc_client.stream_call_hdr = 0, .grpc_client.stream_cc = 40, .grpc_client.stream_desc = 48, .grpc_client.stream_attempt = 248,
	.grpc_client.call_hdr_method = 16, .grpc_client.conn_target = 24, .grpc_client.desc_server_streams = 24, .grpc_client.desc_client_streams = 25,
	.grpc_client.error_s = 0, .grpc_client.transport_conn = 96, .grpc_client.transport_streams = 456,
	.http_server.h2_stream_id = 16, .http_server.h2_stream_sc = 24, .http_server.h2_sc_conn = 8,
	.redis.client_opt = 0, .redis.client_pool = GO_OFFSET_ABSENT, .redis.options_addr = 0, .redis.options_retries = 16, .redis.options_db = 24, .redis.cmd_args = 0,
	.redis.conn_net = GO_OFFSET_ABSENT, .redis.conn_atomic = 24, .redis.atomic_net = 0,
	.time.semacquire = 0x604000, .time.semacquire_mutex = 0x604010, .time.semacquire_fd = 0x604020,
	.time.g_schedlink = 160, .time.g_status = 144, .time.g_wait_reason = 176, .time.g_coroarg = 328, .time.coro_gp = 0, .time.m_p = 208, .time.p_runqhead = 40, .time.p_runqtail = 44, .time.hchan_dataqsiz = 8, .time.hchan_buf = 16, .time.hchan_elemsize = 24, .time.hchan_recvx = 56, .time.poll_desc_fd = 8, .time.poll_desc_rg = 32, .time.poll_desc_self = 104, .time.sudog_g = 0, .time.sudog_elem = 24,
	.stack.g_sched = 400, .stack.gobuf_pc = 8, .stack.gobuf_bp = 48, .code_start = 0x400000, .code_end = 0x700000,
	.g_tls_offset = -8,
	.http_client.request_context = 240,
	.http_client.h2_stream_id = 40, .http_client.h2_stream_conn = 0, .http_client.h2_conn_conn = 8,
	.sdk.span_type = 0x705000, .sdk.unsampled_type = 0x705040, .sdk.delegate_start = 0x605000, .sdk.delegate_end = 0x605100,
	.sdk.span_context = 192, .sdk.span_parent = 96, .sdk.span_kind = 24, .sdk.span_end_time = 64, .sdk.unsampled_context = 8,
	.sdk.context_trace_id = 0, .sdk.context_span_id = 16, .sdk.context_flags = 24,
	.db.wrap_error_type = 0x703040, .db.pgx_prepare_error_type = 0x703080, .db.pgx_timeout_type = 0x7030c0,
	.db.dsn_connector_type = 0x703100, .db.pgx_conn_type = 0x703140, .db.pgx_connector_type = 0x703180,
	.db.pgx_open_connector_type = 0x7031c0, .db.pgx_error_type = 0x703200, .db.pq_conn_type = 0x703240, .db.pq_driver_type = 0x703280,
	.db.pq_connector_type = 0x7032c0, .db.pq_error_type = 0x703300, .db.mysql_conn_type = 0x703340, .db.mysql_connector_type = 0x703380,
	.db.mysql_error_type = 0x7033c0, .db.sqlite_conn_type = 0x703400, .db.sqlite_driver_type = 0x703440, .db.sqlite_error_type = 0x703480,
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
	target->row.net.tcp_conn_type = 0x702000;
	for (uint32_t reason = 0; reason < WAIT_REASONS_MAX; reason++)
		target->row.time_by_reason[reason] = reason < TIME_USES_MAX ? reason : TIME_OTHER;
	target->row.time_by_reason[WAIT_REASONS_MAX - 1] = TIME_BY_CALLER;
	target->g0 = memory__allocate(G_BYTES);
	target->m = memory__allocate(G_BYTES);
	target->p = memory__allocate(G_BYTES);
	target->row.sched_runqsize = memory__allocate(8);
	memory__write_u64(target->g0 + layout.runtime.g_m, target->m);
	memory__write_u64(target->m + layout.time.m_p, target->p);
	target->sdk_span_type = memory__allocate(64);
	target->row.http_client.skip_alt_protocol = memory__allocate(16);
	memory__write_u64(target->row.http_client.skip_alt_protocol, memory__allocate(16));
	memory__write_u64(target->row.http_client.skip_alt_protocol + 8, memory__allocate(16));
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
	memory__write_u64(g->g + of->row.runtime.g_goid, goid);
	if (of->row.runtime.g_parent_goid != GO_OFFSET_ABSENT)
		memory__write_u64(g->g + of->row.runtime.g_parent_goid, creator);
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

void go__write_conn(const struct target_row *row, uaddr_t to, int fd, bool is_tcp, uint32_t wrappers)
{
	uaddr_t itab = memory__allocate(32), type = memory__allocate(64), conn = memory__allocate(16);
	uaddr_t net_fd = memory__allocate(128);

	memory__write_u64(itab + 8, type);
	memory__write_u64(type + 48, row->net.tcp_conn_type + row->load_bias + (is_tcp ? 0 : 64));
	memory__write_u64(conn + row->net.conn_fd, net_fd);
	memory__write_u64(net_fd + row->net.fd_pfd + row->net.poll_fd_sysfd, fd);
	for (; wrappers > 0; wrappers--) {
		uaddr_t around = memory__allocate(64), around_itab = memory__allocate(32);

		memory__write_u64(around, itab);
		memory__write_u64(around + 8, conn);
		memory__write_u64(around_itab + 8, memory__allocate(64));
		itab = around_itab;
		conn = around;
	}
	memory__write_u64(to, itab);
	memory__write_u64(to + 8, conn);
}
