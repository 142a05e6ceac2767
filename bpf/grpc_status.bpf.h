/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What servers and clients of gRPC read alike: statuses, and whether a method is one of gRPC's own services. */
#ifndef GRPC_STATUS_BPF_H
#define GRPC_STATUS_BPF_H

#include "context.bpf.h"
#include "text.bpf.h"

static __always_inline struct grpc_body *grpc_body(struct ev_span_end *span)
{
	return (struct grpc_body *)span->rest;
}

/* google.golang.org/grpc/codes, as far as it decides something here. */
enum grpc_code {
	GRPC_OK = 0,
	GRPC_CANCELED = 1,
	GRPC_UNKNOWN = 2,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_UNIMPLEMENTED = 12,
};

static __always_inline void grpc_status_set(struct ev_span_end *span, __u32 code)
{
	grpc_body(span)->code = code;
	span->header.flags |= GRPC_FLAG_STATUS;
}

/* The message of the protocol behind a *status.Status; 0 where that stands for OK. */
static __always_inline uaddr_t grpc_status_proto(const struct target_row *target, uaddr_t status)
{
	return status ? read_u64(status + target->grpc.status_s) : 0;
}

static __always_inline __u32 grpc_status_code(const struct target_row *target, uaddr_t proto)
{
	return proto ? (__u32)read_u64(proto + target->grpc.status_code) : GRPC_OK;
}

/* Calls of the services grpc.health.* and grpc.reflection.*, which are about the server and not of what it is for. */
static __always_inline bool grpc_is_health(struct go_string method)
{
	static const char health[16] = "/grpc.health.\0\0", reflection[17] = "/grpc.reflection";
	__u64 said[2] = {};

	if (method.bytes < sizeof(said) || read_user(said, sizeof(said), method.at) || said[0] >> 56 == 0)
		return false;
	return (said[0] == *(const __u64 *)reflection && said[1] == *(const __u64 *)(reflection + 8)) ||
	       (said[0] == *(const __u64 *)health && (said[1] & 0xffffffffffULL) == *(const __u64 *)(health + 8));
}

/* Decides for the span whether it is told. Its context is known. */
static __always_inline void grpc_decide(struct ev_span_end *span, struct go_string method)
{
	const struct settings *settings = settings_get();

	if (settings && !settings->grpc_health && grpc_is_health(method)) {
		count(NOTE_GRPC_HEALTH_UNTRACED);
		span->trace_flags = 0;
		open_span_of(span)->is_counted = 0;
		return;
	}
	span_decide(span);
}

static __always_inline void grpc_peer(struct ev_span_end *span, const struct endpoint *peer)
{
	__builtin_memcpy(grpc_body(span)->peer_address, peer->address, sizeof(peer->address));
	grpc_body(span)->peer_port = peer->port;
	span->header.flags |= GRPC_FLAG_PEER;
}

#endif
