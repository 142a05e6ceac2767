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

/* A socket of TCP: which connection it is, and how far that has come. */
struct tcp_socket {
	struct sock *sk;
	__u32 ports;
	__u32 sent;
	__u32 received;
	__u32 retransmits;
};

static __always_inline struct tcp_socket tcp_socket_of(struct sock *sk)
{
	return (struct tcp_socket){ sk, ports_of(sk), BPF_CORE_READ((struct tcp_sock *)sk, write_seq),
				    BPF_CORE_READ((struct tcp_sock *)sk, rcv_nxt),
				    BPF_CORE_READ((struct tcp_sock *)sk, total_retrans) };
}

static __always_inline bool is_known(const struct known_connection *known, const struct tcp_socket *socket)
{
	return known->sock == (__u64)socket->sk && known->ports == socket->ports;
}

/* How far it has come. */
static __always_inline void connection_mark(struct known_connection *known, const struct tcp_socket *socket)
{
	known->retransmits = socket->retransmits;
	known->sent = socket->sent;
	known->received = socket->received;
}

/* A connection that is new, or of which nothing is known so far. */
static __always_inline void connection_know(struct known_connection *known, const struct tcp_socket *socket)
{
	known->sock = 0;
	in_order();
	known->ports = socket->ports;
	known->is_used = 0;
	known->dns_us = known->connect_us = known->tls_us = CONNECTION_UNKNOWN;
	connection_mark(known, socket);
	in_order();
	known->sock = (__u64)socket->sk;
}

/* … of which nothing else has been seen before, since it was made just now: what has come already belongs to the first that is served. */
static __always_inline void connection_begin(struct known_connection *known, struct sock *sk)
{
	const struct tcp_socket socket = tcp_socket_of(sk);

	connection_know(known, &socket);
	known->received -= (__u32)BPF_CORE_READ((struct tcp_sock *)sk, bytes_received);
}

/* The span ends, or may have ended: what has happened since is to be said. */
static __always_inline void socket_say(struct open_span *span, struct known_connection *known, const struct tcp_socket *socket)
{
	struct span_socket *watch = &span->socket;
	struct tcp_sock *sk = (struct tcp_sock *)socket->sk;

	watch->said.rtt_us = BPF_CORE_READ(sk, srtt_us) >> 3;
	watch->said.retransmits = watch->said.sent = watch->said.received = CONNECTION_UNKNOWN;
	if (watch->retransmits != CONNECTION_UNKNOWN)
		watch->said.retransmits = socket->retransmits - watch->retransmits;
	if (!watch->is_shared && watch->said.retransmits != CONNECTION_UNKNOWN) {
		/* What a server answers with has not all been written yet. */
		if (span->record.span_kind == SPAN_KIND_CLIENT)
			watch->said.sent = socket->sent - span->connection.sent;
		watch->said.received = socket->received - span->connection.received;
	}
	watch->is_told = 1;
	if (is_known(known, socket))
		connection_mark(known, socket);
}

/* The same, of a span whose connection has become known before. */
static __noinline int socket_look(struct open_span *span)
{
	const struct connection *connection = &span->connection;
	struct sock *sk = (struct sock *)span->socket.sock;
	struct known_connection *known = sk ? connection_place(sk) : NULL;
	struct tcp_socket socket;

	if (!known)
		return 0;
	socket = tcp_socket_of(sk);
	/* Of a connection that has been closed meanwhile nothing is left. */
	if (socket.ports == (connection->local.port | connection->remote.port << 16))
		socket_say(span, known, &socket);
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
