/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where things are in a Go program that is traced, as far as every family needs it: part of the target's row. Fields are
 * told as offsets, functions, types and variables as link-time addresses.
 */
#ifndef WIRE_GO_H
#define WIRE_GO_H

#include "types.h"

/* Goroutines. */
struct runtime_layout {
	go_offset_t g_stack GO_FIELD("runtime.g.stack");
	go_offset_t g_panic GO_FIELD("runtime.g._panic?");
	go_offset_t g_m GO_FIELD("runtime.g.m");
	go_offset_t g_goid GO_FIELD("runtime.g.goid");
	go_offset_t g_parent_goid GO_FIELD("runtime.g.parentGoid?");
	go_offset_t g_startpc GO_FIELD("runtime.g.startpc");
	go_offset_t m_curg GO_FIELD("runtime.m.curg");
	__u16 padding;
	__u32 reserved;
};

/* Connections behind a net.Conn. */
struct net_layout {
	uaddr_t tcp_conn_type GO_TYPE("net.TCPConn") DOC("0: connections are not read");
	uaddr_t unix_conn_type GO_TYPE("net.UnixConn") DOC("0: those over Unix sockets are not");
	go_offset_t conn_fd GO_FIELD("net.conn.fd?");
	go_offset_t fd_pfd GO_FIELD("net.netFD.pfd?");
	go_offset_t poll_fd_sysfd GO_FIELD("internal/poll.FD.Sysfd?");
	__u16 reserved;
};

#endif
