/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What spans of HTTP have of their own, servers and clients. */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "text.h"
#include "types.h"

/* Of header.flags. */
enum http_flag {
	HTTP_FLAG_TLS = 1 << 3,
	HTTP_FLAG_STATUS = 1 << 4, /* status is set */
};

struct http_body {
	__s64 body_bytes DOC("response body bytes written by the handler; -1: unknown");
	__u16 status DOC("HTTP status code, valid with HTTP_FLAG_STATUS");
	__u8 protocol DOC("HTTP version: major * 10 + minor");
	__u8 resends DOC("attempts within the call that failed before the last; of meaning only without an error");
	__u32 reserved;
};

enum http_text {
	HTTP_TEXT_METHOD = 1,
	HTTP_TEXT_SCHEME,
	HTTP_TEXT_HOST,
	HTTP_TEXT_PATH,
	HTTP_TEXT_QUERY,
	HTTP_TEXT_PEER,
	HTTP_TEXT_PATTERN,
};

enum http_text_limit {
	HTTP_TEXT_METHOD_MAX = 16,
	HTTP_TEXT_SCHEME_MAX = 8,
	HTTP_TEXT_HOST_MAX = 128,
	HTTP_TEXT_PATH_MAX = 256,
	HTTP_TEXT_QUERY_MAX = 176,
	HTTP_TEXT_PEER_MAX = 56,
	HTTP_TEXT_PATTERN_MAX = 128,
};

_Static_assert(SPAN_TEXT_TRACE_STATE_MAX + HTTP_TEXT_METHOD_MAX + HTTP_TEXT_SCHEME_MAX + HTTP_TEXT_HOST_MAX +
		       HTTP_TEXT_PATH_MAX + HTTP_TEXT_QUERY_MAX + HTTP_TEXT_PEER_MAX + HTTP_TEXT_PATTERN_MAX <=
	       TEXT_BYTES_MAX, "every text must fit");

#endif
