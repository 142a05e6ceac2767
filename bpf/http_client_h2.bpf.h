/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What HTTP/2 has of its own: the stream that a call is sent as, by a goroutine that the call has begun for it. */
#ifndef HTTP_CLIENT_H2_BPF_H
#define HTTP_CLIENT_H2_BPF_H

#include "connection.bpf.h"

/* Where in the structs of one of the two implementations of HTTP/2 it is said over which connection a stream goes. */
struct h2_client_offsets {
	go_offset_t stream_id;
	go_offset_t stream_conn;
	go_offset_t conn_conn;
};

static __always_inline struct h2_client_offsets h2_client_offsets_of(const struct hit *hit)
{
	const struct http_client_layout *layout = &hit->target->http_client;

	if (COOKIE_VARIANT(hit->cookie) == HTTP_H2_XNET)
		return (struct h2_client_offsets){ layout->xnet_stream_id, layout->xnet_stream_conn, layout->xnet_conn_conn };
	return (struct h2_client_offsets){ layout->h2_stream_id, layout->h2_stream_conn, layout->h2_conn_conn };
}

/*
 * func (cs *clientStream) encodeAndWriteHeaders(req *http.Request) error  argument: cs, which has got its number. On a goroutine that
 * was begun within the call, which has that as its context; and before anything of the stream is sent.
 */
SEC("uprobe")
int http_client_stream(struct pt_regs *ctx)
{
	struct goroutine_key key = {};
	struct inherited call = {};
	struct h2_client_offsets offsets;
	const struct ev_span_end *span;
	uaddr_t stream;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_HTTP_CLIENT_STREAM))
		return 0;
	offsets = h2_client_offsets_of(&hit);
	if (offsets.stream_id == GO_OFFSET_ABSENT || offsets.stream_conn == GO_OFFSET_ABSENT ||
	    offsets.conn_conn == GO_OFFSET_ABSENT)
		return 0;
	key.goid = read_goid(hit.target, go_current_g(ctx));
	key.target_id = hit.target->target_id;
	if (!inherited_copy(&call, &key))
		return 0;
	key.goid = call.owner_goid;
	key.depth = call.owner_depth;
	span = bpf_map_lookup_elem(&open_by_goroutine, &key);
	/* Without a call of net/http around it, a stream is sent within something else. */
	if (!span || span->span_kind != SPAN_KIND_CLIENT || span->family != SPAN_FAMILY_HTTP)
		return 0;
	stream = go_argument(ctx, &hit);
	connection_claim_stream(hit.target, read_u64(stream + offsets.stream_conn) + offsets.conn_conn,
				read_u64(stream + offsets.stream_id), &key, &call.span_id);
	return 0;
}

#endif
