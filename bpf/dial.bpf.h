/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What it costs to make a connection: to find an address, to connect, to shake hands. Once for each connection, on the goroutine
 * that makes it. The span that is the first to use the connection tells it (span_socket.bpf.h).
 */
#ifndef DIAL_BPF_H
#define DIAL_BPF_H

#include "goroutine.bpf.h"
#include "span_socket.bpf.h"

#define DIALERS 4096 /* a power of two: of two goroutines in one place the one that came first is forgotten */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DIALERS);
	__type(key, __u32);
	__type(value, struct dialing);
} dialing_by_goroutine SEC(".maps");

static __always_inline struct dialing *dialing_place(goid_t goid)
{
	__u32 index = goid & (DIALERS - 1);

	return bpf_map_lookup_elem(&dialing_by_goroutine, &index);
}

/* What the goroutine makes; NULL: nothing. */
static __always_inline struct dialing *dialing_of(const struct target_row *target, goid_t goid)
{
	struct dialing *dialing = dialing_place(goid);

	return dialing && dialing->goid == goid && dialing->target_id == target->target_id ? dialing : NULL;
}

/* The same of the running goroutine, which from now on makes something. */
static __always_inline struct dialing *dialing_begin(const struct pt_regs *ctx, const struct target_row *target)
{
	goid_t goid = read_goid(target, go_current_g(ctx));
	struct dialing *dialing = goid ? dialing_place(goid) : NULL;

	if (dialing && (dialing->goid != goid || dialing->target_id != target->target_id)) {
		__builtin_memset(dialing, 0, sizeof(*dialing));
		dialing->dns_us = CONNECTION_UNKNOWN;
		dialing->target_id = target->target_id;
		in_order();
		dialing->goid = goid;
	}
	return dialing;
}

static __always_inline __u32 microseconds_since(ktime_ns_t since, ktime_ns_t now)
{
	__u64 us = (now - since) / 1000;

	return us < CONNECTION_UNKNOWN ? us : CONNECTION_UNKNOWN;
}

/* In (*net.Resolver).lookupIPAddr, the call (*singleflight.Group).DoChan(…)  The name is no address, and is looked for. */
SEC("uprobe")
int dial_lookup(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct dialing *dialing;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DIAL_LOOKUP))
		return 0;
	dialing = dialing_begin(ctx, hit.target);
	if (dialing)
		dialing->lookup_ktime_ns = now;
	return 0;
}

/* func (sd *sysDialer) dialParallel(ctx context.Context, primaries, fallbacks addrList) (Conn, error)  Its addresses are known. */
SEC("uprobe")
int dial_connect(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct dialing *dialing;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DIAL_CONNECT))
		return 0;
	dialing = dialing_begin(ctx, hit.target);
	if (!dialing)
		return 0;
	dialing->dns_us = dialing->lookup_ktime_ns ? microseconds_since(dialing->lookup_ktime_ns, now) : CONNECTION_UNKNOWN;
	dialing->lookup_ktime_ns = 0;
	dialing->connect_ktime_ns = now;
	return 0;
}

/*
 * Who makes the connection that the running goroutine has got: itself, or who has begun it (Go ≥ 1.21), where addresses are tried
 * side by side. NULL: it is not known.
 */
static __always_inline struct dialing *dialing_for(const struct pt_regs *ctx, const struct target_row *target)
{
	struct goroutine goroutine = {};
	struct dialing *dialing;

	if (read_goroutine(&goroutine, target, go_current_g(ctx)) || !goroutine.goid)
		return NULL;
	dialing = dialing_of(target, goroutine.goid);
	if ((!dialing || !dialing->connect_ktime_ns) && goroutine.parent_goid)
		dialing = dialing_of(target, goroutine.parent_goid);
	return dialing && dialing->connect_ktime_ns ? dialing : NULL;
}

enum dial_side {
	DIAL_CLIENT = 0,
	DIAL_SERVER = 1,
};

/*
 * In (*sysDialer).doDialTCPProto and (*TCPListener).accept, which the variant tells apart, the call newTCPConn(fd *netFD, …)
 * argument: fd. A connection stands.
 */
SEC("uprobe")
int dial_made(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct known_connection *known;
	struct dialing *dialing;
	struct sock *sk;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DIAL_MADE))
		return 0;
	sk = sock_of_net_fd(hit.target, go_argument(ctx, &hit));
	known = sk ? connection_place(sk) : NULL;
	if (!known)
		return 0;
	connection_begin(known, sk);
	dialing = COOKIE_VARIANT(hit.cookie) == DIAL_CLIENT ? dialing_for(ctx, hit.target) : NULL;
	if (!dialing)
		return 0;
	known->dns_us = dialing->dns_us;
	known->connect_us = microseconds_since(dialing->connect_ktime_ns, now);
	dialing->connect_ktime_ns = 0;
	return 0;
}

/*
 * func (c *Conn) clientHandshake(ctx context.Context) error  argument: c, of crypto/tls.
 * func (c *Conn) serverHandshake(ctx context.Context) error
 */
SEC("uprobe")
int dial_tls(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct dialing *dialing;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DIAL_TLS))
		return 0;
	dialing = dialing_begin(ctx, hit.target);
	if (!dialing)
		return 0;
	dialing->tls_conn = go_argument(ctx, &hit);
	dialing->tls_ktime_ns = now;
	return 0;
}

/* In (*tls.Conn).handshakeContext, behind an indirect call: the first of these is that of the handshake, if that has begun. */
SEC("uprobe")
int dial_tls_done(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct known_connection *known;
	struct dialing *dialing;
	struct tcp_socket socket;
	struct sock *sk;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_DIAL_TLS_DONE))
		return 0;
	dialing = dialing_of(hit.target, read_goid(hit.target, go_current_g(ctx)));
	if (!dialing || !dialing->tls_ktime_ns)
		return 0;
	/* What it is made over is its first field. */
	sk = sock_of_conn(hit.target, dialing->tls_conn);
	known = sk ? connection_place(sk) : NULL;
	if (known)
		socket = tcp_socket_of(sk);
	if (known && is_known(known, &socket) && !known->is_used)
		known->tls_us = microseconds_since(dialing->tls_ktime_ns, now);
	dialing->tls_ktime_ns = 0;
	return 0;
}

#endif
