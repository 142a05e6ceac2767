// SPDX-License-Identifier: Apache-2.0
/* Facts: internal/runtime/maps/{map,table,group}.go (Go ≥ 1.24) and runtime/map.go (before). */
#include "host.h"

#include <string.h>

#define SLOTS 8
#define SWISS_GROUP (8 + SLOTS * 40)
#define BUCKET (8 + SLOTS * 16 + SLOTS * 24 + 8)
#define SWISS_EMPTY 0x80
#define SWISS_DELETED 0xfe
#define BUCKET_EVACUATED 2
#define BUCKET_TOPHASH 77

static void write_values(uaddr_t slice, const struct header *header)
{
	uaddr_t strings = memory__allocate(16 * header->count + 1);

	for (uint32_t i = 0; i < header->count; i++)
		memory__write_string(strings + 16 * i, header->values[i]);
	memory__write_u64(slice, strings);
	memory__write_u64(slice + 8, header->count);
	memory__write_u64(slice + 16, header->count);
}

/* Groups for `count` headers, at most 7 in each, with a deleted one before the first. */
static uaddr_t write_groups(const struct header *headers, uint32_t count, uint32_t groups)
{
	uaddr_t at = memory__allocate(groups * SWISS_GROUP);

	for (uint32_t group = 0; group < groups; group++) {
		uaddr_t here = at + group * SWISS_GROUP;
		uint8_t control[SLOTS];

		memset(control, SWISS_EMPTY, sizeof(control));
		control[0] = SWISS_DELETED;
		if (count) {
			memory__write_string(here + 8, "Traceparent"); /* a deleted slot keeps what it held */
			write_values(here + 24, &(struct header){ .values = { "deleted" }, .count = 1 });
		}
		for (uint32_t i = 0; group + i * groups < count && i < SLOTS - 1; i++) {
			const struct header *header = &headers[group + i * groups];

			control[i + 1] = i;
			memory__write_string(here + 8 + (i + 1) * 40, header->name);
			write_values(here + 24 + (i + 1) * 40, header);
		}
		memory__write(here, control, sizeof(control));
	}
	return at;
}

static uint32_t groups_for(uint32_t count)
{
	uint32_t groups = 1;

	while (groups * (SLOTS - 1) < count)
		groups *= 2;
	return groups;
}

static uaddr_t write_swiss(const struct header *headers, uint32_t count, uint32_t tables)
{
	uaddr_t map = memory__allocate(48);
	uaddr_t directory;

	memory__write_u64(map, count);
	if (!tables) {
		memory__write_u64(map + 16, write_groups(headers, count, 1));
		return map;
	}
	/* Two entries a table, as when a neighbour has split once more. */
	directory = memory__allocate(16 * tables);
	for (uint32_t i = 0; i < tables; i++) {
		uint32_t from = count * i / tables, here = count * (i + 1) / tables - from;
		uaddr_t table = memory__allocate(32);

		memory__write_u64(table + 16, write_groups(headers + from, here, groups_for(here)));
		memory__write_u64(table + 24, groups_for(here) - 1);
		memory__write_u64(directory + 16 * i, table);
		memory__write_u64(directory + 16 * i + 8, table);
	}
	memory__write_u64(map + 16, directory);
	memory__write_u64(map + 24, 2 * tables);
	return map;
}

/* Two headers a bucket; what does not fit goes into overflow buckets. */
static uaddr_t write_buckets(const struct header *headers, uint32_t count, uint32_t buckets)
{
	uaddr_t at = memory__allocate(buckets * BUCKET);

	for (uint32_t bucket = 0; bucket < buckets; bucket++) {
		uaddr_t here = at + bucket * BUCKET;
		uint32_t slot = 0;

		for (uint32_t i = bucket; i < count; i += buckets, slot++) {
			uint8_t tophash = BUCKET_TOPHASH;

			if (slot == 2) {
				uaddr_t overflow = memory__allocate(BUCKET);

				memory__write_u64(here + BUCKET - 8, overflow);
				here = overflow;
				slot = 0;
			}
			memory__write(here + slot, &tophash, 1);
			memory__write_string(here + 8 + slot * 16, headers[i].name);
			write_values(here + 8 + SLOTS * 16 + slot * 24, &headers[i]);
		}
	}
	return at;
}

static uaddr_t write_bucket_map(const struct header *headers, uint32_t count, bool growing)
{
	uaddr_t map = memory__allocate(48);
	uint32_t moved = growing ? count / 2 : count;
	uint8_t log2_buckets = growing;

	while ((4u << log2_buckets) < count)
		log2_buckets++;
	memory__write_u64(map, count);
	memory__write(map + 9, &log2_buckets, 1);
	memory__write_u64(map + 16, write_buckets(headers, moved, 1 << log2_buckets));
	if (growing) {
		uaddr_t at = write_buckets(headers + moved, count - moved, 1 << (log2_buckets - 1));
		const uint8_t evacuated = BUCKET_EVACUATED;

		/* What has been moved keeps its key. */
		memory__write(at + SLOTS - 1, &evacuated, 1);
		memory__write_string(at + 8 + (SLOTS - 1) * 16, "Traceparent");
		write_values(at + 8 + SLOTS * 16 + (SLOTS - 1) * 24, &(struct header){ .values = { "moved" }, .count = 1 });
		memory__write_u64(map + 24, at);
	}
	return map;
}

uaddr_t header_map__write(const struct header *headers, uint32_t count, struct header_layout layout)
{
	if (!layout.swiss)
		return write_bucket_map(headers, count, layout.growing);
	return write_swiss(headers, count, count > SLOTS - 1 && !layout.tables ? 1 : layout.tables);
}
