/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The context that a request brings along in its headers, of HTTP or the metadata of gRPC (map[string][]string). */
#ifndef REMOTE_CONTEXT_BPF_H
#define REMOTE_CONTEXT_BPF_H

#include "header_map.bpf.h"
#include "text.bpf.h"
#include "traceparent.bpf.h"

#define TRACESTATE_HEADERS_MAX 4

/*
 * The one traceparent of a header, and the values of its tracestate; false if there is none that is well-formed, in which
 * case these say nothing either. Before any text.
 */
static __always_inline bool remote_read(struct remote_parent *parent, struct ev_span_end *span,
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

/* The values of the headers that are one list, and whose it becomes. */
struct trace_state_join {
	struct ev_span_end *span;
	const struct go_slice *values;
};

static __noinline long join_trace_state(__u32 i, struct trace_state_join *join)
{
	struct go_string value = {};

	if (i >= join->values->count || read_user(&value, sizeof(value), join->values->at + i * sizeof(value)))
		return 1;
	text_join(join->span, SPAN_TEXT_TRACE_STATE, SPAN_TEXT_TRACE_STATE_MAX, value);
	return 0;
}

/* Several tracestate headers are one list (W3C Trace Context, 3.3.1). More than are read here are marked as cut. */
static __always_inline void remote_trace_state(struct ev_span_end *span, const struct go_slice *values)
{
	struct trace_state_join join = { span, values };

	if (!values->count)
		return;
	repeat(TRACESTATE_HEADERS_MAX, join_trace_state, &join);
	if (values->count > TRACESTATE_HEADERS_MAX)
		span->text_cut |= 1 << SPAN_TEXT_TRACE_STATE;
}

#endif
