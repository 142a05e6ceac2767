/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What spans of HTTP have of their own, servers and clients. */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "go.h"
#include "text.h"
#include "types.h"

/* Of header.flags. */
enum http_flag {
	HTTP_FLAG_TLS = 1 << 3,
	HTTP_FLAG_STATUS = 1 << 4, /* status is set */
	HTTP_FLAG_ESCAPED_PATH = 1 << 5, /* the path is as it was sent, and not decoded */
	HTTP_FLAG_UNCHECKED = 1 << 6, /* nobody has checked what the client has sent as method and host */
	HTTP_FLAG_PEER_HEX = 1 << 7, /* the peer is 36 hexadecimal digits: an address of 16 bytes, IPv4 as ::ffff:a.b.c.d, and a port */
};

struct http_body {
	__s64 body_bytes DOC("response body bytes written by the handler; -1: unknown");
	__u16 status DOC("HTTP status code, valid with HTTP_FLAG_STATUS");
	__u8 protocol DOC("HTTP version: major * 10 + minor");
	__u8 resends DOC("attempts within the call that failed before the last; of meaning only without an error");
	__u32 reserved;
};

enum http_text {
	HTTP_TEXT_METHOD = 1,
	HTTP_TEXT_SCHEME,
	HTTP_TEXT_HOST,
	HTTP_TEXT_PATH,
	HTTP_TEXT_QUERY,
	HTTP_TEXT_PEER,
	HTTP_TEXT_PATTERN, /* of the ServeMux; behind it a line for each router, outermost first as far as that is known */
};

enum http_text_limit {
	HTTP_TEXT_METHOD_MAX = 16,
	HTTP_TEXT_SCHEME_MAX = 8,
	HTTP_TEXT_HOST_MAX = 128,
	HTTP_TEXT_PATH_MAX = 256,
	HTTP_TEXT_QUERY_MAX = 176,
	HTTP_TEXT_PEER_MAX = 56,
	HTTP_TEXT_PATTERN_MAX = 128,
};

_Static_assert(SPAN_TEXT_TRACE_STATE_MAX + HTTP_TEXT_METHOD_MAX + HTTP_TEXT_SCHEME_MAX + HTTP_TEXT_HOST_MAX +
		       HTTP_TEXT_PATH_MAX + HTTP_TEXT_QUERY_MAX + HTTP_TEXT_PEER_MAX + HTTP_TEXT_PATTERN_MAX <=
	       TEXT_BYTES_MAX, "every text must fit");

/* What servers and clients read of a request. */
struct http_request_layout {
	go_offset_t method GO_WINDOW_FIELD("net/http.Request.Method");
	go_offset_t url GO_WINDOW_FIELD("net/http.Request.URL");
	go_offset_t proto_major GO_WINDOW_FIELD("net/http.Request.ProtoMajor");
	go_offset_t proto_minor GO_WINDOW_FIELD("net/http.Request.ProtoMinor");
	go_offset_t header GO_WINDOW_FIELD("net/http.Request.Header");
	go_offset_t host GO_WINDOW_FIELD("net/http.Request.Host");
	go_offset_t remote_addr GO_WINDOW_FIELD("net/http.Request.RemoteAddr");
	go_offset_t tls GO_WINDOW_FIELD("net/http.Request.TLS");
	go_offset_t pattern GO_FIELD("net/http.Request.Pattern?");
	go_offset_t url_scheme GO_WINDOW_FIELD("net/url.URL.Scheme");
	go_offset_t url_host GO_WINDOW_FIELD("net/url.URL.Host");
	go_offset_t url_path GO_WINDOW_FIELD("net/url.URL.Path");
	go_offset_t url_raw_path GO_WINDOW_FIELD("net/url.URL.RawPath");
	go_offset_t url_raw_query GO_WINDOW_FIELD("net/url.URL.RawQuery");
};

/* What only servers read. */
struct http_server_layout {
	uaddr_t background_read_entry GO_FUNCTION("net/http.(*connReader).startBackgroundRead.gowrap2|net/http.(*connReader).startBackgroundRead.gowrap1|net/http.(*connReader).startBackgroundRead.func2|net/http.(*connReader).startBackgroundRead.func1 calls net/http.(*connReader).backgroundRead") DOC("of the goroutine that waits for a client to go away; 0: unknown");
	go_offset_t response_status GO_WINDOW_FIELD("net/http.response.status");
	go_offset_t response_written GO_WINDOW_FIELD("net/http.response.written");
	go_offset_t response_content_length GO_WINDOW_FIELD("net/http.response.contentLength");
	go_offset_t response_conn GO_WINDOW_FIELD("net/http.response.conn?");
	go_offset_t response_client_gone GO_WINDOW_FIELD("net/http.response.closeNotifyTriggered|net/http.response.didCloseNotify?");
	go_offset_t conn_rwc GO_FIELD("net/http.conn.rwc?");
	go_offset_t conn_write_error GO_FIELD("net/http.conn.werr?");
	go_offset_t h2_writer_rws GO_FIELD("net/http.http2responseWriter.rws|net/http/internal/http2.responseWriter.rws?");
	go_offset_t h2_state_stream GO_FIELD("net/http.http2responseWriterState.stream|net/http/internal/http2.responseWriterState.stream?");
	go_offset_t h2_state_status GO_FIELD("net/http.http2responseWriterState.status|net/http/internal/http2.responseWriterState.status?");
	go_offset_t h2_state_wrote_bytes GO_FIELD("net/http.http2responseWriterState.wroteBytes|net/http/internal/http2.responseWriterState.wroteBytes?");
	go_offset_t h2_stream_close_err GO_FIELD("net/http.http2stream.closeErr|net/http/internal/http2.stream.closeErr?");
	go_offset_t xnet_writer_rws GO_FIELD("golang.org/x/net/http2.responseWriter.rws?");
	go_offset_t xnet_state_stream GO_FIELD("golang.org/x/net/http2.responseWriterState.stream?");
	go_offset_t xnet_state_status GO_FIELD("golang.org/x/net/http2.responseWriterState.status?");
	go_offset_t xnet_state_wrote_bytes GO_FIELD("golang.org/x/net/http2.responseWriterState.wroteBytes?");
	go_offset_t xnet_stream_close_err GO_FIELD("golang.org/x/net/http2.stream.closeErr?");
	go_offset_t h2_stream_id GO_FIELD("net/http.http2stream.id|net/http/internal/http2.stream.id?");
	go_offset_t h2_stream_sc GO_FIELD("net/http.http2stream.sc|net/http/internal/http2.stream.sc?");
	go_offset_t xnet_stream_sc GO_FIELD("golang.org/x/net/http2.stream.sc?");
	go_offset_t xnet_sc_conn GO_FIELD("golang.org/x/net/http2.serverConn.conn?");
	go_offset_t h2_sc_conn GO_FIELD("net/http.http2serverConn.conn|net/http/internal/http2.serverConn.conn?");
	go_offset_t xnet_stream_id GO_FIELD("golang.org/x/net/http2.stream.id?");
	__u16 reserved;
};

/* Routers, by the variant of the site at which they are seen. */
enum http_router {
	HTTP_ROUTER_GIN,
	HTTP_ROUTER_ECHO4,
	HTTP_ROUTER_ECHO5,
	HTTP_ROUTER_CHI,
	HTTP_ROUTER_MUX,
};

enum http_route_limit {
	HTTP_ROUTE_PARTS_MAX = 8, /* of the route of one request */
};

/* What routers keep of a request that they serve. */
struct http_router_layout {
	go_offset_t gin_request GO_FIELD("github.com/gin-gonic/gin.Context.Request?");
	go_offset_t gin_full_path GO_FIELD("github.com/gin-gonic/gin.Context.fullPath?");
	go_offset_t echo4_request GO_FIELD("github.com/labstack/echo/v4.context.request?");
	go_offset_t echo4_path GO_FIELD("github.com/labstack/echo/v4.context.path?");
	go_offset_t echo5_request GO_FIELD("github.com/labstack/echo/v5.Context.request?");
	go_offset_t echo5_route GO_FIELD("github.com/labstack/echo/v5.Context.route?");
	go_offset_t echo5_route_path GO_FIELD("github.com/labstack/echo/v5.RouteInfo.Path?");
	go_offset_t chi_method GO_FIELD("github.com/go-chi/chi/v5.Context.RouteMethod?");
	go_offset_t chi_pattern GO_FIELD("github.com/go-chi/chi/v5.Context.routePattern?");
	go_offset_t chi_patterns GO_FIELD("github.com/go-chi/chi/v5.Context.RoutePatterns?");
	go_offset_t mux_route_conf GO_FIELD("github.com/gorilla/mux.Route.routeConf?");
	go_offset_t mux_conf_regexp GO_FIELD("github.com/gorilla/mux.routeConf.regexp?");
	go_offset_t mux_regexp_path GO_FIELD("github.com/gorilla/mux.routeRegexpGroup.path?");
	go_offset_t mux_path_template GO_FIELD("github.com/gorilla/mux.routeRegexp.template?");
	__u16 reserved[2];
};

/* Versions of fiber, by the variant of the site at which they are seen. */
enum http_fiber {
	HTTP_FIBER_2,
	HTTP_FIBER_3,
};

/* What is read of fiber, and of fasthttp, by which it serves. */
struct http_fiber_layout {
	go_offset_t ctx_request GO_FIELD("github.com/valyala/fasthttp.RequestCtx.Request");
	go_offset_t ctx_response GO_FIELD("github.com/valyala/fasthttp.RequestCtx.Response");
	go_offset_t ctx_conn GO_FIELD("github.com/valyala/fasthttp.RequestCtx.c?");
	go_offset_t request_header GO_FIELD("github.com/valyala/fasthttp.Request.Header");
	go_offset_t request_is_tls GO_FIELD("github.com/valyala/fasthttp.Request.isTLS?");
	go_offset_t header_method GO_FIELD("github.com/valyala/fasthttp.RequestHeader.method");
	go_offset_t header_uri GO_FIELD("github.com/valyala/fasthttp.RequestHeader.requestURI");
	go_offset_t header_host GO_FIELD("github.com/valyala/fasthttp.RequestHeader.host");
	go_offset_t header_no_http11 GO_FIELD("github.com/valyala/fasthttp.RequestHeader.noHTTP11|github.com/valyala/fasthttp.header.noHTTP11?");
	go_offset_t header_fields GO_FIELD("github.com/valyala/fasthttp.RequestHeader.h|github.com/valyala/fasthttp.header.h");
	go_offset_t response_header GO_FIELD("github.com/valyala/fasthttp.Response.Header");
	go_offset_t response_status GO_FIELD("github.com/valyala/fasthttp.ResponseHeader.statusCode");
	go_offset_t fiber2_route GO_FIELD("github.com/gofiber/fiber/v2.Ctx.route?");
	go_offset_t fiber2_path GO_FIELD("github.com/gofiber/fiber/v2.Route.Path?");
	go_offset_t fiber2_use GO_FIELD("github.com/gofiber/fiber/v2.Route.use?");
	go_offset_t fiber3_route GO_FIELD("github.com/gofiber/fiber/v3.DefaultCtx.route?");
	go_offset_t fiber3_path GO_FIELD("github.com/gofiber/fiber/v3.Route.Path?");
	go_offset_t fiber3_use GO_FIELD("github.com/gofiber/fiber/v3.Route.use?");
	__u16 reserved[2];
};

/* Implementations of HTTP/2, by the variant of the site at which they are seen. */
enum http_h2 {
	HTTP_H2_NET_HTTP,
	HTTP_H2_XNET,
};

/* What only clients read. */
struct http_client_layout {
	uaddr_t skip_alt_protocol GO_VARIABLE("net/http.ErrSkipAltProtocol") DOC("0: unknown");
	go_offset_t reply_status_code GO_FIELD("net/http.Response.StatusCode");
	go_offset_t reply_proto_major GO_FIELD("net/http.Response.ProtoMajor");
	go_offset_t reply_proto_minor GO_FIELD("net/http.Response.ProtoMinor");
	go_offset_t conn_conn GO_FIELD("net/http.persistConn.conn?");
	go_offset_t request_context GO_FIELD("net/http.Request.ctx");
	go_offset_t h2_stream_id GO_FIELD("net/http.http2clientStream.ID|net/http/internal/http2.clientStream.ID?");
	go_offset_t h2_stream_conn GO_FIELD("net/http.http2clientStream.cc|net/http/internal/http2.clientStream.cc?");
	go_offset_t h2_conn_conn GO_FIELD("net/http.http2ClientConn.tconn|net/http/internal/http2.ClientConn.tconn?");
	go_offset_t xnet_stream_id GO_FIELD("golang.org/x/net/http2.clientStream.ID?");
	go_offset_t xnet_stream_conn GO_FIELD("golang.org/x/net/http2.clientStream.cc?");
	go_offset_t xnet_conn_conn GO_FIELD("golang.org/x/net/http2.ClientConn.tconn?");
	__u16 reserved;
};

#endif
