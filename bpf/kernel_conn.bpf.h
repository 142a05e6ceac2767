/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The net.Conn of the kernel that is in another one, such as *tls.Conn and what programs have of their own. */
#ifndef KERNEL_CONN_BPF_H
#define KERNEL_CONN_BPF_H

#include "interface.bpf.h"

#define WRAPPERS_MAX 3 /* net.Conns around one that is the kernel's */
#define CONN_FIELDS_MAX 8 /* of a struct, that are looked at */

static __always_inline bool is_kernel_conn_type(const struct target_row *target, uaddr_t type)
{
	uaddr_t tcp_conn = loaded_address(target, target->net.tcp_conn_type);
	uaddr_t unix_conn = target->net.unix_conn_type ? loaded_address(target, target->net.unix_conn_type) : tcp_conn;

	return type == tcp_conn || type == unix_conn;
}

/* Is it a net.Conn of the kernel, and not one around it? What is no interface at all may be looked at, so nothing that fails is a loss. */
static __always_inline bool is_kernel_conn(const struct target_row *target, const struct go_interface *conn)
{
	uaddr_t type = conn->itab ? peek_u64(conn->itab + 8) : 0;

	return type && is_kernel_conn_type(target, peek_u64(type + GO_POINTER_ELEM));
}

/*
 * The itab of a net.Conn of the kernel that was seen last in a target, which spares reading its types. It lies below 2^48, and what
 * the target is known by stands above, so that both are written at once.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TARGETS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} kernel_conn_itab_by_target SEC(".maps");

/* The same, mostly by what was found before. */
static __always_inline bool is_kernel_conn_again(const struct target_row *target, const struct go_interface *conn)
{
	__u32 place = target->target_id & (TARGETS_MAX - 1);
	__u64 *known = bpf_map_lookup_elem(&kernel_conn_itab_by_target, &place);
	__u64 here = conn->itab | (__u64)target->target_id << 48;

	if (!known)
		return false;
	if (*known != here) {
		if (!is_kernel_conn(target, conn))
			return false;
		*known = here;
	}
	return true;
}

/*
 * The net.TCPConn or net.UnixConn in the net.Conn whose two words stand at `at`, also where others are around it, of which it is the first field;
 * 0: there is none. A function of its own, so that whoever calls it is verified once and not for each depth.
 */
static __noinline uaddr_t kernel_conn_in(const struct target_row *target, uaddr_t at)
{
	struct go_interface conn = {};
	uaddr_t found = 0;

	for (int wrappers = 0; wrappers <= WRAPPERS_MAX; wrappers++) {
		if (bpf_probe_read_user(&conn, sizeof(conn), (const void *)at))
			break;
		if (is_kernel_conn_again(target, &conn)) {
			found = conn.data;
			break;
		}
		at = conn.data;
	}
	return found;
}

static __always_inline __u8 peek_u8(uaddr_t from)
{
	return peek_u64(from);
}

/* What a net.Conn is made of that is around another one, as its type has it. */
struct conn_search {
	const struct target_row *target;
	struct go_interface conn;
	uaddr_t fields; /* of its struct; 0: it is found */
	__u64 count;
	uaddr_t inner; /* where the words of the net.Conn stand that is embedded; if it is found, the net.TCPConn or net.UnixConn */
};

static __noinline long conn_search_step(__u32 i, struct conn_search *search)
{
	struct { uaddr_t name, type, offset; } field = {};
	__u8 kind;

	if (i >= search->count ||
	    bpf_probe_read_user(&field, sizeof(field), (const void *)(search->fields + i * sizeof(field))))
		return 1;
	if (!(peek_u8(field.name) & GO_NAME_EMBEDDED))
		return 0;
	kind = peek_u8(field.type + GO_TYPE_KIND) & GO_KIND_MASK;
	if (kind == GO_KIND_INTERFACE) {
		search->inner = search->conn.data + field.offset;
	} else if (kind == GO_KIND_POINTER &&
		   is_kernel_conn_type(search->target, peek_u64(field.type + GO_POINTER_ELEM))) {
		search->inner = peek_u64(search->conn.data + field.offset);
		search->fields = 0;
	}
	return search->inner != 0;
}

/* Looks for what is embedded in a struct, or a pointer to one, that is a net.Conn; what is not known to be is its first field. */
static __always_inline void conn_search_within(struct conn_search *search)
{
	uaddr_t type = search->conn.itab ? peek_u64(search->conn.itab + 8) : 0;

	search->inner = 0;
	search->fields = 1;
	if (type && (peek_u8(type + GO_TYPE_KIND) & GO_KIND_MASK) == GO_KIND_POINTER)
		type = peek_u64(type + GO_POINTER_ELEM);
	if (type && (peek_u8(type + GO_TYPE_KIND) & GO_KIND_MASK) == GO_KIND_STRUCT) {
		search->fields = peek_u64(type + GO_STRUCT_FIELDS);
		search->count = peek_u64(type + GO_STRUCT_FIELDS + 8);
		repeat(CONN_FIELDS_MAX, conn_search_step, search);
	}
	search->inner = search->inner ?: search->conn.data;
}

/* As kernel_conn_in, where it is not the first field of one of those around it, but is embedded there. Dearer: by their types. */
static __noinline uaddr_t kernel_conn_embedded_in(const struct target_row *target, uaddr_t at)
{
	struct conn_search search = { .target = target, .inner = at };

	for (int wrappers = 0; wrappers <= WRAPPERS_MAX; wrappers++) {
		if (bpf_probe_read_user(&search.conn, sizeof(search.conn), (const void *)search.inner))
			return 0;
		if (is_kernel_conn(target, &search.conn))
			return search.conn.data;
		conn_search_within(&search);
		if (!search.fields)
			return search.inner;
	}
	return 0;
}

#endif
