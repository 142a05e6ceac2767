/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The route of a server span: the pattern of the last ServeMux that its request has passed. */
#ifndef HTTP_ROUTE_BPF_H
#define HTTP_ROUTE_BPF_H

#include "goroutine.bpf.h"
#include "text.bpf.h"

/* Is it still the request that has this mark? Else its memory has another use by now. */
static __always_inline bool http_is_request(const struct target_row *target, uaddr_t request, uaddr_t mark)
{
	return request && read_u64(request + target->http_request.header) == mark;
}

static __always_inline void http_server_pattern_of(struct go_string *pattern, const struct target_row *target,
						   uaddr_t request)
{
	if (read_user(pattern, sizeof(*pattern), request + target->http_request.pattern))
		pattern->bytes = 0;
}

/*
 * The pattern of the last ServeMux, which has set it on the request that it got: often a copy (Request.WithContext).
 * `held`: the request that came in is still held by somebody.
 */
static __always_inline void http_server_pattern(struct ev_span_end *span, const struct target_row *target, bool held)
{
	const struct open_span *open = open_span_of(span);
	struct go_string pattern = {};

	if (target->http_request.pattern == GO_OFFSET_ABSENT)
		return;
	if (http_is_request(target, open->routed_addr, open->routed_mark))
		http_server_pattern_of(&pattern, target, open->routed_addr);
	if (!pattern.bytes && (held || http_is_request(target, open->object_addr, open->object_mark)))
		http_server_pattern_of(&pattern, target, open->object_addr);
	text_append(span, HTTP_TEXT_PATTERN, HTTP_TEXT_PATTERN_MAX, pattern);
}

/*
 * Where nothing may hold the request any more, so that its memory may be another object's: from Go 1.27 on that of
 * HTTP/2, once its handler has returned. The headers are held longer, so that no other request can have them.
 */
static __always_inline void http_server_late_pattern(struct ev_span_end *span, const struct target_row *target)
{
	http_server_pattern(span, target, false);
}

/* The open server span that a goroutine works for: its own, or the one in which it was born (http.TimeoutHandler). */
static __always_inline struct ev_span_end *http_server_worked_for(const struct target_row *target, goid_t goid)
{
	struct goroutine_key key;
	struct ev_span_end *span = outermost_span(target, goid, &key);
	struct inherited inherited;

	if (!span && inherited_copy(&inherited, &key)) {
		key.goid = inherited.owner_goid;
		key.depth = inherited.owner_depth;
		span = bpf_map_lookup_elem(&open_by_goroutine, &key);
		if (span && !same_span(&span->span_id, &inherited.span_id))
			return NULL;
	}
	return span && span->span_kind == SPAN_KIND_SERVER && span->family == SPAN_FAMILY_HTTP ? span : NULL;
}

/*
 * func (mux *ServeMux) ServeHTTP(w ResponseWriter, r *Request)  argument: r. Attached only to programs that copy requests.
 * Written into a span that may be another goroutine's and may end meanwhile: the two words
 * are believed only together.
 */
SEC("uprobe")
int http_server_route(struct pt_regs *ctx)
{
	struct ev_span_end *span;
	struct open_span *open;
	go_offset_t method;
	uaddr_t request_addr;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_SERVER_ROUTE))
		return 0;
	span = http_server_worked_for(hit.target, read_goid(hit.target, go_current_g(ctx)));
	if (!span)
		return 0;
	open = open_span_of(span);
	request_addr = go_argument(ctx, &hit);
	/*
	 * A copy shares the method, which lies in the line that the request began with; one that the handler has made up is none
	 * of the client's.
	 */
	method = hit.target->http_request.method;
	if (request_addr == open->object_addr || read_u64(request_addr + method) != read_u64(open->object_addr + method))
		return 0;
	open->routed_addr = request_addr;
	open->routed_mark = read_u64(request_addr + hit.target->http_request.header);
	return 0;
}

#endif
