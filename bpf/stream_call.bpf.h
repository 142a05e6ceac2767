/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which client call has sent a stream of HTTP/2 where another goroutine than that of the call sends it, so that the entry of its
 * span is not to be written: of each stream of a connection its call, by the connection.
 */
#ifndef STREAM_CALL_BPF_H
#define STREAM_CALL_BPF_H

#include "go.bpf.h"

#define STREAM_CALLS_MAX 16384 /* at once, as far as the kernel removes those first that are the oldest */

/* Ends as addresses say, which two network namespaces may have in common. */
struct stream_key {
	struct endpoint client;
	struct endpoint server;
	__u32 stream_id;
	__u32 reserved;
};

struct stream_call {
	struct connection connection; /* as the client sees it */
	struct goroutine_key goroutine;
	span_id_t span_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, STREAM_CALLS_MAX);
	__type(key, struct stream_key);
	__type(value, struct stream_call);
} call_by_stream SEC(".maps");

static __always_inline void stream_call_put(const struct stream_call *call)
{
	const struct stream_key key = {
		.client = call->connection.local,
		.server = call->connection.remote,
		.stream_id = call->connection.stream_id,
	};

	/* What is not there makes no join, but a trace of its own. */
	bpf_map_update_elem(&call_by_stream, &key, call, BPF_ANY);
}

/* That of a stream as its server sees it; NULL if there is none. */
static __noinline struct stream_call *stream_call_get(const struct connection *server)
{
	struct stream_key key = {
		.client = server->remote,
		.server = server->local,
		.stream_id = server->stream_id,
	};

	return bpf_map_lookup_elem(&call_by_stream, &key);
}

#endif
