/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Batches of pgx: one span from where a batch is sent to where its results are closed. */
#ifndef DB_PGX_BATCH_BPF_H
#define DB_PGX_BATCH_BPF_H

#include "db_pgx.bpf.h"

struct pgx_batch {
	uaddr_t queries;
	struct go_string first;
	__u64 alike; /* are all the first? */
	go_offset_t sql;
};

/* Is one more statement the first one? The same text of the program, which is what a loop makes a batch of. */
static __noinline long pgx_batch_step(__u32 index, struct pgx_batch *batch)
{
	struct go_string sql = {};
	uaddr_t query;

	if (!batch)
		return 1;
	query = read_u64(batch->queries + index * 8);
	if (read_user(&sql, sizeof(sql), query + batch->sql))
		return 1;
	if (!index)
		batch->first = sql;
	batch->alike = sql.at == batch->first.at && sql.bytes == batch->first.bytes;
	return !batch->alike;
}

#ifdef LEGACY
#define BATCH_COMPARED_MAX 8
#else
#define BATCH_COMPARED_MAX 64
#endif

/* How many statements the batch at `at` has, and which, if that is one. A function of its own, for its frame. */
static __noinline int pgx_batch_describe(struct ev_span_end *span, const struct target_row *target, uaddr_t at)
{
	struct go_string queries = {}; /* a slice, of which the same is of interest */
	struct pgx_batch batch = {};
	__u32 compared;

	if (!span || !target || read_user(&queries, sizeof(queries), at + target->pgx.batch_queries))
		return 0;
	db_body(span)->batch_size = queries.bytes;
	if (!queries.bytes)
		return 0;
	batch.queries = queries.at;
	batch.sql = target->pgx.queued_sql;
	compared = queries.bytes > BATCH_COMPARED_MAX ? BATCH_COMPARED_MAX : queries.bytes;
	repeat(compared, pgx_batch_step, &batch);
	if (batch.alike && queries.bytes <= BATCH_COMPARED_MAX) {
		span->header.flags |= DB_FLAG_ALIKE;
		db_statement(span, batch.first);
	}
	return 0;
}

/* func (c *Conn) SendBatch(ctx context.Context, b *Batch) (br BatchResults)  argument: b. */
SEC("uprobe")
int db_pgx_batch(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_BATCH))
		return 0;
	span = pgx_begin(ctx, &hit, DB_OPERATION_BATCH, now);
	if (!span)
		return 0;
	pgx_batch_describe(span, hit.target, go_argument(ctx, &hit));
	pgx_connection(span, hit.target, go_register(ctx, 0));
	return 0;
}

/* In SendBatch, the first jump behind the call that has sent the batch  argument: its results, a pointer. */
SEC("uprobe")
int db_pgx_sent(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_SENT))
		return 0;
	open = db_native(ctx, &hit, now);
	if (!open.innermost)
		return 0;
	open_span_of(open.innermost)->object_mark = go_argument(ctx, &hit);
	call_may_be_over(&open, now);
	return 0;
}

/* The batch whose results are closed, if nothing else was done since it was sent. */
static __always_inline struct open_spans pgx_batch_of(const struct pt_regs *ctx, const struct hit *hit, uaddr_t results)
{
	struct open_spans open = db_native_dormant(ctx, hit);

	if (open.innermost && (db_body(open.innermost)->operation != DB_OPERATION_BATCH ||
			       open_span_of(open.innermost)->object_mark != results))
		open.innermost = NULL;
	return open;
}

static __always_inline go_offset_t pgx_results_err(const struct hit *hit)
{
	return COOKIE_VARIANT(hit->cookie) ? hit->target->pgx.pipeline_results_err : hit->target->pgx.results_err;
}

/* func (br *batchResults) Close() error, (br *pipelineBatchResults)  argument: br. A statement may have failed before. */
SEC("uprobe")
int db_pgx_batch_close(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_interface error;
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_BATCH_CLOSE))
		return 0;
	open = pgx_batch_of(ctx, &hit, go_argument(ctx, &hit));
	if (!open.innermost)
		return 0;
	error = read_interface(go_argument(ctx, &hit) + pgx_results_err(&hit));
	if (!error.itab)
		return 0;
	call_goes_on(open.innermost);
	pgx_end(&open, hit.target, error, now);
	return 0;
}

/* … at the first jump behind its call of (*MultiResultReader).Close, or (*Pipeline).Close  argument: the error. */
SEC("uprobe")
int db_pgx_batch_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_interface error;
	struct open_spans open;
	uaddr_t results;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_PGX_BATCH_END))
		return 0;
	results = read_u64(return_slot(ctx, &hit) + 8);
	open = pgx_batch_of(ctx, &hit, results);
	if (!open.innermost)
		return 0;
	error = read_interface(results + pgx_results_err(&hit));
	if (!error.itab)
		error = (struct go_interface){ go_argument(ctx, &hit), go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1) };
	call_goes_on(open.innermost);
	pgx_end(&open, hit.target, error, now);
	return 0;
}

#endif
