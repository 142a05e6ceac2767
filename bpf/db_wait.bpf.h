/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How long a call of database/sql waits for a connection of its pool. */
#ifndef DB_WAIT_BPF_H
#define DB_WAIT_BPF_H

#include "call.bpf.h"

static __always_inline void db_wait(struct pt_regs *ctx, enum count reason, __s64 sign)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, reason))
		return;
	open = call_around(ctx, &hit, SPAN_FAMILY_DB, now);
	if (open.innermost)
		db_body(open.innermost)->pool_wait_ns += sign * (__s64)now;
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
