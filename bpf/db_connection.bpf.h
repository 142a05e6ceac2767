/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a database is: by the driver's connection which system, server and database; without one by what connections are made with. */
#ifndef DB_CONNECTION_BPF_H
#define DB_CONNECTION_BPF_H

#include "connection.bpf.h"
#include "text.bpf.h"

static __always_inline struct db_body *db_body(struct ev_span_end *span)
{
	return (struct db_body *)span->rest;
}

/* The server at the other end of the net.Conn at `at`, with TLS or without, and how the call uses it. */
static __always_inline void db_peer_used(struct ev_span_end *span, const struct target_row *target, uaddr_t at, __u32 use)
{
	struct connection *connection = connection_of(span);
	struct db_body *body = db_body(span);
	struct sock *sk = connection_read(connection, target, at);

	if (!sk)
		return;
	__builtin_memcpy(body->peer_address, connection->remote.address, sizeof(body->peer_address));
	body->peer_port = connection->remote.port;
	span->header.flags |= DB_FLAG_PEER;
	if (span_is_sampled(span))
		socket_watch(open_span_of(span), sk, use);
}

/* The same. A pool says which one it was when the call is over. Without a branch, so that what follows is verified once. */
static __always_inline void db_peer(struct ev_span_end *span, const struct target_row *target, uaddr_t at)
{
	db_peer_used(span, target, at, SOCKET_LATE * (span->header.flags / DB_FLAG_POOL & 1));
}

static __always_inline void db_namespace(struct ev_span_end *span, uaddr_t at)
{
	struct go_string name = {};

	if (!read_user(&name, sizeof(name), at))
		text_append(span, DB_TEXT_NAMESPACE, DB_TEXT_NAMESPACE_MAX, name);
}

/*
 * The connection that the call is made on, as the pool has it (*driverConn): whose driver it is, which server, which
 * database. A function of its own, so that its frame does not add to those of the programs.
 */
static __noinline int db_connection(struct ev_span_end *span, const struct target_row *target, uaddr_t driver_conn)
{
	const struct db_layout *db = &target->db;
	struct go_interface conn;
	struct go_type type;
	__u8 system = DB_SYSTEM_OTHER;
	uaddr_t at = 0, name = 0;

	if (!span || !target || !driver_conn || !span_is_told(span))
		return 0;
	conn = read_interface(driver_conn + db->driver_conn_ci);
	type = type_of(&conn);
	if (is_type(target, &type, db->pgx_conn_type)) {
		system = DB_SYSTEM_POSTGRESQL;
		at = read_u64(read_u64(conn.data + db->pgx_conn_conn) + db->pgx_inner_pg_conn) + db->pgx_pg_conn_conn;
		if (db->pgx_conn_config != GO_OFFSET_ABSENT && db->pgx_config_database != GO_OFFSET_ABSENT)
			name = conn.data + db->pgx_conn_config + db->pgx_config_config + db->pgx_config_database;
	} else if (is_type(target, &type, db->pq_conn_type)) {
		system = DB_SYSTEM_POSTGRESQL;
		at = conn.data + db->pq_conn_c;
		if (db->pq_conn_config != GO_OFFSET_ABSENT && db->pq_config_database != GO_OFFSET_ABSENT)
			name = conn.data + db->pq_conn_config + db->pq_config_database;
	} else if (is_type(target, &type, db->mysql_conn_type)) {
		system = DB_SYSTEM_MYSQL;
		at = conn.data + db->mysql_conn_net;
		name = read_u64(conn.data + db->mysql_conn_config) + db->mysql_config_database;
	} else if (is_type(target, &type, db->sqlite_conn_type)) {
		system = DB_SYSTEM_SQLITE;
	}
	db_body(span)->system = system;
	if (name && !span->text_sizes[DB_TEXT_NAMESPACE])
		db_namespace(span, name);
	/* Last, so that the verifier need not follow the rest once for each kind of connection. */
	if (at)
		db_peer(span, target, at);
	return 0;
}

/* Which system it is, of a call that got no connection: by what the pool makes its connections with. */
static __noinline int db_connector(struct ev_span_end *span, const struct target_row *target)
{
	const struct db_layout *db = &target->db;
	struct go_interface connector;
	struct go_type type;
	__u8 system = DB_SYSTEM_OTHER;

	if (!span || !target || !open_span_of(span)->object_addr)
		return 0;
	connector = read_interface(open_span_of(span)->object_addr + db->db_connector);
	type = type_of(&connector);
	if (is_type(target, &type, db->dsn_connector_type) && db->dsn_connector_driver != GO_OFFSET_ABSENT) {
		connector = read_interface(connector.data + db->dsn_connector_driver);
		type = type_of(&connector);
	}
	if (is_type(target, &type, db->pgx_connector_type) || is_type(target, &type, db->pgx_open_connector_type) ||
	    is_type(target, &type, db->pq_connector_type) || is_type(target, &type, db->pq_driver_type))
		system = DB_SYSTEM_POSTGRESQL;
	else if (is_type(target, &type, db->mysql_connector_type))
		system = DB_SYSTEM_MYSQL;
	else if (is_type(target, &type, db->sqlite_driver_type))
		system = DB_SYSTEM_SQLITE;
	db_body(span)->system = system;
	return 0;
}

#endif
