/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What spans of gRPC have of their own, servers and clients: those of google.golang.org/grpc. */
#ifndef WIRE_GRPC_H
#define WIRE_GRPC_H

#include "go.h"
#include "text.h"
#include "types.h"

/* Of header.flags. */
enum grpc_flag {
	GRPC_FLAG_PEER = 1 << 3,           /* peer_* are set */
	GRPC_FLAG_STATUS = 1 << 4,         /* code is set */
	GRPC_FLAG_UNKNOWN_METHOD = 1 << 5, /* the server has no such method */
};

/* Of what there may be more than one message. */
enum grpc_streams {
	GRPC_STREAMS_SERVER = 1 << 0, /* the server sends a stream */
	GRPC_STREAMS_CLIENT = 1 << 1, /* the client does */
};

struct grpc_body {
	__u8 peer_address[16] DOC("of the other end of the connection; IPv4 as ::ffff:a.b.c.d");
	__u32 code DOC("as google.golang.org/grpc/codes has it, valid with GRPC_FLAG_STATUS");
	__u16 peer_port;
	__u8 streams DOC("bits of enum grpc_streams, of a client; servers do not say");
	__u8 resends DOC("attempts before the last, of a client");
};

enum grpc_text {
	GRPC_TEXT_METHOD = 1,
	GRPC_TEXT_TARGET,
};

enum grpc_text_limit {
	GRPC_TEXT_METHOD_MAX = 256,
	GRPC_TEXT_TARGET_MAX = 256,
};

_Static_assert(SPAN_TEXT_TRACE_STATE_MAX + GRPC_TEXT_METHOD_MAX + GRPC_TEXT_TARGET_MAX <= TEXT_BYTES_MAX,
	       "every text must fit");

/* What servers and clients read: statuses. */
struct grpc_layout {
	go_offset_t status_s GO_FIELD("google.golang.org/grpc/internal/status.Status.s");
	go_offset_t status_code GO_FIELD("google.golang.org/genproto/googleapis/rpc/status.Status.Code");
	go_offset_t status_message GO_FIELD("google.golang.org/genproto/googleapis/rpc/status.Status.Message");
	__u16 reserved;
};

/* What only servers read. */
struct grpc_server_layout {
	uaddr_t incoming_key_type GO_TYPE("google.golang.org/grpc/metadata.mdIncomingKey") DOC("0: no metadata is read");
	uaddr_t http2_transport_type GO_TYPE("google.golang.org/grpc/internal/transport.http2Server");
	uaddr_t tcp_addr_type GO_TYPE("net.TCPAddr");
	go_offset_t stream_id GO_FIELD("google.golang.org/grpc/internal/transport.Stream.id");
	go_offset_t stream_ctx GO_FIELD("google.golang.org/grpc/internal/transport.Stream.ctx");
	go_offset_t stream_method GO_FIELD("google.golang.org/grpc/internal/transport.Stream.method");
	go_offset_t server_stream_st GO_FIELD("google.golang.org/grpc/internal/transport.ServerStream.st?") DOC("what stands behind the Stream in it, or (gRPC 1.69 to 1.76) behind a pointer to that");
	go_offset_t transport_conn GO_FIELD("google.golang.org/grpc/internal/transport.http2Server.conn");
	go_offset_t transport_peer GO_FIELD("google.golang.org/grpc/internal/transport.http2Server.peer|google.golang.org/grpc/internal/transport.http2Server.remoteAddr") DOC("begins with the address");
	go_offset_t tcp_addr_ip GO_FIELD("net.TCPAddr.IP");
	go_offset_t tcp_addr_port GO_FIELD("net.TCPAddr.Port");
};

/* What only clients read. */
struct grpc_client_layout {
	uaddr_t invoke_return GO_RETURN("google.golang.org/grpc.invoke calls google.golang.org/grpc.newClientStream") DOC("0: which calls are unary is not known");
	uaddr_t status_error_type GO_TYPE("google.golang.org/grpc/internal/status.Error");
	uaddr_t deadline_error_type GO_TYPE("context.deadlineExceededError");
	go_offset_t stream_call_hdr GO_FIELD("google.golang.org/grpc.clientStream.callHdr");
	go_offset_t stream_cc GO_FIELD("google.golang.org/grpc.clientStream.cc");
	go_offset_t stream_desc GO_FIELD("google.golang.org/grpc.clientStream.desc");
	go_offset_t stream_attempt GO_FIELD("google.golang.org/grpc.clientStream.attempt");
	go_offset_t call_hdr_method GO_FIELD("google.golang.org/grpc/internal/transport.CallHdr.Method");
	go_offset_t conn_target GO_FIELD("google.golang.org/grpc.ClientConn.target");
	go_offset_t desc_server_streams GO_FIELD("google.golang.org/grpc.StreamDesc.ServerStreams");
	go_offset_t desc_client_streams GO_FIELD("google.golang.org/grpc.StreamDesc.ClientStreams");
	go_offset_t error_s GO_FIELD("google.golang.org/grpc/internal/status.Error.s");
	go_offset_t transport_conn GO_FIELD("google.golang.org/grpc/internal/transport.http2Client.conn");
	go_offset_t transport_streams GO_FIELD("google.golang.org/grpc/internal/transport.http2Client.activeStreams");
	go_offset_t stream_ctx GO_FIELD("google.golang.org/grpc.clientStream.ctx");
};

#endif
