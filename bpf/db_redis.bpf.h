/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Client spans of go-redis v9: one for each command, pipeline or transaction, from its first attempt to the end of its last
 * one. All clients come to these functions: those of a cluster or a ring for each node.
 */
#ifndef DB_REDIS_BPF_H
#define DB_REDIS_BPF_H

#include "db_error.bpf.h"
#include "db_redis_command.bpf.h"
#include "db_redis_connection.bpf.h"

#define REDIS_ATTEMPT 5 /* the argument of _process behind those that are interfaces */

/* ---- starts --------------------------------------------------------------------------------------- */

/* Which server and database a *baseClient is for, and how often it tries again. Appends the last of the texts. */
static __noinline int redis_client(struct ev_span_end *span, const struct target_row *target, uaddr_t client)
{
	struct go_string address = {};
	uaddr_t options;
	__s64 retries;

	if (!span || !target)
		return 0;
	options = read_u64(client + target->redis.client_opt);
	retries = read_u64(options + target->redis.options_retries);
	open_span_of(span)->retries = retries > 0 ? retries : 0;
	db_body(span)->database = read_u64(options + target->redis.options_db);
	if (span_is_told(span) && !read_user(&address, sizeof(address), options + target->redis.options_addr))
		text_append(span, DB_TEXT_SERVER, DB_TEXT_SERVER_MAX, address);
	return 0;
}

/* One more attempt of a command that has failed before: it goes on. */
static __always_inline void redis_goes_on(const struct pt_regs *ctx, const struct hit *hit)
{
	struct open_spans open = db_native_dormant(ctx, hit);
	struct open_span *call;

	if (!open.innermost)
		return;
	call = open_span_of(open.innermost);
	if (call->stack_depth != stack_hi_of(hit->target, go_current_g(ctx)) - return_slot(ctx, hit))
		return;
	call_goes_on(open.innermost);
	call->return_addr = return_address(ctx, hit);
}

/*
 * func (c *baseClient) _process(ctx context.Context, cmd Cmder, attempt int, …) (retry bool, …)  argument: the data word of cmd, a
 * pointer to a struct that begins with baseCmd.
 */
SEC("uprobe")
int db_redis_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_span_end *span;
	struct hit hit;
	uaddr_t client;

	if (!hit_begin(&hit, ctx, HIT_DB_REDIS_START))
		return 0;
	if (go_register(ctx, REDIS_ATTEMPT)) {
		redis_goes_on(ctx, &hit);
		return 0;
	}
	client = go_register(ctx, 0);
	if (redis_greets(hit.target, client))
		return 0;
	span = db_begin_native(ctx, &hit, DB_OPERATION_COMMAND, DB_SYSTEM_REDIS, now);
	if (!span)
		return 0;
	redis_command(span, hit.target, go_argument(ctx, &hit));
	redis_client(span, hit.target, client);
	return 0;
}

static __always_inline struct ev_span_end *redis_begin_several(struct pt_regs *ctx, const struct hit *hit, ktime_ns_t now)
{
	struct ev_span_end *span = db_begin_native(ctx, hit, DB_OPERATION_PIPELINE, DB_SYSTEM_REDIS, now);

	if (span)
		redis_commands(span, hit->target, go_argument(ctx, hit), go_register(ctx, COOKIE_REGISTER(hit->cookie) + 1));
	return span;
}

/* func (c *baseClient) generalProcessPipeline(ctx context.Context, cmds []Cmder, …) error, generalProcessPipelineFrom  argument: cmds. */
SEC("uprobe")
int db_redis_pipeline(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_REDIS_PIPELINE))
		return 0;
	if (redis_greets(hit.target, go_register(ctx, 0)))
		return 0;
	span = redis_begin_several(ctx, &hit, now);
	if (span)
		redis_client(span, hit.target, go_register(ctx, 0));
	return 0;
}

/* What a ClusterClient does for each node, a closure, func(ctx context.Context, cmds []Cmder) error  argument: cmds. */
SEC("uprobe")
int db_redis_node(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct hit hit;

	if (hit_begin(&hit, ctx, HIT_DB_REDIS_NODE))
		redis_begin_several(ctx, &hit, now);
	return 0;
}

/* In that closure, the call by which it gets a connection of the node, (*baseClient).getConn or withPipelineConn  argument: the client. */
SEC("uprobe")
int db_redis_node_known(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_REDIS_NODE_KNOWN))
		return 0;
	open = db_native(ctx, &hit, now);
	if (!open.innermost)
		return 0;
	redis_client(open.innermost, hit.target, go_argument(ctx, &hit));
	/* Here nothing is tried again. */
	open_span_of(open.innermost)->retries = 0;
	return 0;
}

/* ---- ends ----------------------------------------------------------------------------------------- */

enum redis_failure {
	REDIS_FAILED = 0,
	REDIS_MAY_RETRY = 1, /* it is one after which go-redis may try again (error.go, shouldRetry) */
	REDIS_NIL = 2,       /* there is nothing under that key: no failure */
};

static const char redis_nil[] = "redis: nil";

/* By how the text of an error begins that a server has sent. */
static __always_inline bool redis_is_passing(__u64 word)
{
	return word == *(const __u64 *)"LOADING " || word == *(const __u64 *)"READONLY" || word == *(const __u64 *)"MASTERDO" ||
	       word == *(const __u64 *)"CLUSTERD" || word == *(const __u64 *)"TRYAGAIN" || word == *(const __u64 *)"NOREPLIC" ||
	       word == *(const __u64 *)"ERR max ";
}

/* What the error of an attempt is. */
static __noinline int redis_failed(struct ev_span_end *span, const struct target_row *target, uaddr_t itab, uaddr_t data)
{
	struct go_interface error = { itab, data };
	struct go_string text = {};
	struct go_type type;
	struct db_body *body;
	__u64 bytes;

	if (!span || !target)
		return REDIS_FAILED;
	body = db_body(span);
	type = type_of(&error);
	span->error_type_addr = type.own;
	span->header.flags &= ~DB_FLAG_CANCELED;
	__builtin_memset(body->error_word, 0, sizeof(body->error_word));
	/* A string, or a struct that begins with one. */
	bpf_probe_read_user(&text, sizeof(text), (void *)data);
	bytes = text.bytes;
	if (bytes > sizeof(body->error_word))
		bytes = sizeof(body->error_word);
	if (!bytes || bpf_probe_read_user(body->error_word, bytes, (void *)text.at))
		return REDIS_MAY_RETRY;
	if (text.bytes == sizeof("redis: nil") - 1 && *(__u64 *)body->error_word == *(const __u64 *)redis_nil &&
	    redis_kind(type.own) == GO_KIND_STRING)
		return REDIS_NIL;
	/* Of io, and the only one that shouts. */
	if (text.bytes == sizeof("EOF") - 1 && *(__u32 *)body->error_word == *(const __u32 *)"EOF") {
		__builtin_memset(body->error_word, 0, sizeof(body->error_word));
		return REDIS_MAY_RETRY;
	}
	if (db_is_canceled(data)) {
		span->header.flags |= DB_FLAG_CANCELED;
		return REDIS_FAILED;
	}
	/* Servers say in upper case what it is. */
	if (body->error_word[0] >= 'A' && body->error_word[0] <= 'Z')
		return redis_is_passing(*(__u64 *)body->error_word) ? REDIS_MAY_RETRY : REDIS_FAILED;
	return REDIS_MAY_RETRY;
}

static __always_inline void redis_end(struct open_spans *open, const struct target_row *target, ktime_ns_t now)
{
	call_close(target, open, ENDING_RETURNED, now);
}

static __always_inline void redis_result(struct open_spans *open, const struct target_row *target, struct go_interface error, ktime_ns_t now)
{
	struct ev_span_end *span = open->innermost;
	int failure;

	if (!error.itab) {
		/* Of an attempt before. */
		span->error_type_addr = 0;
		redis_end(open, target, now);
		return;
	}
	failure = redis_failed(span, target, error.itab, error.data);
	if (failure == REDIS_NIL)
		span->error_type_addr = 0;
	if (failure != REDIS_MAY_RETRY || !open_span_of(span)->retries) {
		redis_end(open, target, now);
		return;
	}
	open_span_of(span)->retries--;
	call_may_be_over(open, now);
}

/* The two words of an error, of which the argument is the first. */
static __always_inline struct go_interface redis_error(const struct pt_regs *ctx, const struct hit *hit)
{
	return (struct go_interface){ go_argument(ctx, hit), go_register(ctx, COOKIE_REGISTER(hit->cookie) + 1) };
}

/*
 * What (*baseClient).withConn and withPipelineConn defer, a closure, func(): an attempt is over, and its connection about to be given
 * back to the pool.
 */
SEC("uprobe")
int db_redis_returned(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct redis_return returned = {};
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_REDIS_RETURNED))
		return 0;
	redis_captured(&returned, go_closure(ctx), ctx->REG_SP, COOKIE_VARIANT(hit.cookie));
	open = redis_taker(ctx, &hit, now);
	if (!open.innermost) {
		redis_pass(hit.target, &returned);
		return 0;
	}
	/* A panic ends the call, wherever that is recovered. */
	if (call_panics(ctx, hit.target, open.innermost))
		return 0;
	redis_connection(open.innermost, hit.target, returned.conn);
	redis_result(&open, hit.target, returned.error, now);
	return 0;
}

/* They return without having got a connection  argument: the error. */
SEC("uprobe")
int db_redis_unconnected(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_REDIS_UNCONNECTED))
		return 0;
	open = redis_taker(ctx, &hit, now);
	if (open.innermost)
		redis_result(&open, hit.target, redis_error(ctx, &hit), now);
	return 0;
}

/*
 * The calls (*baseClient).releaseConn(ctx, cn, err) and releaseConnToPool(ctx, p, cn, err) of what has kept a connection for the
 * commands of many  argument: cn.
 */
SEC("uprobe")
int db_redis_lent(struct pt_regs *ctx)
{
	struct redis_return lent = {};
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_REDIS_LENT))
		return 0;
	lent.client = go_register(ctx, 0);
	lent.conn = go_argument(ctx, &hit);
	redis_pass(hit.target, &lent);
	return 0;
}

/* In generalProcessPipeline, the call internal.Sleep(ctx context.Context, dur time.Duration) error: one more attempt is to come. */
SEC("uprobe")
int db_redis_retry(struct pt_regs *ctx)
{
	struct hit hit;

	if (hit_begin(&hit, ctx, HIT_DB_REDIS_RETRY))
		redis_goes_on(ctx, &hit);
	return 0;
}

/* There, and in _process, the first jump behind that call  argument: the error, with which the call ends. */
SEC("uprobe")
int db_redis_give_up(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;
	uaddr_t error;

	if (!hit_begin(&hit, ctx, HIT_DB_REDIS_GIVE_UP))
		return 0;
	open = db_native(ctx, &hit, now);
	error = go_argument(ctx, &hit);
	if (!open.innermost || !error)
		return 0;
	redis_failed(open.innermost, hit.target, error, go_register(ctx, COOKIE_REGISTER(hit.cookie) + 1));
	redis_end(&open, hit.target, now);
	return 0;
}

/*
 * What a cluster does for each node, where it has a call of its own for it: (*baseClient).releaseConn(ctx, cn, err), and
 * setCmdsErr(cmds, err) if it gets no connection, which the variant tells apart  argument: err.
 */
SEC("uprobe")
int db_redis_release(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DB_REDIS_RELEASE))
		return 0;
	open = db_native_around(ctx, &hit, now);
	if (COOKIE_VARIANT(hit.cookie) == REDIS_RELEASES)
		redis_connection(open.innermost, hit.target, go_register(ctx, 3));
	if (!open.innermost)
		return 0;
	redis_result(&open, hit.target, redis_error(ctx, &hit), now);
	return 0;
}

#endif
