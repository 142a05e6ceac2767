/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How long a call of database/sql waits for a connection of its pool. */
#ifndef DB_WAIT_BPF_H
#define DB_WAIT_BPF_H

#include "call.bpf.h"
#include "db_connection.bpf.h"

/* How full the pool is that the call is made to. */
static __always_inline void db_pool_use(struct ev_span_end *span, const struct db_layout *db)
{
	uaddr_t pool = open_span_of(span)->object_addr;

	if (!pool || db->db_num_open == GO_OFFSET_ABSENT || db->db_max_open == GO_OFFSET_ABSENT ||
	    db->db_free_conn == GO_OFFSET_ABSENT)
		return;
	/* The slice of those that are free: behind its pointer, how many there are. */
	db_body(span)->pool_used = read_u64(pool + db->db_num_open) - read_u64(pool + db->db_free_conn + 8);
	db_body(span)->pool_max = read_u64(pool + db->db_max_open);
}

static __always_inline void db_wait(struct pt_regs *ctx, enum count reason, __s64 sign)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, reason))
		return;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (!open.innermost)
		return;
	db_body(open.innermost)->pool_wait_ns += sign * (__s64)now;
	if (sign < 0)
		db_pool_use(open.innermost, &hit.target->db);
}

/* In (*DB).conn, the call makechan: the pool has as many connections as it may, so that the call waits for one. */
SEC("uprobe")
int db_wait_start(struct pt_regs *ctx)
{
	db_wait(ctx, HIT_DB_WAIT_START, -1);
	return 0;
}

/* In (*DB).conn, the calls time.Since: it has one, or waits no longer. */
SEC("uprobe")
int db_wait_end(struct pt_regs *ctx)
{
	db_wait(ctx, HIT_DB_WAIT_END, 1);
	return 0;
}

#endif
