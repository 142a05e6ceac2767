/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What server and client spans take from an *http.Request. */
#ifndef HTTP_REQUEST_BPF_H
#define HTTP_REQUEST_BPF_H

#include "text.bpf.h"

struct http_request {
	struct go_string method;
	struct go_string scheme;
	struct go_string host; /* Request.Host */
	struct go_string url_host;
	struct go_string path;
	struct go_string query;
	struct go_string remote_addr;
	uaddr_t header;
};

static __always_inline struct http_body *http_body(struct ev_span_end *span)
{
	return (struct http_body *)span->rest;
}

/* Reads the request that the span is about: numbers into the span, strings by reference into `request`. Before any text. */
static __always_inline int http_request_read(struct http_request *request, struct ev_span_end *span,
					     const struct target_row *target)
{
	void *window = span_scratch(span);
	struct go_string raw_path;
	__u64 path_at;
	uaddr_t url;

	if (read_user(window, GO_WINDOW_BYTES, open_span_of(span)->object_addr))
		return -1;
	request->method = window_string(window, target->http_request.method);
	request->host = window_string(window, target->http_request.host);
	request->remote_addr = window_string(window, target->http_request.remote_addr);
	request->header = window_u64(window, target->http_request.header);
	open_span_of(span)->object_mark = request->header;
	http_body(span)->protocol = window_u64(window, target->http_request.proto_major) * 10 +
				    window_u64(window, target->http_request.proto_minor);
	if (window_u64(window, target->http_request.tls))
		span->header.flags |= HTTP_FLAG_TLS;
	url = window_u64(window, target->http_request.url);
	if (!url || read_user(window, GO_WINDOW_BYTES / 2, url))
		return -1;
	request->scheme = window_string(window, target->http_request.url_scheme);
	request->url_host = window_string(window, target->http_request.url_host);
	/* Set where the encoding that was sent is not Go's; never shorter than what it encodes. */
	raw_path = window_string(window, target->http_request.url_raw_path);
	path_at = target->http_request.url_path;
	if (raw_path.bytes && raw_path.bytes >= window_string(window, path_at).bytes) {
		path_at = target->http_request.url_raw_path;
		span->header.flags |= HTTP_FLAG_ESCAPED_PATH;
	}
	/* Opaque, so that the two ways are one again to the verifier. */
	asm volatile("" : "+r"(path_at));
	request->path = window_string(window, path_at);
	request->query = window_string(window, target->http_request.url_raw_query);
	return 0;
}

#endif
