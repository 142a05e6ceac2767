/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The kernel's sockets behind Go's net.Conns, and the TCP connections that they are. */
#ifndef SOCKET_BPF_H
#define SOCKET_BPF_H

#include "kernel_conn.bpf.h"
#include "unix_socket.bpf.h"

#define FAMILY_IPV4 2 /* AF_INET */
#define FAMILY_IPV6 10 /* AF_INET6 */

static __always_inline void endpoint_ipv4(struct endpoint *endpoint, __u32 address)
{
	endpoint->address[10] = endpoint->address[11] = 0xff;
	*(__u32 *)&endpoint->address[12] = address;
}

/* The open file behind a descriptor of the running process; NULL if it is none. */
static __always_inline struct file *file_of_fd(__u32 fd)
{
#ifdef LEGACY
	struct fdtable *table = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	__u32 count = BPF_CORE_READ(table, max_fds);
#else
	/* The verifier knows these types: no helper is called. */
	struct fdtable *table = bpf_get_current_task_btf()->files->fdt;
	struct file **files = table->fd;
	__u32 count = table->max_fds;
#endif
	struct file *file = NULL;

	return fd >= count || bpf_probe_read_kernel(&file, sizeof(file), files + fd) ? NULL : file;
}

/* The socket behind a file descriptor of the running process; NULL if it is none. */
static __always_inline struct sock *sock_of_fd(__u32 fd)
{
	struct file *file = file_of_fd(fd);
	struct socket *socket;

	if (!file)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	/* A socket points back to its file; anything else does not. */
	if (!socket || BPF_CORE_READ(socket, file) != file)
		return NULL;
	return BPF_CORE_READ(socket, sk);
}

/* The port of a socket, and above it that of the other end. */
static __always_inline __u32 ports_of(struct sock *sk)
{
	__u32 pair = BPF_CORE_READ(sk, __sk_common.skc_portpair);

	return pair >> 16 | (__u32)__builtin_bswap16(pair) << 16;
}

/* The TCP connection of a socket. */
static __always_inline int connection_of_sock(struct connection *connection, struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__u32 ports = ports_of(sk);

	if (family == FAMILY_IPV4) {
		__u64 addresses = BPF_CORE_READ(sk, __sk_common.skc_addrpair);

		endpoint_ipv4(&connection->local, addresses >> 32);
		endpoint_ipv4(&connection->remote, addresses);
	} else if (family == FAMILY_IPV6) {
		BPF_CORE_READ_INTO(&connection->local.address, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&connection->remote.address, sk, __sk_common.skc_v6_daddr);
	} else {
		return -1;
	}
	connection->local.port = ports & 0xffff;
	connection->remote.port = ports >> 16;
	connection->net = (__u64)BPF_CORE_READ(sk, __sk_common.skc_net.net);
	return 0;
}

/* The socket behind a *net.netFD. */
static __always_inline struct sock *sock_of_net_fd(const struct target_row *target, uaddr_t net_fd)
{
	return sock_of_fd(read_u64(net_fd + target->net.fd_pfd + target->net.poll_fd_sysfd));
}

/* The socket of a net.TCPConn or net.UnixConn; NULL if that is 0. */
static __always_inline struct sock *sock_of_kernel_conn(const struct target_row *target, uaddr_t conn)
{
	uaddr_t net_fd = conn ? read_u64(conn + target->net.conn_fd) : 0;

	return net_fd ? sock_of_net_fd(target, net_fd) : NULL;
}

/* The socket behind the net.Conn whose two words stand at `at`. */
static __always_inline struct sock *sock_of_conn(const struct target_row *target, uaddr_t at)
{
	return sock_of_kernel_conn(target, target->net.tcp_conn_type ? kernel_conn_in(target, at) : 0);
}

/* Reads a TCP connection. @return its socket; NULL for any other kind of connection */
static __always_inline struct sock *connection_of_tcp(struct connection *connection, struct sock *sk)
{
	if (!sk || connection_of_sock(connection, sk))
		return NULL;
	connection->sent = BPF_CORE_READ((struct tcp_sock *)sk, write_seq);
	connection->received = BPF_CORE_READ((struct tcp_sock *)sk, rcv_nxt);
	return sk;
}

/* The same behind the net.Conn whose two words stand at `at`. */
static __always_inline struct sock *connection_read(struct connection *connection, const struct target_row *target, uaddr_t at)
{
	return connection_of_tcp(connection, sock_of_conn(target, at));
}

/* The same, or a connection over a Unix socket, of which it is the client's end or the server's. */
static __always_inline struct sock *connection_read_local(struct connection *connection, const struct target_row *target,
							  uaddr_t at, bool is_client)
{
	uaddr_t conn = 0;
	struct sock *sk;

	if (target->net.tcp_conn_type)
		conn = kernel_conn_in(target, at) ?: kernel_conn_embedded_in(target, at);
	sk = sock_of_kernel_conn(target, conn);
	if (!sk || !is_unix(sk))
		return connection_of_tcp(connection, sk);
	return connection_of_unix(connection, sk, is_client) ? NULL : sk;
}

#endif
