/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How every span of a database call begins, whoever makes it, and how those of a driver's own interface are found again. */
#ifndef DB_BEGIN_BPF_H
#define DB_BEGIN_BPF_H

#include "call.bpf.h"
#include "db_connection.bpf.h"

/*
 * The data word of the context.Context of a call: the first argument behind the receiver, also of what is called within transactions;
 * a commit and a rollback have none.
 */
static __always_inline uaddr_t db_context(const struct pt_regs *ctx, enum db_operation operation)
{
	return operation == DB_OPERATION_COMMIT || operation == DB_OPERATION_ROLLBACK ? 0 : go_register(ctx, 2);
}

static __always_inline struct ev_span_end *db_begin(struct pt_regs *ctx, const struct hit *hit, ktime_ns_t now)
{
	struct ev_span_end *span = call_begin(ctx, hit, SPAN_KIND_CLIENT, SPAN_FAMILY_DB,
					      db_context(ctx, COOKIE_VARIANT(hit->cookie)), now);

	if (span)
		db_body(span)->operation = COOKIE_VARIANT(hit->cookie);
	return span;
}

static __always_inline void db_statement(struct ev_span_end *span, struct go_string statement)
{
	if (span_is_told(span))
		text_append(span, DB_TEXT_STATEMENT, DB_TEXT_STATEMENT_MAX, statement);
}

/* A call of a driver's own interface begins. NULL also where it is made on behalf of another call to a database. */
static __always_inline struct ev_span_end *db_begin_native(struct pt_regs *ctx, const struct hit *hit,
							   enum db_operation operation, enum db_system system, ktime_ns_t now)
{
	struct ev_span_end *span = call_begin_within(ctx, hit, SPAN_KIND_CLIENT, SPAN_FAMILY_DB,
							     db_context(ctx, operation), false, now);

	if (!span)
		return NULL;
	db_body(span)->operation = operation;
	db_body(span)->system = system;
	span->header.flags |= DB_FLAG_NATIVE;
	return span;
}

static __always_inline bool db_is_native(const struct ev_span_end *span)
{
	return span->family == SPAN_FAMILY_DB && span->header.flags & DB_FLAG_NATIVE;
}

/* The innermost call, if it is one of a driver's own interface, in whatever function that it calls the hit lies. */
static __always_inline struct open_spans db_native_around(const struct pt_regs *ctx, const struct hit *hit, ktime_ns_t now)
{
	struct open_spans open = call_around(ctx, hit, SPAN_FAMILY_DB, now);

	if (open.innermost && !db_is_native(open.innermost))
		open.innermost = NULL;
	return open;
}

/* The call of a driver's own interface whose function is hit. */
static __always_inline struct open_spans db_native(const struct pt_regs *ctx, const struct hit *hit, ktime_ns_t now)
{
	struct open_spans open = db_native_around(ctx, hit, now);

	if (open.innermost && open_span_of(open.innermost)->stack_depth !=
				      stack_hi_of(hit->target, go_current_g(ctx)) - return_slot(ctx, hit))
		open.innermost = NULL;
	return open;
}

/* The innermost call, if it is one of those and dormant. */
static __always_inline struct open_spans db_native_dormant(const struct pt_regs *ctx, const struct hit *hit)
{
	struct open_spans open = call_dormant(ctx, hit, SPAN_FAMILY_DB);

	if (open.innermost && !db_is_native(open.innermost))
		open.innermost = NULL;
	return open;
}

#endif
