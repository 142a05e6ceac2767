/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connections over Unix sockets, whose two ends the kernel knows of each other: they are told apart by where their sockets are in
 * its memory. As long as an end is open the other one stays in its memory, too, also when it was closed; the client's, which is there
 * before it is connected, is known in addition by the number of its inode, so that none that came later to its place is taken for it.
 */
#ifndef UNIX_SOCKET_BPF_H
#define UNIX_SOCKET_BPF_H

#include "go.bpf.h"

#define FAMILY_UNIX 1 /* AF_UNIX */
#define UNIX_NET 1 /* in place of a network namespace, of which none is there: paths lead from one to another */

static __always_inline bool is_unix(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_family) == FAMILY_UNIX;
}

/*
 * One end. Its `port` spreads it over tables that are by port: of all of the address, since sockets lie in a grid, and two calls of
 * many would soon have taken both places of a third (call_between).
 */
static __always_inline void endpoint_unix(struct endpoint *endpoint, struct sock *sk, bool is_client)
{
	__u64 *words = (void *)endpoint->address;

	words[0] = (__u64)sk;
	words[1] = is_client ? BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino) : 0;
	endpoint->port = (words[0] * HASH_FACTOR >> 48) ?: 1;
}

/* The connection of a Unix socket, seen from its end. Fails for one that is not connected, as a datagram's. */
static __always_inline int connection_of_unix(struct connection *connection, struct sock *sk, bool is_client)
{
	struct sock *peer = bpf_core_type_exists(struct unix_sock) ? BPF_CORE_READ((struct unix_sock *)sk, peer) : NULL;

	if (!peer)
		return -1;
	endpoint_unix(&connection->local, sk, is_client);
	endpoint_unix(&connection->remote, peer, !is_client);
	connection->net = UNIX_NET;
	return 0;
}

#endif
