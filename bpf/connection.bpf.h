/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which client call is under way on a TCP connection of this host, by the connection's addresses: it joins a client
 * span and the server span that answers it although no header travels. The addresses are the kernel's own, found
 * through the file descriptor of Go's net.Conn, with TLS or without. Of HTTP/1 one call at a time owns a connection; calls
 * that share one (HTTP/2) are told apart by the number of their stream.
 */
#ifndef CONNECTION_BPF_H
#define CONNECTION_BPF_H

#include "context.bpf.h"
#include "socket_watch.bpf.h"
#include "stream_call.bpf.h"

#define PORTS 65536
/* What a server may have sent since its client has claimed the connection, but no answer: `100 Continue`, tickets of TLS. */
#define SENT_UNASKED_MAX 16384
/* Of a connection that many share: what others may have sent over it in either direction since its client has claimed a stream. */
#define SENT_BY_OTHERS_MAX (1 << 20)

/*
 * The client span that last sent a request between two ports: where to look for it. Several may write at once, so nothing
 * is decided by it; what counts is the connection in the entry of the span, which only its own goroutine writes.
 */
struct client_call {
	struct goroutine_key goroutine;
	span_id_t span_id;
};

/*
 * By both ports, so that nothing has to be removed: from one, calls go to many servers at once. Each call stands in two
 * places, one in each half of the table, of which another call may take one (call_between).
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * PORTS);
	__type(key, __u32);
	__type(value, struct client_call);
} client_call_by_ports SEC(".maps");

/* Whether a client span has ever sent a request from a port; element 0: from any at all. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PORTS);
	__type(key, __u32);
	__type(value, __u8);
} has_called_by_port SEC(".maps");

static __always_inline struct connection *connection_of(struct ev_span_end *span)
{
	return &open_span_of(span)->connection;
}

/*
 * A server span is about to end, of a request that came over the net.Conn at `at`: what happened on the connection will be told, if
 * the span is sampled. If it is not, that belongs to no later one. A function of its own, since it is the last that is done.
 */
static __noinline int connection_served(struct ev_span_end *span, const struct target_row *target, uaddr_t at, bool is_shared)
{
	bool is_told = span_is_sampled(span);
	struct sock *sk = is_told || !is_shared ? sock_of_conn(target, at) : NULL;

	if (!sk)
		return 0;
	if (is_told)
		socket_watch(open_span_of(span), sk, SOCKET_LAST | (is_shared ? SOCKET_SHARED : SOCKET_LATE));
	else
		connection_pass(sk);
	return 0;
}

/* The ports of a call, as its client sees them, and its stream. */
struct ports {
	__u32 client, server, stream_id;
};

/*
 * One place of a call, or its second. No two calls share both, since the product of the factors is even; calls to one server,
 * or from one port, do not share the first either. Nor do streams of one connection, of which one in 2^16 has the same.
 */
static __always_inline struct client_call *call_between(struct ports ports, bool second)
{
	__u32 index = second ? PORTS + ((ports.server + ports.client * 31338 + ports.stream_id * 46351) & (PORTS - 1)) :
			       (ports.client + ports.server * 40503 + ports.stream_id * 25173) & (PORTS - 1);

	return bpf_map_lookup_elem(&client_call_by_ports, &index);
}

static __always_inline __u8 *has_called(__u32 port)
{
	return bpf_map_lookup_elem(&has_called_by_port, &port);
}

/* From now on a client span has sent a request from that port. */
static __always_inline bool has_called_from(__u32 port)
{
	__u8 *from_port = has_called(port & (PORTS - 1)), *from_any = has_called(0);

	if (!from_port || !from_any)
		return false;
	*from_port = *from_any = 1;
	return true;
}

/* A client span sends its request over the net.Conn at `at`, as that stream (of HTTP/1: 0). */
static __always_inline void connection_claim(const struct target_row *target, uaddr_t at, __u32 stream_id,
					     const struct goroutine_key *key, struct ev_span_end *span)
{
	const struct client_call claimed = { .goroutine = *key, .span_id = span->span_id };
	struct connection connection = {};
	struct client_call *call, *second;
	struct ports ports;
	struct sock *sk;

	sk = connection_read_local(&connection, target, at, true);
	if (!sk)
		return;
	connection.stream_id = stream_id;
	ports = (struct ports){ connection.local.port, connection.remote.port, stream_id };
	call = call_between(ports, false);
	second = call_between(ports, true);
	if (!call || !second || !has_called_from(connection.local.port))
		return;
	*connection_of(span) = connection;
	if (span_is_sampled(span))
		socket_watch(open_span_of(span), sk, stream_id ? SOCKET_SHARED : SOCKET_OWN);
	*call = *second = claimed;
}

/* Another goroutine sends a stream over the net.Conn at `at`, for the client span under `key`. */
static __always_inline void connection_claim_stream(const struct target_row *target, uaddr_t at, __u32 stream_id,
						    const struct goroutine_key *key, const span_id_t *span_id)
{
	struct stream_call call = { .goroutine = *key, .span_id = *span_id };
	struct sock *sk = stream_id ? connection_read_local(&call.connection, target, at, true) : NULL;

	if (!sk)
		return;
	sock_note(span_id, sk);
	call.connection.stream_id = stream_id;
	stream_call_put(&call);
	has_called_from(call.connection.local.port);
}

/* A client span is about to end that another goroutine has sent as a stream: what happened on its connection will be told. */
static __noinline int connection_noted(struct ev_span_end *span)
{
	struct sock *sk = span_is_sampled(span) ? sock_noted(&span->span_id) : NULL;

	if (sk && !connection_of_sock(connection_of(span), sk))
		socket_watch(open_span_of(span), sk, SOCKET_SHARED | SOCKET_LATE);
	return 0;
}

static __always_inline bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	const __u64 *x = (const void *)a, *y = (const void *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
}

/* 127.0.0.0/8 or ::1 */
static __always_inline bool is_loopback(const struct endpoint *endpoint)
{
	const __u64 *words = (const void *)endpoint->address;

	if (words[0])
		return false;
	return words[1] == __builtin_bswap64(1) ||
	       (endpoint->address[10] == 0xff && endpoint->address[11] == 0xff && endpoint->address[12] == 127);
}

/*
 * Are both ends where those of one connection would be, of 2^32 bytes? The request has come since the client has claimed the
 * connection, or its stream in it.
 */
static __always_inline bool same_progress(const struct connection *server, const struct connection *client)
{
	if (!server->stream_id)
		return server->sent - client->received <= SENT_UNASKED_MAX;
	return server->sent - client->received <= SENT_BY_OTHERS_MAX &&
	       server->received - client->sent - 1 < SENT_BY_OTHERS_MAX;
}

/*
 * Are they the two ends of one connection, and of one stream in it? Within a network namespace its addresses say so. Those in
 * another one may have the same addresses and be others': then both ends must be at the same bytes.
 */
static __always_inline bool same_connection(const struct connection *server, const struct connection *client)
{
	if (!same_endpoint(&server->local, &client->remote) || !same_endpoint(&server->remote, &client->local) ||
	    server->stream_id != client->stream_id)
		return false;
	return server->net == client->net || (!is_loopback(&server->local) && same_progress(server, client));
}

/* The port at the end of Go's `host:port`; 0 if there is none. */
static __always_inline __u32 port_of(struct go_string address)
{
	__u8 tail[6] = {};
	__u32 port = 0, scale = 1;

	if (address.bytes < sizeof(tail) || read_user(tail, sizeof(tail), address.at + address.bytes - sizeof(tail)))
		return 0;
	for (int i = sizeof(tail) - 1; i >= 0 && tail[i] != ':'; i--) {
		port += (tail[i] & 0xf) * scale;
		scale *= 10;
	}
	return port & 0xffff;
}

/* Has a client span ever sent a request? */
static __always_inline bool may_be_called(void)
{
	const __u8 *called = has_called(0);

	return called && *called;
}

/* … from that port? Spares most requests the rest. */
static __always_inline bool may_be_called_from(__u32 port)
{
	const __u8 *called = has_called(port & (PORTS - 1));

	return port && called && *called;
}

/* … from that of `peer` (a RemoteAddr)? That of a Unix socket says nothing: it is empty, or `@`. */
static __always_inline bool may_be_called_by(struct go_string peer)
{
	return peer.bytes <= 1 ? may_be_called() : may_be_called_from(port_of(peer));
}

/* The span at the other end of a connection, as its server needs it. */
struct caller {
	trace_id_t trace_id;
	span_id_t span_id;
	span_id_t sdk_span_id; /* of the span of the SDK in its target that it stands for; zeros: of none */
	__u32 trace_flags;
	__u32 target_id;
};

/* A child of the client span that the request comes from, or of what that stands for. */
static __always_inline void context_called(struct ev_span_end *span, const struct caller *caller)
{
	bool is_sdk = *(const __u64 *)&caller->sdk_span_id;

	context_child(span, &caller->trace_id, is_sdk ? &caller->sdk_span_id : &caller->span_id, caller->trace_flags);
	if (caller->target_id != span->header.target_id) {
		span->header.flags |= SPAN_FLAG_PARENT_REMOTE;
	} else if (is_sdk) {
		span->header.flags |= SPAN_FLAG_SDK_PARENT;
		span->link_span_id = caller->span_id;
	}
}

/* Zeros of which the verifier knows nothing, so that it does not follow what comes later once for each outcome. */
static __always_inline void unknown_zeros(void *to, __u32 bytes)
{
	bpf_probe_read_kernel(to, bytes, &blank_span);
}

/*
 * Copies the open client span under `key` whose id is known. With `connection`: if it sends over that. The span may end at any time and
 * its element go to another, so it is looked up again after it was copied: ids are never used twice.
 */
static __always_inline bool caller_copy(struct caller *caller, const struct goroutine_key *key,
					const struct connection *connection)
{
	struct ev_span_end *span = bpf_map_lookup_elem(&open_by_goroutine, key);

	if (!span || !same_span(&span->span_id, &caller->span_id))
		return false;
	if (connection && !same_connection(connection, connection_of(span)))
		return false;
	caller->trace_id = span->trace_id;
	caller->trace_flags = span->trace_flags;
	caller->target_id = span->header.target_id;
	caller->sdk_span_id = (span_id_t){};
	if (context_is_sdk(span)) {
		caller->sdk_span_id = span->parent_span_id;
		caller->trace_flags = open_span_of(span)->given_flags;
	}
	order_reads();
	span = bpf_map_lookup_elem(&open_by_goroutine, key);
	return span && same_span(&span->span_id, &caller->span_id);
}

/* … that a place names. */
static __always_inline bool caller_at(struct caller *caller, const struct client_call *call,
				      const struct connection *connection)
{
	struct goroutine_key key;

	if (!call)
		return false;
	key = call->goroutine;
	caller->span_id = call->span_id;
	return caller_copy(caller, &key, connection);
}

/* … for which that stream was sent. What was copied of its call is of that if it stands there after. */
static __noinline bool caller_of_stream(struct caller *caller, const struct connection *connection)
{
	const struct stream_call *call = stream_call_get(connection);
	struct goroutine_key key;

	if (!call)
		return false;
	key = call->goroutine;
	caller->span_id = call->span_id;
	order_reads();
	return stream_call_get(connection) == call && same_connection(connection, &call->connection) &&
	       caller_copy(caller, &key, NULL);
}

/* Copies the open client span that sends over that connection, as its server sees it; false if there is none. */
static __always_inline bool connection_caller_of(struct caller *caller, const struct connection *connection)
{
	struct ports ports = { connection->remote.port, connection->local.port, connection->stream_id };

	return caller_at(caller, call_between(ports, false), connection) ||
	       caller_at(caller, call_between(ports, true), connection);
}

/* The same over the connection of the net.Conn at `at`, as that stream. */
static __always_inline bool connection_caller(struct caller *caller, const struct target_row *target, uaddr_t at,
					      __u32 stream_id)
{
	struct connection connection = {};

	if (!connection_read_local(&connection, target, at, false))
		return false;
	connection.stream_id = stream_id;
	return connection_caller_of(caller, &connection) || (stream_id && caller_of_stream(caller, &connection));
}

/*
 * Decides parent and ids of a request: the client call on this host that it comes from (`caller`; of target 0: none is known), if
 * its headers name the trace of that or none (`parent`, NULL: none); else what they name, else a new trace. Who forwards the headers
 * of a request hides its own call behind them.
 */
static __always_inline void context_of_request(struct ev_span_end *span, const struct caller *caller,
					       const struct remote_parent *parent)
{
	if (caller->target_id && (!parent || same_trace(&caller->trace_id, &parent->trace_id)))
		context_called(span, caller);
	else if (parent)
		context_remote(span, parent);
	else
		context_root(span);
}

#endif
