/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A request that is served by two layers of a program, each with a span of its own: the inner one is told, in place of both. */
#ifndef TAKE_OVER_BPF_H
#define TAKE_OVER_BPF_H

#include "context.bpf.h"

/*
 * A server span takes the place of that which is open around its goroutine's birth, if that is one of another family: its
 * ids, its parent and its start, since both are of one request. The other is not told. Before any text. False if there is none.
 */
static __noinline bool context_take_over(struct ev_span_end *span, const struct target_row *target)
{
	struct goroutine_key key = { .goid = span->goid, .target_id = target->target_id };
	struct inherited inherited = {};
	struct ev_span_end *around;
	__u32 body_bytes, text_bytes;

	if (!inherited_copy(&inherited, &key))
		return false;
	key.goid = inherited.owner_goid;
	key.depth = inherited.owner_depth;
	around = bpf_map_lookup_elem(&open_by_goroutine, &key);
	if (!around || !same_span(&around->span_id, &inherited.span_id) || around->span_kind != SPAN_KIND_SERVER ||
	    around->family == span->family)
		return false;
	span->trace_id = around->trace_id;
	span->span_id = around->span_id;
	span->parent_span_id = around->parent_span_id;
	span->trace_flags = around->trace_flags;
	span->start_ktime_ns = around->start_ktime_ns;
	span->link_span_id = around->link_span_id;
	span->header.flags |= around->header.flags &
			      (SPAN_FLAG_PARENT | SPAN_FLAG_PARENT_REMOTE | SPAN_FLAG_SDK_PARENT | SPAN_FLAG_SDK_SAME);
	open_span_of(span)->given_flags = open_span_of(around)->given_flags;
	open_span_of(span)->is_counted = open_span_of(around)->is_counted;
	body_bytes = span_body_bytes(around->family);
	text_bytes = around->text_sizes[SPAN_TEXT_TRACE_STATE];
	if (text_bytes && text_bytes <= SPAN_TEXT_TRACE_STATE_MAX && body_bytes <= sizeof(union span_body)) {
		bpf_probe_read_kernel((void *)span->rest + (span_body_bytes(span->family) & 0xff), text_bytes & 0x1ff,
				      (void *)around->rest + (body_bytes & 0xff));
		span->text_sizes[SPAN_TEXT_TRACE_STATE] = text_bytes;
		span->text_cut |= around->text_cut & 1 << SPAN_TEXT_TRACE_STATE;
		span->header.size += text_bytes;
	}
	order_reads();
	if (bpf_map_lookup_elem(&open_by_goroutine, &key) != around || !same_span(&around->span_id, &inherited.span_id))
		return false;
	around->header.flags |= SPAN_FLAG_TAKEN_OVER;
	return true;
}

#endif
