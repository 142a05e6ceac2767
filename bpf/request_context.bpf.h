/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The trace context in an http.Header. */
#ifndef REQUEST_CONTEXT_BPF_H
#define REQUEST_CONTEXT_BPF_H

#include "header_map.bpf.h"
#include "traceparent.bpf.h"

/*
 * The one traceparent of a header, and the values of its tracestate; false if there is none that is well-formed, in which
 * case these say nothing either. Before any text.
 */
static __always_inline bool http_request_parent(struct remote_parent *parent, struct ev_span_end *span,
						const struct target_row *target, uaddr_t header, struct go_slice *tracestate)
{
	struct header_scan *scan = header_scan_begin(span);
	struct go_string value = {};

	scan_headers(scan, target, header);
	if (scan->traceparent.count > 1) {
		count(NOTE_TRACEPARENT_MALFORMED);
		return false;
	}
	if (!scan->traceparent.count || read_user(&value, sizeof(value), scan->traceparent.at) ||
	    !traceparent_parse(parent, value.at, value.bytes))
		return false;
	*tracestate = scan->tracestate;
	return true;
}

#endif
