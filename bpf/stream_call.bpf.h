/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which client call has sent a stream of HTTP/2 where another goroutine than that of the call sends it, so that the entry of its
 * span is not to be written. The entry of a stream is never changed, but another one takes its place.
 */
#ifndef STREAM_CALL_BPF_H
#define STREAM_CALL_BPF_H

#include "go.bpf.h"

#define STREAM_PLACES 16384

struct stream_call {
	struct connection connection; /* as the client sees it */
	struct goroutine_key goroutine;
	span_id_t span_id;
};

/* By place; there is one for each, so that nothing has to be removed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STREAM_PLACES);
	__type(key, __u32);
	__type(value, struct stream_call);
} stream_call_by_place SEC(".maps");

/* Those of one connection, which have every other number, stand beside each other. */
static __always_inline __u32 stream_place(const struct endpoint *client, const struct endpoint *server, __u32 stream_id)
{
	return (client->port * 40503 + server->port * 31337 + (stream_id >> 1)) & (STREAM_PLACES - 1);
}

static __always_inline void stream_call_put(const struct stream_call *call)
{
	const struct connection *connection = &call->connection;
	__u32 place = stream_place(&connection->local, &connection->remote, connection->stream_id);

	/* What is not there makes no join, but a trace of its own. */
	bpf_map_update_elem(&stream_call_by_place, &place, call, BPF_ANY);
}

/* What stands in the place of a stream, given as its server sees it; NULL: nothing. */
static __always_inline struct stream_call *stream_call_get(const struct connection *server)
{
	__u32 place = stream_place(&server->remote, &server->local, server->stream_id);

	return bpf_map_lookup_elem(&stream_call_by_place, &place);
}

#endif
