// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Witness of wire.h: compiled for its BTF only and never loaded, so that every layout is in the object. */
#include "wire.h"

union wire_records wire_records;

union wire_values {
	struct target_row target_row;
	struct settings settings;
	struct site_key site_key;
	struct inherited inherited;
	struct goroutine_key goroutine_key;
} wire_values;

enum wire_limit wire_limit;
enum ev_kind ev_kind;
enum span_role span_role;
enum span_ending span_ending;
enum span_flag span_flag;
enum span_text span_text;
enum target_flag target_flag;
enum count count;

_Static_assert(TEXT_METHOD_MAX + TEXT_SCHEME_MAX + TEXT_HOST_MAX + TEXT_PATH_MAX + TEXT_QUERY_MAX + TEXT_PEER_MAX +
		       TEXT_TRACE_STATE_MAX + TEXT_PATTERN_MAX ==
	       TEXT_BYTES_MAX, "every string must fit");
