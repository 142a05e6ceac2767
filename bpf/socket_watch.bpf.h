/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The connection of a span becomes known: from then on it is told what happens there (span_socket.bpf.h). */
#ifndef SOCKET_WATCH_BPF_H
#define SOCKET_WATCH_BPF_H

#include "open_span.bpf.h"
#include "span_socket.bpf.h"

/* Something has come to its end over a connection of which nothing is told. */
static __always_inline void connection_pass(struct sock *sk)
{
	struct known_connection *known = connection_place(sk);
	struct tcp_socket socket;

	if (!known)
		return;
	socket = tcp_socket_of(sk);
	if (is_known(known, &socket))
		connection_mark(known, &socket);
	else
		connection_know(known, &socket);
	known->is_used = 1;
}

#define NOTED_SOCKS 4096 /* a power of two: of two spans in one place the older one is forgotten */

/* The socket over which another goroutine sends for a span, whose entry it must not write. */
struct noted_sock {
	span_id_t span_id;
	__u64 sock;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NOTED_SOCKS);
	__type(key, __u32);
	__type(value, struct noted_sock);
} sock_by_span SEC(".maps");

static __always_inline struct noted_sock *noted_sock_place(const span_id_t *span_id)
{
	__u32 index = *(const __u64 *)span_id & (NOTED_SOCKS - 1);

	return bpf_map_lookup_elem(&sock_by_span, &index);
}

static __always_inline void sock_note(const span_id_t *span_id, struct sock *sk)
{
	struct noted_sock *noted = noted_sock_place(span_id);

	if (!noted)
		return;
	noted->sock = 0;
	in_order();
	noted->span_id = *span_id;
	in_order();
	noted->sock = (__u64)sk;
}

/* NULL: none is noted. */
static __always_inline struct sock *sock_noted(const span_id_t *span_id)
{
	struct noted_sock *noted = noted_sock_place(span_id);
	__u64 sock = noted ? noted->sock : 0;

	return sock && same_span(&noted->span_id, span_id) ? (struct sock *)sock : NULL;
}

/* Bits: how a span uses its connection. */
enum socket_use {
	SOCKET_OWN = 0,    /* nobody else does meanwhile, and nothing has been sent for the span yet */
	SOCKET_LATE = 1,   /* it is about to end */
	SOCKET_SHARED = 2, /* others use it at the same time */
	SOCKET_TAKEN = 4,  /* all that has happened since something came to its end over it is of who has it now */
	SOCKET_LAST = 8,   /* it ends now: nobody will look again */
};

/*
 * From now on the span is told what happens on its connection, which stands in it already. Of a server that alone uses it all belongs
 * to the span which has happened since something came to its end over it: nobody looks before a request is there.
 */
static __noinline int socket_watch(struct open_span *span, struct sock *sk, __u32 use)
{
	struct span_socket *watch = &span->socket;
	struct known_connection *known = connection_place(sk);
	struct tcp_socket socket;

	if (!known || watch->sock == (__u64)sk)
		return 0;
	socket = tcp_socket_of(sk);
	watch->is_shared = !!(use & SOCKET_SHARED);
	watch->retransmits = CONNECTION_UNKNOWN;
	if (span->record.span_kind == SPAN_KIND_CLIENT && !(use & SOCKET_LATE))
		watch->retransmits = socket.retransmits;
	span->connection.sent = socket.sent;
	span->connection.received = socket.received;
	watch->said.age = CONNECTION_AGE_UNKNOWN;
	if (is_known(known, &socket)) {
		watch->said.age = CONNECTION_NEW + known->is_used;
		if ((span->record.span_kind == SPAN_KIND_SERVER && !(use & SOCKET_SHARED)) || use & SOCKET_TAKEN) {
			watch->retransmits = known->retransmits;
			span->connection.sent = known->sent;
			span->connection.received = known->received;
		}
	} else {
		connection_know(known, &socket);
	}
	watch->said.dns_us = known->dns_us;
	watch->said.connect_us = known->connect_us;
	watch->said.tls_us = known->tls_us;
	known->dns_us = known->connect_us = known->tls_us = CONNECTION_UNKNOWN;
	known->is_used = 1;
	if (use & SOCKET_LAST)
		socket_say(span, known, &socket);
	else
		watch->sock = (__u64)sk;
	return 0;
}

#endif
