/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The route of a server span: the pattern of the last ServeMux that its request has passed, and what other routers have said. */
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

/* One part of what routers call a route: where its text stands, and how long it is. */
struct http_route_part {
	struct go_string text;
	bool goes_on; /* it is of the same router as the one before */
};

/* Of the word of a part: 48 bits of address, 8 of length, of which all that is longer is cut anyway, and this one. */
#define ROUTE_BYTES_BIT 48
#define ROUTE_GOES_ON (1ULL << 56)
#define ROUTE_BITS (ROUTE_GOES_ON << 1)

/*
 * A part as one word, which only the span can read that it was written for: who serves a request on another goroutine than that
 * of its span (http.TimeoutHandler) may write it when that has ended, and another one stands in its place.
 */
static __always_inline __u64 http_route_word(const struct ev_span_end *span, struct http_route_part part)
{
	__u64 bytes = part.text.bytes > 0xff ? 0xff : part.text.bytes;

	return (part.text.at | bytes << ROUTE_BYTES_BIT | (part.goes_on ? ROUTE_GOES_ON : 0)) ^ *(const __u64 *)&span->span_id;
}

/* Adds parts in front of those that are known: the router around them. */
static __always_inline void http_route_add_outer(struct ev_span_end *span, const struct http_route_part *part)
{
	__u64 *parts = open_span_of(span)->route_parts;

	for (int i = HTTP_ROUTE_PARTS_MAX - 1; i > 0; i--)
		parts[i] = parts[i - 1];
	parts[0] = http_route_word(span, *part);
}

/* The string at an offset of an object is the route, unless it is empty: then the router has found none. */
static __always_inline void http_route_at(struct ev_span_end *span, uaddr_t object, go_offset_t offset)
{
	struct http_route_part part = {};

	if (offset != GO_OFFSET_ABSENT && !read_user(&part.text, sizeof(part.text), object + offset) && part.text.bytes)
		http_route_add_outer(span, &part);
}

/* Appends a part to the pattern; its router begins a line, and within that parts are divided by tabs. */
static __noinline long http_route_append(__u32 i, struct ev_span_end **of)
{
	struct ev_span_end *span = *of;
	__u64 word = i < HTTP_ROUTE_PARTS_MAX ? open_span_of(span)->route_parts[i & (HTTP_ROUTE_PARTS_MAX - 1)] : 0;
	struct go_string text;

	if (!word)
		return 1;
	word ^= *(const __u64 *)&span->span_id;
	if (word >= ROUTE_BITS)
		return 1; /* it was not written for this span */
	if (!text_separator(span, HTTP_TEXT_PATTERN, HTTP_TEXT_PATTERN_MAX, word & ROUTE_GOES_ON ? '\t' : '\n'))
		return 1;
	text.at = word & ((1ULL << ROUTE_BYTES_BIT) - 1);
	text.bytes = word >> ROUTE_BYTES_BIT & 0xff;
	text_put(span, HTTP_TEXT_PATTERN, HTTP_TEXT_PATTERN_MAX, HTTP_TEXT_PATTERN_MAX - span->text_sizes[HTTP_TEXT_PATTERN],
		 text);
	if (i == HTTP_ROUTE_PARTS_MAX - 1)
		span->text_cut |= 1 << HTTP_TEXT_PATTERN; /* there may have been more */
	return 0;
}

/*
 * The pattern of the last ServeMux, which has set it on the request that it got: often a copy (Request.WithContext). Behind it
 * what other routers have said.
 * `held`: the request that came in is still held by somebody.
 */
static __always_inline void http_server_pattern(struct ev_span_end *span, const struct target_row *target, bool held)
{
	const struct open_span *open = open_span_of(span);
	struct go_string pattern = {};

	if (target->http_request.pattern != GO_OFFSET_ABSENT) {
		if (http_is_request(target, open->routed_addr, open->routed_mark))
			http_server_pattern_of(&pattern, target, open->routed_addr);
		if (!pattern.bytes && (held || http_is_request(target, open->object_addr, open->object_mark)))
			http_server_pattern_of(&pattern, target, open->object_addr);
		text_append(span, HTTP_TEXT_PATTERN, HTTP_TEXT_PATTERN_MAX, pattern);
	}
	if (open->route_parts[0])
		repeat(HTTP_ROUTE_PARTS_MAX, http_route_append, &span);
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
 * Is it the request of the span, or a copy? That shares the method, which lies in the line that the request began with; one
 * that the handler has made up is none of the client's.
 */
static __always_inline bool http_is_copy(const struct target_row *target, struct ev_span_end *span, uaddr_t request)
{
	uaddr_t own = open_span_of(span)->object_addr;
	go_offset_t method = target->http_request.method;

	/* One that net/http does not serve has none. */
	if (!own || !request)
		return false;
	return request == own || read_u64(request + method) == read_u64(own + method);
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
	uaddr_t request_addr;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_SERVER_ROUTE))
		return 0;
	span = http_server_worked_for(hit.target, read_goid(hit.target, go_current_g(ctx)));
	if (!span)
		return 0;
	open = open_span_of(span);
	request_addr = go_argument(ctx, &hit);
	if (request_addr == open->object_addr || !http_is_copy(hit.target, span, request_addr))
		return 0;
	open->routed_addr = request_addr;
	open->routed_mark = read_u64(request_addr + hit.target->http_request.header);
	return 0;
}

#endif
