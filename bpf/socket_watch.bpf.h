/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The connection of a span becomes known: from then on it is told what happens there (span_socket.bpf.h). */
#ifndef SOCKET_WATCH_BPF_H
#define SOCKET_WATCH_BPF_H

#include "span_socket.bpf.h"

/* Something has come to its end over a connection of which nothing is told. */
static __always_inline void connection_pass(struct sock *sk)
{
	struct known_connection *known = connection_place((__u64)sk);

	if (!known)
		return;
	if (is_known(known, sk))
		connection_mark(known, sk);
	else
		connection_know(known, sk);
	known->is_used = 1;
}

enum socket_use {
	SOCKET_OWN,    /* nobody else uses it meanwhile, and nothing has been sent for the span yet */
	SOCKET_LATE,   /* nobody else does, but the span is about to end */
	SOCKET_SHARED, /* others use it at the same time */
};

/*
 * From now on the span is told what happens on its connection, which stands in it already. Of a server that alone uses it all belongs
 * to the span which has happened since something came to its end over it: nobody looks before a request is there.
 */
static __noinline int socket_watch(struct open_span *span, struct sock *sk, enum socket_use use)
{
	struct span_socket *watch = &span->socket;
	struct known_connection *known = connection_place((__u64)sk);

	if (!known || watch->sock == (__u64)sk)
		return 0;
	watch->is_shared = use == SOCKET_SHARED;
	watch->retransmits = CONNECTION_UNKNOWN;
	if (span->record.span_kind == SPAN_KIND_CLIENT && use != SOCKET_LATE)
		watch->retransmits = BPF_CORE_READ((struct tcp_sock *)sk, total_retrans);
	span->connection.sent = BPF_CORE_READ((struct tcp_sock *)sk, write_seq);
	span->connection.received = BPF_CORE_READ((struct tcp_sock *)sk, rcv_nxt);
	watch->said.age = CONNECTION_AGE_UNKNOWN;
	if (is_known(known, sk)) {
		watch->said.age = CONNECTION_NEW + known->is_used;
		if (span->record.span_kind == SPAN_KIND_SERVER && use != SOCKET_SHARED) {
			watch->retransmits = known->retransmits;
			span->connection.sent = known->sent;
			span->connection.received = known->received;
		}
	} else {
		connection_know(known, sk);
	}
	watch->said.dns_us = known->dns_us;
	watch->said.connect_us = known->connect_us;
	watch->said.tls_us = known->tls_us;
	known->dns_us = known->connect_us = known->tls_us = CONNECTION_UNKNOWN;
	known->is_used = 1;
	watch->sock = (__u64)sk;
	return 0;
}

#endif
