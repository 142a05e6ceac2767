/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What routers other than the ServeMux call the route of a request: gin, echo, chi, gorilla/mux. */
#ifndef HTTP_ROUTER_BPF_H
#define HTTP_ROUTER_BPF_H

#include "http_route.bpf.h"

/* Adds a part behind those that are known. */
static __always_inline void http_route_add_inner(struct ev_span_end *span, const struct http_route_part *part)
{
	__u64 *parts = open_span_of(span)->route_parts;

	for (int i = 0; i < HTTP_ROUTE_PARTS_MAX; i++) {
		if (parts[i])
			continue;
		parts[i] = http_route_word(span, *part);
		return;
	}
}

/* Is the request that stands at an offset of a router's context the one of the span, or a copy? */
static __always_inline bool http_router_serves(const struct target_row *target, struct ev_span_end *span, uaddr_t context,
					       go_offset_t offset)
{
	return offset != GO_OFFSET_ABSENT && http_is_copy(target, span, read_u64(context + offset));
}

/* chi keeps no request, but its method; for one of HEAD it may serve what there is for GET, and says so. */
static __always_inline bool http_router_chi_serves(const struct target_row *target, struct ev_span_end *span, uaddr_t context)
{
	struct go_string method = {}, own = {};
	char first = 0;

	if (target->http_router.chi_method == GO_OFFSET_ABSENT || !open_span_of(span)->object_addr ||
	    read_user(&method, sizeof(method), context + target->http_router.chi_method) ||
	    read_user(&own, sizeof(own), open_span_of(span)->object_addr + target->http_request.method))
		return false;
	if (method.at == own.at)
		return true;
	return method.bytes == sizeof("GET") - 1 && own.bytes == sizeof("HEAD") - 1 && !read_user(&first, 1, own.at) && first == 'H';
}

/* Where the patterns of a chi context stand, and whose they become. */
struct http_chi_patterns {
	struct ev_span_end *span;
	uaddr_t at;
	__u64 count;
};

/* From the last, since each goes before those that are known. */
static __noinline long http_router_chi_step(__u32 i, struct http_chi_patterns *patterns)
{
	struct http_route_part part = {};
	__u64 index = patterns->count - 1 - i;

	if (i >= patterns->count)
		return 1;
	part.goes_on = index > 0;
	if (!read_user(&part.text, sizeof(part.text), patterns->at + index * sizeof(part.text)))
		http_route_add_outer(patterns->span, &part);
	return 0;
}

/*
 * What a mux and those that are mounted in it have matched, outermost first. The innermost that was asked has found nothing if
 * Context.routePattern is empty.
 */
static __always_inline void http_router_chi(const struct target_row *target, struct ev_span_end *span, uaddr_t context)
{
	const struct http_router_layout *layout = &target->http_router;
	struct http_chi_patterns patterns = { .span = span };
	struct go_string last = { .bytes = 1 };
	struct go_slice slice = {};

	if (layout->chi_patterns == GO_OFFSET_ABSENT || !http_router_chi_serves(target, span, context))
		return;
	if (layout->chi_pattern != GO_OFFSET_ABSENT)
		read_user(&last, sizeof(last), context + layout->chi_pattern);
	if (!last.bytes || read_user(&slice, sizeof(slice), context + layout->chi_patterns))
		return;
	patterns.at = slice.at;
	patterns.count = slice.count > HTTP_ROUTE_PARTS_MAX ? HTTP_ROUTE_PARTS_MAX : slice.count;
	repeat(HTTP_ROUTE_PARTS_MAX, http_router_chi_step, &patterns);
}

/* Of a mux.Route: Route.regexp.path.template, which has those of the routers around its own before it. */
static __always_inline void http_router_mux(const struct target_row *target, struct ev_span_end *span, uaddr_t route)
{
	const struct http_router_layout *layout = &target->http_router;
	struct http_route_part part = {};
	uaddr_t path;

	if (!route || layout->mux_route_conf == GO_OFFSET_ABSENT || layout->mux_path_template == GO_OFFSET_ABSENT)
		return;
	path = read_u64(route + layout->mux_route_conf + layout->mux_conf_regexp + layout->mux_regexp_path);
	if (path && !read_user(&part.text, sizeof(part.text), path + layout->mux_path_template) && part.text.bytes)
		http_route_add_inner(span, &part);
}

/*
 * The call by which a router gives back its context when it has served a request:
 * func (p *sync.Pool) Put(x any)  argument: x's data.
 * Of gorilla/mux, which has none, func requestWithRoute(r *http.Request, route *Route) *http.Request  argument: route.
 * The variant of the site says which it is. Strings are only pointed to until the span ends: they are those of the routes.
 */
SEC("uprobe")
int http_server_router(struct pt_regs *ctx)
{
	const struct http_router_layout *layout;
	struct ev_span_end *span;
	uaddr_t context, route;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_SERVER_ROUTER))
		return 0;
	span = http_server_worked_for(hit.target, read_goid(hit.target, go_current_g(ctx)));
	if (!span || !span_is_told(span))
		return 0;
	layout = &hit.target->http_router;
	context = go_argument(ctx, &hit);
	switch (COOKIE_VARIANT(hit.cookie)) {
	case HTTP_ROUTER_GIN:
		if (http_router_serves(hit.target, span, context, layout->gin_request))
			http_route_at(span, context, layout->gin_full_path);
		break;
	case HTTP_ROUTER_ECHO4:
		if (http_router_serves(hit.target, span, context, layout->echo4_request))
			http_route_at(span, context, layout->echo4_path);
		break;
	case HTTP_ROUTER_ECHO5:
		if (layout->echo5_route == GO_OFFSET_ABSENT || !http_router_serves(hit.target, span, context, layout->echo5_request))
			break;
		route = read_u64(context + layout->echo5_route);
		if (route)
			http_route_at(span, route, layout->echo5_route_path);
		break;
	case HTTP_ROUTER_CHI:
		http_router_chi(hit.target, span, context);
		break;
	case HTTP_ROUTER_MUX:
		if (http_is_copy(hit.target, span, go_register(ctx, 0)))
			http_router_mux(hit.target, span, context);
		break;
	}
	return 0;
}

#endif
