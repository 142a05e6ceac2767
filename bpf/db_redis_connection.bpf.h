/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The connection of a call of go-redis: seen when it is about to be given back to its pool, by what the function has captured that was
 * deferred for that. From then on others may use it.
 */
#ifndef DB_REDIS_CONNECTION_BPF_H
#define DB_REDIS_CONNECTION_BPF_H

#include "db_begin.bpf.h"

/* Is it a client of one connection alone, by which another client greets the server as it connects? */
static __always_inline bool redis_greets(const struct target_row *target, uaddr_t client)
{
	struct go_interface pool;
	struct go_type type;

	if (target->redis.client_pool == GO_OFFSET_ABSENT || !target->redis.single_pool_type)
		return false;
	pool = read_interface(client + target->redis.client_pool);
	type = type_of(&pool);
	return is_type(target, &type, target->redis.single_pool_type);
}

/* ---- what is deferred ----------------------------------------------------------------------------- */

/* Who defers, and who releases; variants. */
enum redis_taking {
	REDIS_TAKES = 0,          /* withConn */
	REDIS_TAKES_PIPELINE = 1, /* withPipelineConn, which has a pool for pipelines */
};

enum redis_release {
	REDIS_FAILS = 0,    /* without a connection */
	REDIS_RELEASES = 1, /* releaseConn */
};

/* A connection that is given back. */
struct redis_return {
	uaddr_t client;
	uaddr_t conn; /* *pool.Conn; 0: there is none */
	struct go_interface error;
};

#define REDIS_FRAME_BYTES_MAX 1024

/* Does it point to a variable of the function that has deferred what is hit? Its frame is right above that SP. */
static __always_inline bool redis_is_variable(uaddr_t sp, uaddr_t at)
{
	return at - sp < REDIS_FRAME_BYTES_MAX;
}

/*
 * Reads what a closure has captured, at whose entry SP is that. The words are in the order in which its source names them first: what never changes as its value, a
 * variable as its address.
 *   withConn (≤ 9.22)         c, ctx (two words), cn, &fnErr
 *   withConn (≥ 9.23)         &fnErr, c, ctx, cn
 *   withPipelineConn (9.22)   c, &retErr, &cn, …
 *   withPipelineConn (≥ 9.23) &fnErr, &retErr, c, &cn, …
 */
static __noinline int redis_captured(struct redis_return *returned, uaddr_t closure, uaddr_t sp, enum redis_taking taking)
{
	uaddr_t captured[5] = {}, error;

	if (!returned || read_user(captured, sizeof(captured), closure + 8))
		return 0;
	if (taking == REDIS_TAKES_PIPELINE) {
		bool is_later = redis_is_variable(sp, captured[0]);

		returned->client = is_later ? captured[2] : captured[0];
		returned->conn = read_u64(is_later ? captured[3] : captured[2]);
		error = captured[1];
	} else if (redis_is_variable(sp, captured[0])) {
		returned->client = captured[1];
		returned->conn = captured[4];
		error = captured[0];
	} else {
		returned->client = captured[0];
		returned->conn = captured[3];
		error = captured[4];
	}
	returned->error = read_interface(error);
	return 0;
}

/* ---- whose it is ---------------------------------------------------------------------------------- */

#define REDIS_CALLERS_MAX 3
#define REDIS_CALLERS_BYTES_MAX 512

/*
 * Does the return address at `slot` belong to one of the functions by which a call of go-redis has come to the hit? One that is made
 * within it, such as to greet the server, has more of them.
 */
static __always_inline bool redis_is_caller(const struct pt_regs *ctx, uaddr_t slot)
{
#ifdef REG_LINK
	/* Frame pointers may be those of a stack that was moved (Go < 1.21); so close below there is no other call. */
	return slot - ctx->REG_SP < REDIS_CALLERS_BYTES_MAX;
#else
	uaddr_t fp = ctx->REG_FP;

	for (int i = 0; i < REDIS_CALLERS_MAX; i++) {
		if (fp + 8 == slot)
			return true;
		fp = peek_u64(fp);
	}
	return false;
#endif
}

/* The call for which a connection was taken, or was to be, by the function that is hit or has deferred what is. */
static __always_inline struct open_spans redis_taker(const struct pt_regs *ctx, const struct hit *hit, ktime_ns_t now)
{
	struct open_spans open = db_native_around(ctx, hit, now);

	if (open.innermost && !redis_is_caller(ctx, stack_hi_of(hit->target, go_current_g(ctx)) -
							    open_span_of(open.innermost)->stack_depth))
		open.innermost = NULL;
	return open;
}

/* ---- what it tells -------------------------------------------------------------------------------- */

/* Where the net.Conn of a *pool.Conn stands; in later versions in what an atomic.Value points to, which is of type any. */
static __always_inline uaddr_t redis_net_conn(const struct target_row *target, uaddr_t conn)
{
	const struct redis_layout *redis = &target->redis;

	if (redis->conn_net != GO_OFFSET_ABSENT)
		return conn + redis->conn_net;
	if (redis->conn_atomic == GO_OFFSET_ABSENT || redis->atomic_net == GO_OFFSET_ABSENT)
		return 0;
	return read_u64(conn + redis->conn_atomic + 8) + redis->atomic_net;
}

/* A connection is given back over which something has come to its end of which nothing is told. */
static __noinline int redis_pass(const struct target_row *target, const struct redis_return *returned)
{
	struct known_connection *known;
	struct tcp_socket socket;
	struct sock *sk;
	uaddr_t at;

	if (!target || !returned || !returned->conn)
		return 0;
	at = redis_net_conn(target, returned->conn);
	sk = at ? sock_of_conn(target, at) : NULL;
	if (!sk)
		return 0;
	if (!redis_greets(target, returned->client)) {
		connection_pass(sk);
		return 0;
	}
	/* It is new yet. */
	known = connection_place(sk);
	if (!known)
		return 0;
	socket = tcp_socket_of(sk);
	if (is_known(known, &socket))
		connection_mark(known, &socket);
	return 0;
}

/* The connection of a call that is about to end; NULL: of one that has no span. */
static __noinline int redis_connection(struct ev_span_end *span, const struct target_row *target, uaddr_t conn)
{
	uaddr_t at;
	struct sock *sk;

	if (!target || !conn)
		return 0;
	at = redis_net_conn(target, conn);
	if (!at)
		return 0;
	if (span && span_is_sampled(span)) {
		db_peer_used(span, target, at, SOCKET_LATE | SOCKET_TAKEN);
		return 0;
	}
	sk = sock_of_conn(target, at);
	if (sk)
		connection_pass(sk);
	return 0;
}

#endif
