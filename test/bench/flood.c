// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * flood OBJECT MAP_ID TARGET_ID RATE SECONDS
 * Writes RATE spans a second into the ring buffer MAP_ID for so long, as target TARGET_ID, a slice every millisecond.
 * Says at the end how many the ring took and how many it had no room for, as JSON.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "flood.h"

#define SLICE_NS 1000000L

static const char *const texts[SPAN_TEXTS_MAX] = {
	[HTTP_TEXT_METHOD] = "GET",
	[HTTP_TEXT_HOST] = "shop.example:443",
	[HTTP_TEXT_PATH] = "/api/v1/orders/00000000",
	[HTTP_TEXT_QUERY] = "page=2&sort=desc",
	[HTTP_TEXT_PEER] = "10.1.2.3:51234",
	[HTTP_TEXT_PATTERN] = "GET /api/v1/orders/{id}",
};

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* A server span; returns the bytes of its record. */
static unsigned int fill(struct ev_span_end *span, unsigned int target_id)
{
	struct http_body *body = (void *)span->rest;
	__u8 *text = span->rest + sizeof(*body);

	for (int i = 0; i < SPAN_TEXTS_MAX; i++) {
		if (!texts[i])
			continue;
		span->text_sizes[i] = strlen(texts[i]);
		memcpy(text, texts[i], span->text_sizes[i]);
		text += span->text_sizes[i];
	}
	span->header.kind = EV_SPAN_END;
	span->header.flags = HTTP_FLAG_STATUS;
	span->header.size = text - (__u8 *)span;
	span->header.target_id = target_id;
	span->header.tid = getpid();
	span->parent_goid = 1;
	span->span_kind = SPAN_KIND_SERVER;
	span->family = SPAN_FAMILY_HTTP;
	span->trace_flags = 1;
	span->ending = ENDING_RETURNED;
	body->body_bytes = 512;
	body->status = 200;
	body->protocol = 11;
	return span->header.size;
}

/* The object with its ring replaced by the agent's. */
static struct bpf_object *load(const char *path, unsigned int map_id)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	int ring = bpf_map_get_fd_by_id(map_id);

	if (!object || ring < 0)
		return NULL;
	if (bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "records"), ring) || bpf_object__load(object))
		return NULL;
	return object;
}

int main(int argc, char **argv)
{
	double rate = argc > 4 ? atof(argv[4]) : 0, seconds = argc > 5 ? atof(argv[5]) : 0;
	struct flood flood = {};
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &flood, .ctx_size_in = sizeof(flood));
	struct bpf_object *object;
	struct ev_span_end span = {};
	unsigned int zero = 0;
	double began;
	int program;

	if (argc != 6) {
		fprintf(stderr, "flood OBJECT MAP_ID TARGET_ID RATE SECONDS\n");
		return 2;
	}
	object = load(argv[1], atoi(argv[2]));
	if (!object)
		return fail("cannot load the flood");
	flood.record_bytes = fill(&span, atoi(argv[3]));
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, ".bss"), &zero, &span, 0))
		return fail("cannot fill the flood");
	program = bpf_program__fd(bpf_object__find_program_by_name(object, "flood"));
	began = now();
	for (double at = began; at - began < seconds; at = now()) {
		double due = (at - began) * rate - flood.taken - flood.refused;

		flood.records = due > 0 ? due : 0;
		if (flood.records && bpf_prog_test_run_opts(program, &run))
			return fail("cannot run the flood");
		nanosleep(&(struct timespec){ .tv_nsec = SLICE_NS }, NULL);
	}
	printf("{\"taken\":%u,\"refused\":%u,\"seconds\":%.3f,\"recordBytes\":%u}\n", flood.taken, flood.refused,
	       now() - began, flood.record_bytes);
	return 0;
}
