// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <stdio.h>
#include <string.h>

#define HEADERS_MAX 3000

static void write_value(const struct line *line, const char *name, uaddr_t to, const char *otherwise)
{
	memory__write_string(to, line__value(line, name) ?: otherwise);
}

/* traceparent= and tracestate= as often as wanted; headers=N others, tables=N, growing; in small letters with metadata. */
uaddr_t write_headers(const struct line *line, const struct target_row *row)
{
	static struct header headers[HEADERS_MAX + 2];
	static char names[HEADERS_MAX][16];
	uint32_t others = line__number(line, "headers", 1), count = 0;
	bool is_metadata = line__has(line, "metadata");
	struct header parent = { .name = is_metadata ? "traceparent" : "Traceparent" };
	struct header state = { .name = is_metadata ? "tracestate" : "Tracestate" };

	for (int i = 0; i < line->count; i++) {
		if (!strncmp(line->words[i], "traceparent=", 12) && parent.count < 4)
			parent.values[parent.count++] = line->words[i] + 12;
		if (!strncmp(line->words[i], "tracestate=", 11) && state.count < 4)
			state.values[state.count++] = line->words[i] + 11;
	}
	for (uint32_t i = 0; i < others && i < HEADERS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), i % 2 ? "X-Header-%u" : "Y-%u", i);
		headers[count++] = (struct header){ .name = names[i], .values = { "value" }, .count = 1 };
	}
	if (parent.count)
		headers[count++] = parent;
	if (state.count)
		headers[count++] = state;
	return header_map__write(headers, count, (struct header_layout){ .swiss = row->flags & TARGET_SWISS_MAPS,
									 .tables = line__number(line, "tables", 0),
									 .growing = line__has(line, "growing") });
}

uaddr_t write_request(const struct line *line, const struct target_row *row, const char *peer)
{
	uaddr_t request = memory__allocate(256), url = memory__allocate(128);
	uint64_t protocol = line__number(line, "proto", 11);

	write_value(line, "method", request + row->http_request.method, "GET");
	write_value(line, "host", request + row->http_request.host, "");
	memory__write_string(request + row->http_request.remote_addr, line__value(line, "peer") ?: peer);
	memory__write_u64(request + row->http_request.proto_major, protocol / 10);
	memory__write_u64(request + row->http_request.proto_minor, protocol % 10);
	memory__write_u64(request + row->http_request.tls, line__has(line, "tls"));
	memory__write_u64(request + row->http_request.url, line__has(line, "no-url") ? UNREADABLE : url);
	write_value(line, "scheme", url + row->http_request.url_scheme, "");
	write_value(line, "url-host", url + row->http_request.url_host, "");
	write_value(line, "path", url + row->http_request.url_path, "/");
	write_value(line, "raw-path", url + row->http_request.url_raw_path, "");
	write_value(line, "query", url + row->http_request.url_raw_query, "");
	memory__write_u64(request + row->http_request.header, write_headers(line, row));
	return request;
}

/* socket=N v6 not-a-socket not-tcp other-client other-server lan net=N sent=N received=N; wrapped=N: in so many net.Conns of others */
void write_socket(const struct line *line, const struct target_row *row, uaddr_t to, bool is_client)
{
	struct socket_ends ends = {
		.family = line__has(line, "v6") ? 10 : 2, .is_no_socket = line__has(line, "not-a-socket"),
		.net = line__number(line, "net", 0), .sent = line__number(line, "sent", 0), .received = line__number(line, "received", 0)
	};
	uint8_t *client = is_client ? ends.local : ends.remote, *server = is_client ? ends.remote : ends.local;

	client[10] = client[11] = server[10] = server[11] = 0xff;
	client[12] = server[12] = line__has(line, "lan") ? 10 : 127;
	client[15] = server[15] = 1;
	if (line__has(line, "other-client"))
		client[13] = 9;
	if (line__has(line, "other-server"))
		server[13] = 9;
	*(is_client ? &ends.local_port : &ends.remote_port) = 40000 + line__number(line, "socket", 0);
	*(is_client ? &ends.remote_port : &ends.local_port) = 8080;
	go__write_conn(row, to, programs__open_socket(&ends), !line__has(line, "not-tcp"),
		       line__number(line, "wrapped", 0));
}

uaddr_t write_reply(const struct line *line, const struct target_row *row)
{
	uaddr_t reply = memory__allocate(64);
	uint64_t protocol = line__number(line, "proto", 11);

	memory__write_u64(reply + row->http_client.reply_status_code, line__number(line, "status", 200));
	memory__write_u64(reply + row->http_client.reply_proto_major, protocol / 10);
	memory__write_u64(reply + row->http_client.reply_proto_minor, protocol % 10);
	return reply;
}

uaddr_t write_error(const struct line *line)
{
	uaddr_t itab;

	if (!line__value(line, "error"))
		return 0;
	itab = memory__allocate(32);
	memory__write_u64(itab + 8, line__number(line, "error", 0));
	return itab;
}
