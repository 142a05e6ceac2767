/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A span: what all spans have, then the body of its family, then its texts, of which only the used bytes are sent. A family
 * of the name X has its `struct X_body`, `enum X_text` and limits in a header of its own.
 */
#ifndef WIRE_SPAN_H
#define WIRE_SPAN_H

#include "connection.h"
#include "db.h"
#include "grpc.h"
#include "http.h"
#include "text.h"
#include "time.h"
#include "types.h"
#include "wait.h"

enum span_depth {
	SPAN_DEPTH_MAX = 4, /* spans open at once on one goroutine */
	SPAN_DEPTH_LASTING = 4, /* instead of a depth: the span is on no goroutine, since it outlives the call that it began in */
};

struct ev_header {
	__u16 kind DOC("one of enum ev_kind");
	__u16 flags DOC("bits of enum span_flag and of its family's flags; 0 in other records");
	__u32 size DOC("bytes of the whole record, this header included; of an open span, those in use");
	__u32 target_id DOC("number of the target process; 0: not a target");
	__u32 tid DOC("thread that wrote the record");
};

/* As OpenTelemetry has them. */
enum span_kind {
	SPAN_KIND_SERVER = 1,
	SPAN_KIND_CLIENT = 2,
	SPAN_KIND_INTERNAL = 3,
};

/* What a span is about: which body and which texts it has. */
enum span_family {
	SPAN_FAMILY_HTTP = 1,
	SPAN_FAMILY_DB = 2,
	SPAN_FAMILY_WAIT = 3,
	SPAN_FAMILY_GRPC = 4,
};

enum span_ending {
	ENDING_NONE = 0, /* still open */
	ENDING_RETURNED = 1,
	ENDING_PANICKED = 2,
	ENDING_HIJACKED = 3,
	ENDING_DISCONNECTED = 4,
	ENDING_GOROUTINE_EXITED = 5,
	ENDING_PROCESS_EXITED = 6,
};

/* Bits 3 to 7 are the family's own. */
enum span_flag {
	SPAN_FLAG_PARENT = 1 << 0,        /* parent_span_id is set */
	SPAN_FLAG_PARENT_REMOTE = 1 << 1, /* … and came with the request */
	SPAN_FLAG_LINK = 1 << 2,          /* link_* are set */
	SPAN_FLAG_TIME = 1 << 8,          /* struct span_time stands at the end, at a multiple of 8 */
	SPAN_FLAG_SDK_PARENT = 1 << 9,    /* the parent is of the target's own SDK; link_span_id names the span of ours around both, zeros: there is none */
	SPAN_FLAG_SDK_SAME = 1 << 10,     /* … and about the same operation */
	SPAN_FLAG_CONNECTION = 1 << 12,   /* struct span_connection stands behind the texts, and before the time, at a multiple of 8 */
	SPAN_FLAG_TAKEN_OVER = 1 << 11,   /* of an open span: another one of the same id is told instead, so that it never leaves */
};

union span_body {
	struct http_body http;
	struct db_body db;
	struct wait_body wait;
	struct grpc_body grpc;
};

static inline unsigned long span_body_bytes(enum span_family family)
{
	switch (family) {
	case SPAN_FAMILY_HTTP: return sizeof(struct http_body);
	case SPAN_FAMILY_DB: return sizeof(struct db_body);
	case SPAN_FAMILY_WAIT: return sizeof(struct wait_body);
	case SPAN_FAMILY_GRPC: return sizeof(struct grpc_body);
	}
	return 0;
}

/* Does what instruments calls of that family begin its spans within ours? Else they are around what ours are about. */
static inline int span_family_holds_sdk(enum span_family family)
{
	return family != SPAN_FAMILY_HTTP;
}

/* A span has ended. Fields up to `ending` are filled at the start: a span whose process is killed is reported from them. */
struct ev_span_end {
	struct ev_header header;
	ktime_ns_t start_ktime_ns;
	ktime_ns_t end_ktime_ns DOC("0 while the span is open");
	goid_t goid;
	goid_t parent_goid DOC("goroutine that created this one; 0: unknown or none");
	trace_id_t trace_id;
	trace_id_t link_trace_id;
	span_id_t span_id;
	span_id_t parent_span_id;
	span_id_t link_span_id;
	uaddr_t g_addr DOC("the goroutine's runtime.g");
	uaddr_t error_type_addr DOC("runtime type of the returned error, as loaded; 0: no error");
	__u16 text_sizes[SPAN_TEXTS_MAX] DOC("bytes of each text of its family");
	__u16 text_cut DOC("bit i: text i was cut");
	__u8 span_kind DOC("one of enum span_kind");
	__u8 family DOC("one of enum span_family");
	__u8 trace_flags DOC("W3C trace flags");
	__u8 depth DOC("of its entry in open_by_goroutine");
	__u8 ending DOC("one of enum span_ending");
	__u8 reserved;
	__u8 rest[sizeof(union span_body) + TEXT_BYTES_MAX + 8 + sizeof(struct span_connection) + sizeof(struct span_time)] DOC("the body of its family, right behind it the texts, then its connection and its time");
};

#endif
