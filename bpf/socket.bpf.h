/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The kernel's sockets behind Go's net.Conns, and the TCP connections that they are. */
#ifndef SOCKET_BPF_H
#define SOCKET_BPF_H

#include "interface.bpf.h"

#define FAMILY_IPV4 2 /* AF_INET */
#define FAMILY_IPV6 10 /* AF_INET6 */
#define WRAPPERS_MAX 3 /* net.Conns around one that is the kernel's, such as *tls.Conn and what a program has of its own */

static __always_inline void endpoint_ipv4(struct endpoint *endpoint, __u32 address)
{
	endpoint->address[10] = endpoint->address[11] = 0xff;
	*(__u32 *)&endpoint->address[12] = address;
}

/* The socket behind a file descriptor of the running process; NULL if it is none. */
static __always_inline struct sock *sock_of_fd(__u32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = NULL;
	struct socket *socket;

	if (fd >= BPF_CORE_READ(table, max_fds) || bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	/* A socket points back to its file; anything else does not. */
	if (!socket || BPF_CORE_READ(socket, file) != file)
		return NULL;
	return BPF_CORE_READ(socket, sk);
}

/* The TCP connection of a socket. */
static __always_inline int connection_of_sock(struct connection *connection, struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family == FAMILY_IPV4) {
		endpoint_ipv4(&connection->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		endpoint_ipv4(&connection->remote, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	} else if (family == FAMILY_IPV6) {
		BPF_CORE_READ_INTO(&connection->local.address, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&connection->remote.address, sk, __sk_common.skc_v6_daddr);
	} else {
		return -1;
	}
	connection->local.port = BPF_CORE_READ(sk, __sk_common.skc_num);
	connection->remote.port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	connection->net = (__u64)BPF_CORE_READ(sk, __sk_common.skc_net.net);
	return 0;
}

/* Is it a net.Conn of the kernel, and not one around it? What is no interface at all may be looked at, so nothing that fails is a loss. */
static __always_inline bool is_tcp_conn(const struct target_row *target, const struct go_interface *conn)
{
	uaddr_t type = conn->itab ? peek_u64(conn->itab + 8) : 0;
	uaddr_t tcp_conn = loaded_address(target, target->net.tcp_conn_type);

	return type && (type == tcp_conn || peek_u64(type + GO_POINTER_ELEM) == tcp_conn);
}

/*
 * The net.TCPConn in the net.Conn whose two words stand at `at`, also where others are around it, of which it is the first field;
 * 0: there is none. A function of its own, so that whoever calls it is verified once and not for each depth.
 */
static __noinline uaddr_t tcp_conn_in(const struct target_row *target, uaddr_t at)
{
	struct go_interface conn = {};
	uaddr_t found = 0;

	for (int wrappers = 0; wrappers <= WRAPPERS_MAX; wrappers++) {
		if (bpf_probe_read_user(&conn, sizeof(conn), (const void *)at))
			break;
		if (is_tcp_conn(target, &conn)) {
			found = conn.data;
			break;
		}
		at = conn.data;
	}
	return found;
}

/* The socket behind a *net.netFD. */
static __always_inline struct sock *sock_of_net_fd(const struct target_row *target, uaddr_t net_fd)
{
	return sock_of_fd(read_u64(net_fd + target->net.fd_pfd + target->net.poll_fd_sysfd));
}

/* The socket behind such a net.Conn. */
static __always_inline struct sock *sock_of_conn(const struct target_row *target, uaddr_t at)
{
	uaddr_t conn = target->net.tcp_conn_type ? tcp_conn_in(target, at) : 0;
	uaddr_t net_fd = conn ? read_u64(conn + target->net.conn_fd) : 0;

	return net_fd ? sock_of_net_fd(target, net_fd) : NULL;
}

/* Reads the TCP connection behind the net.Conn whose two words stand at `at`. @return its socket; NULL for any other kind of connection */
static __always_inline struct sock *connection_read(struct connection *connection, const struct target_row *target, uaddr_t at)
{
	struct sock *sk = sock_of_conn(target, at);

	if (!sk || connection_of_sock(connection, sk))
		return NULL;
	connection->sent = BPF_CORE_READ((struct tcp_sock *)sk, write_seq);
	connection->received = BPF_CORE_READ((struct tcp_sock *)sk, rcv_nxt);
	return sk;
}

#endif
