/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The errors of database drivers: their types and codes. */
#ifndef DB_ERROR_BPF_H
#define DB_ERROR_BPF_H

#include "db_connection.bpf.h"

#define ERRORS_WRAPPED_MAX 2

static __always_inline void db_sql_state(struct db_body *body, uaddr_t at)
{
	struct go_string code = {};

	if (!read_user(&code, sizeof(code), at) && code.bytes == 5)
		read_user(body->sql_state, 5, code.at);
}

/* Is it an errors.New("context canceled")? */
static __always_inline bool db_is_canceled(uaddr_t error)
{
	static const char canceled[16] = "context canceled";
	struct go_string text = {};
	__u64 said[2] = {};

	if (!error || bpf_probe_read_user(&text, sizeof(text), (void *)error) || text.bytes != sizeof(canceled) ||
	    bpf_probe_read_user(said, sizeof(said), (void *)text.at))
		return false;
	return said[0] == ((const __u64 *)canceled)[0] && said[1] == ((const __u64 *)canceled)[1];
}

/* What the error is that an attempt has come back with: its type, and its code where the driver is known. */
static __noinline int db_failed(struct ev_span_end *span, const struct target_row *target, uaddr_t itab, uaddr_t data)
{
	const struct db_layout *db;
	struct go_interface error = { itab, data };
	struct go_type type;
	struct db_body *body;

	if (!span || !target)
		return 0;
	db = &target->db;
	body = db_body(span);
	type = type_of(&error);
	/* What a known one wraps says more. */
	for (int i = 0; i < ERRORS_WRAPPED_MAX; i++) {
		go_offset_t wrapped = GO_OFFSET_ABSENT;

		if (is_type(target, &type, db->wrap_error_type))
			wrapped = db->wrap_error_err;
		else if (is_type(target, &type, db->pgx_prepare_error_type))
			wrapped = db->pgx_prepare_error_err;
		else if (is_type(target, &type, db->pgx_timeout_type))
			wrapped = db->pgx_timeout_err;
		else if (is_type(target, &type, db->pgx_already_done_type))
			wrapped = db->pgx_already_done_err;
		if (wrapped == GO_OFFSET_ABSENT)
			break;
		error = read_interface(error.data + wrapped);
		type = type_of(&error);
	}
	span->error_type_addr = type.own;
	span->header.flags &= ~DB_FLAG_CANCELED;
	body->error_number = 0;
	*(__u64 *)body->sql_state = 0;
	if (is_type(target, &type, db->pgx_error_type)) {
		db_sql_state(body, error.data + db->pgx_error_code);
	} else if (is_type(target, &type, db->pq_error_type)) {
		db_sql_state(body, error.data + db->pq_error_code);
	} else if (is_type(target, &type, db->mysql_error_type)) {
		__u16 number = 0;

		read_user(&number, sizeof(number), error.data + db->mysql_error_number);
		body->error_number = number;
	} else if (is_type(target, &type, db->sqlite_error_type)) {
		body->error_number = read_u64(error.data + db->sqlite_error_code);
	} else if (db_is_canceled(error.data)) {
		span->header.flags |= DB_FLAG_CANCELED;
	}
	return 0;
}

#endif
