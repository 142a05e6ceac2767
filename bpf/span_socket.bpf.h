/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What TCP has done on the connection of a span while that was open, whether anything came over it before, and what it has cost
 * to make it. Connections are known by their sockets, and these by their ports, too: their memory is given to others.
 */
#ifndef SPAN_SOCKET_BPF_H
#define SPAN_SOCKET_BPF_H

#include "socket.bpf.h"

#define PROTOCOL_TCP 6 /* IPPROTO_TCP */
#define CONNECTIONS 8192 /* a power of two: of two connections in one place the older one is forgotten */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONNECTIONS);
	__type(key, __u32);
	__type(value, struct known_connection);
} connection_by_sock SEC(".maps");

/* Where it stands, if it is of TCP: a socket of MPTCP begins like one, but says nothing of what follows. */
static __always_inline struct known_connection *connection_place(struct sock *sk)
{
	__u32 index = (((__u64)sk * HASH_FACTOR) >> 40) & (CONNECTIONS - 1);

	return BPF_CORE_READ(sk, sk_protocol) == PROTOCOL_TCP ? bpf_map_lookup_elem(&connection_by_sock, &index) : NULL;
}

static __always_inline __u32 ports_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_num) |
	       (__u32)__builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport)) << 16;
}

static __always_inline bool is_known(const struct known_connection *known, struct sock *sk)
{
	return known->sock == (__u64)sk && known->ports == ports_of(sk);
}

/* How far it has come. */
static __always_inline void connection_mark(struct known_connection *known, struct sock *sk)
{
	known->retransmits = BPF_CORE_READ((struct tcp_sock *)sk, total_retrans);
	known->sent = BPF_CORE_READ((struct tcp_sock *)sk, write_seq);
	known->received = BPF_CORE_READ((struct tcp_sock *)sk, rcv_nxt);
}

/* A connection that is new, or of which nothing is known so far. */
static __always_inline void connection_know(struct known_connection *known, struct sock *sk)
{
	known->sock = 0;
	in_order();
	known->ports = ports_of(sk);
	known->is_used = 0;
	known->dns_us = known->connect_us = known->tls_us = CONNECTION_UNKNOWN;
	connection_mark(known, sk);
	in_order();
	known->sock = (__u64)sk;
}

/* … of which nothing else has been seen before, since it was made just now: what has come already belongs to the first that is served. */
static __always_inline void connection_begin(struct known_connection *known, struct sock *sk)
{
	connection_know(known, sk);
	known->received -= (__u32)BPF_CORE_READ((struct tcp_sock *)sk, bytes_received);
}

/* The span ends, or may have ended. */
static __noinline int socket_look(struct open_span *span)
{
	struct span_socket *watch = &span->socket;
	const struct connection *connection = &span->connection;
	struct sock *sk = (struct sock *)watch->sock;
	struct known_connection *known = connection_place(sk);

	/* Of a connection that has been closed meanwhile nothing is left. */
	if (!sk || !known || ports_of(sk) != (connection->local.port | connection->remote.port << 16))
		return 0;
	watch->said.rtt_us = BPF_CORE_READ((struct tcp_sock *)sk, srtt_us) >> 3;
	watch->said.retransmits = watch->said.sent = watch->said.received = CONNECTION_UNKNOWN;
	if (watch->retransmits != CONNECTION_UNKNOWN)
		watch->said.retransmits = BPF_CORE_READ((struct tcp_sock *)sk, total_retrans) - watch->retransmits;
	if (!watch->is_shared && watch->said.retransmits != CONNECTION_UNKNOWN) {
		/* What a server answers with has not all been written yet. */
		if (span->record.span_kind == SPAN_KIND_CLIENT)
			watch->said.sent = BPF_CORE_READ((struct tcp_sock *)sk, write_seq) - connection->sent;
		watch->said.received = BPF_CORE_READ((struct tcp_sock *)sk, rcv_nxt) - connection->received;
	}
	watch->is_told = 1;
	if (is_known(known, sk))
		connection_mark(known, sk);
	return 0;
}

/* What there is to be said goes behind the texts. */
static __noinline int socket_tell(struct open_span *span)
{
	__u64 end = span->record.header.size - offsetof(struct ev_span_end, rest), at;

	/* It always fits; for the verifier, which must see the same register compared and used. */
	asm volatile("" : "+r"(end));
	if (!span->socket.is_told || span->record.header.flags & SPAN_FLAG_CONNECTION || end > sizeof(span->record.rest) - sizeof(struct span_connection) - 8)
		return 0;
	/* Records that say the same are the same, also where they say nothing. */
	__builtin_memset(span->record.rest + end, 0, 8);
	at = (end + 7) & ~7ULL;
	*(struct span_connection *)(span->record.rest + at) = span->socket.said;
	span->record.header.size = offsetof(struct ev_span_end, rest) + at + sizeof(struct span_connection);
	span->record.header.flags |= SPAN_FLAG_CONNECTION;
	return 0;
}

#endif
