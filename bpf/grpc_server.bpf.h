/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Server spans of gRPC: one for each stream, unary or not, from where the server begins to serve it to its final status. Always the
 * outermost of its goroutine, which is the stream's own or one of a pool.
 */
#ifndef GRPC_SERVER_BPF_H
#define GRPC_SERVER_BPF_H

#include "connection.bpf.h"
#include "goroutine.bpf.h"
#include "grpc_status.bpf.h"
#include "remote_context.bpf.h"
#include "stack.bpf.h"
#include "take_over.bpf.h"

#define CONTEXTS_MAX 8 /* around a stream, until that with its metadata */
#define FRAMES_ABOVE_STATUS 3 /* from the function that writes the final status to that which serves the stream, at most */

/* What is read of a stream that is about to be served. */
struct grpc_stream {
	uaddr_t transport; /* 0: it is not one of gRPC's own, but net/http's */
	struct go_string method;
	uaddr_t metadata;
	uaddr_t context; /* data word of its context.Context */
	__u32 id;
	__u32 is_by_handler; /* of net/http */
};

/* context.valueCtx: its parent, the key and the value are interfaces, of which a map is its data word (Go 1.17 to 1.27). */
struct go_value_context {
	struct go_interface parent;
	struct go_interface key;
	struct go_interface value;
};

/* The metadata (map[string][]string) in the context whose two words stand at `at`; 0: there are none. */
static __noinline uaddr_t grpc_metadata(const struct target_row *target, uaddr_t at)
{
	uaddr_t key_type = target->grpc_server.incoming_key_type;
	struct go_value_context context = {};
	struct go_interface next = {};

	if (!key_type)
		return 0;
	key_type = loaded_address(target, key_type);
	bpf_probe_read_user(&next, sizeof(next), (const void *)at);
	for (int i = 0; i < CONTEXTS_MAX; i++) {
		if (!next.data || bpf_probe_read_user(&context, sizeof(context), (const void *)next.data))
			return 0;
		if (context.key.itab == key_type)
			return context.value.data;
		next = context.parent;
	}
	return 0;
}

/* A *net.TCPAddr in an interface at `at`; fails for any other. */
static __always_inline int grpc_tcp_addr(struct endpoint *endpoint, const struct target_row *target, uaddr_t at)
{
	const struct grpc_server_layout *layout = &target->grpc_server;
	struct go_interface addr = read_interface(at);
	struct go_type type = type_of(&addr);
	uaddr_t ip[2] = {};

	if (!is_type(target, &type, layout->tcp_addr_type) || read_user(ip, sizeof(ip), addr.data + layout->tcp_addr_ip))
		return -1;
	endpoint->port = read_u64(addr.data + layout->tcp_addr_port);
	if (ip[1] == 16)
		return read_user(endpoint->address, 16, ip[0]);
	endpoint->address[10] = endpoint->address[11] = 0xff;
	return ip[1] == 4 ? read_user(&endpoint->address[12], 4, ip[0]) : -1;
}

/* Tells the address of who calls; its port, 0 if it is none of TCP. */
static __noinline __u32 grpc_server_peer(struct ev_span_end *span, const struct target_row *target, uaddr_t transport)
{
	struct endpoint peer = {};

	if (grpc_tcp_addr(&peer, target, transport + target->grpc_server.transport_peer))
		return 0;
	grpc_peer(span, &peer);
	return peer.port;
}

/*
 * Who calls: its address, and its span if that is one on this host; else the target of `caller` is 0. A function of its own, as
 * grpc_server_context.
 */
static __noinline int grpc_server_caller(struct caller *caller, struct ev_span_end *span, const struct target_row *target,
					 uaddr_t transport, __u32 stream_id)
{
	__u32 port;

	unknown_zeros(caller, sizeof(*caller));
	if (!transport)
		return 0;
	port = grpc_server_peer(span, target, transport);
	if ((port ? may_be_called_from(port) : may_be_called()) &&
	    !connection_caller(caller, target, transport + target->grpc_server.transport_conn, stream_id))
		caller->target_id = 0;
	return 0;
}

/* An SDK in the target may have begun a span for the stream already, on the goroutine that has read its headers. Before any text. */
static __noinline int grpc_server_join(struct ev_span_end *span, const struct hit *hit, uaddr_t context)
{
	struct sdk_query *query = span_scratch(span);

	if (!sdk_is_joined(hit->target))
		return 0;
	__builtin_memset(query, 0, sizeof(*query));
	query->context = context;
	if (sdk_of_context(query, hit) && (query->parent.kind == SDK_KIND_SERVER || !query->parent.addr))
		context_same(span, &query->parent);
	return 0;
}

/* Decides parent and ids, as http_server_context does. Before any text. `caller` of target 0: none is known. */
static __noinline int grpc_server_context(struct ev_span_end *span, const struct hit *hit, const struct caller *caller,
					  const struct grpc_stream *stream)
{
	struct remote_parent parent = {};
	struct go_slice tracestate = {};
	bool is_named = remote_read(&parent, span, hit->target, stream->metadata, &tracestate);

	context_of_request(span, caller, is_named ? &parent : NULL);
	grpc_server_join(span, hit, stream->context);
	if (span_is_sampled(span))
		remote_trace_state(span, &tracestate);
	return 0;
}

/* Reads the stream. It is what the transport has of it, or (gRPC ≥ 1.69) has that as its first field, or (until 1.76) a pointer to that. */
static __noinline int grpc_stream_read(struct grpc_stream *stream, const struct target_row *target, struct go_interface *transport,
				       uaddr_t at)
{
	const struct grpc_server_layout *layout = &target->grpc_server;
	struct go_type type = type_of(transport);

	if (layout->server_stream_st == 8)
		at = read_u64(at);
	stream->is_by_handler = !is_type(target, &type, layout->http2_transport_type);
	stream->transport = stream->is_by_handler ? 0 : transport->data;
	stream->id = read_u64(at + layout->stream_id);
	stream->context = read_u64(at + layout->stream_ctx + 8);
	stream->metadata = grpc_metadata(target, at + layout->stream_ctx);
	return read_user(&stream->method, sizeof(stream->method), at + layout->stream_method);
}

/* What a span says from its beginning. Its context is known. */
static __noinline int grpc_server_describe(struct ev_span_end *span, const struct grpc_stream *stream)
{
	grpc_decide(span, stream->method);
	if (span_is_told(span))
		text_append(span, GRPC_TEXT_METHOD, GRPC_TEXT_METHOD_MAX, stream->method);
	return 0;
}

/*
 * func (s *Server) handleStream(t transport.ServerTransport, stream *transport.ServerStream)  arguments: t, stream; the stream
 * is a *transport.Stream before gRPC 1.69.
 */
SEC("uprobe")
int grpc_server_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct go_interface transport = { go_register(ctx, 1), go_register(ctx, 2) };
	uaddr_t g = go_current_g(ctx), stream_addr;
	struct goroutine goroutine = {};
	struct grpc_stream stream = {};
	struct goroutine_key key = {};
	struct caller caller;
	struct ev_span_end *span;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_GRPC_SERVER_START) || hit.target->flags & TARGET_DETACHING)
		return 0;
	stream_addr = go_argument(ctx, &hit);
	if (read_goroutine(&goroutine, hit.target, g) || !goroutine.goid)
		return 0;
	span = outermost_span(hit.target, goroutine.goid, &key);
	if (span) {
		count(LOST_SPAN_REPLACED);
		spans_end_above(span, &key, now);
	}
	if (grpc_stream_read(&stream, hit.target, &transport, stream_addr))
		return 0;
	span = span_begin(hit.target, &key, g, SPAN_KIND_SERVER, SPAN_FAMILY_GRPC, now);
	if (!span)
		return 0;
	span->parent_goid = goroutine.parent_goid;
	open_span_of(span)->object_addr = stream.transport;
	open_span_of(span)->object_mark = stack_hi_of(hit.target, g) - return_slot(ctx, &hit);
	grpc_server_caller(&caller, span, hit.target, stream.transport, stream.id);
	if (!stream.is_by_handler || !context_take_over(span, hit.target))
		grpc_server_context(span, &hit, &caller, &stream);
	grpc_server_describe(span, &stream);
	return 0;
}

/*
 * Is the status the last that is written of the stream, by what serves it? Methods of the stream write one, too, before they return an
 * error to the handler, which then goes on as it likes: these lie deeper.
 */
static __always_inline bool grpc_is_last(const struct pt_regs *ctx, const struct target_row *target, struct ev_span_end *span)
{
	uaddr_t stack_hi = stack_hi_of(target, go_current_g(ctx));
	uaddr_t slot = stack_hi - open_span_of(span)->object_mark;
	struct caller_frame caller = { .frame_pointer = ctx->REG_FP };

	for (int i = 0; i < FRAMES_ABOVE_STATUS; i++) {
		if (caller.frame_pointer + 8 == slot)
			return true;
		if (!caller_read(&caller, caller.frame_pointer))
			return true;
	}
	return false;
}

/* Has the server said that it has no such method? Its messages begin with these words (grpc/server.go). */
static __always_inline bool grpc_is_unknown_method(const struct target_row *target, uaddr_t proto)
{
	static const char unknown[8] = "unknown ", malformed[8] = "malforme";
	struct go_string message = {};
	__u64 said = 0;

	if (read_user(&message, sizeof(message), proto + target->grpc.status_message) || message.bytes < sizeof(said) ||
	    read_user(&said, sizeof(said), message.at))
		return false;
	return said == *(const __u64 *)unknown || said == *(const __u64 *)malformed;
}

/*
 * func (t *http2Server) writeStatus(s *ServerStream, st *status.Status) error, func (ht *serverHandlerTransport) writeStatus(…)
 * argument: st. WriteStatus until gRPC 1.68.
 */
SEC("uprobe")
int grpc_server_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct goroutine_key key = {};
	struct ev_span_end *span;
	uaddr_t proto;
	__u32 code;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_GRPC_SERVER_END))
		return 0;
	span = outermost_span(hit.target, read_goid(hit.target, go_current_g(ctx)), &key);
	if (!span || span->family != SPAN_FAMILY_GRPC || span->span_kind != SPAN_KIND_SERVER) {
		count(NOTE_END_WITHOUT_START);
		return 0;
	}
	if (!grpc_is_last(ctx, hit.target, span))
		return 0;
	proto = grpc_status_proto(hit.target, go_argument(ctx, &hit));
	code = grpc_status_code(hit.target, proto);
	grpc_status_set(span, code);
	if (code == GRPC_UNIMPLEMENTED && grpc_is_unknown_method(hit.target, proto))
		span->header.flags |= GRPC_FLAG_UNKNOWN_METHOD;
	spans_end_above(span, &key, now);
	if (open_span_of(span)->object_addr)
		connection_served(span, hit.target,
				  open_span_of(span)->object_addr + hit.target->grpc_server.transport_conn, true);
	span_end(hit.target, span, &key, ENDING_RETURNED, now);
	return 0;
}

#endif
