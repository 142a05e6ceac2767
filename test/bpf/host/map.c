// SPDX-License-Identifier: Apache-2.0
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPS_MAX 32

/* Elements are allocated one by one, so that the sanitizer sees the use of one that has gone. */
struct element {
	void *key;
	void *value;
};

struct host_map {
	const void *address;
	const char *name;
	enum host_map_type type;
	size_t key_bytes, value_bytes;
	uint32_t max_entries, limit, count;
	struct element *elements;
	char *array;
	void **free_values; /* with what was in them, until they are used again */
	uint32_t free_count;
	char *snapshot; /* keys of the walk that is under way */
	uint32_t snapshot_count;
};

static struct host_map maps[MAPS_MAX];
static int map_count;
static bool is_recycling;

static struct host_map *by_address(const void *address)
{
	for (int i = 0; i < map_count; i++)
		if (maps[i].address == address)
			return &maps[i];
	fprintf(stderr, "a map is not defined in programs.c\n");
	exit(2);
}

static struct host_map *by_name(const char *name)
{
	for (int i = 0; i < map_count; i++)
		if (!strcmp(maps[i].name, name))
			return &maps[i];
	fprintf(stderr, "no map %s\n", name);
	exit(2);
}

void host_map__define(const void *address, const char *name, enum host_map_type type, size_t key_bytes,
		      size_t value_bytes, uint32_t max_entries)
{
	struct host_map *map = &maps[map_count++];

	*map = (struct host_map){ .address = address, .name = name, .type = type, .key_bytes = key_bytes,
				  .value_bytes = value_bytes, .max_entries = max_entries, .limit = max_entries };
	if (type == HOST_HASH) {
		map->elements = calloc(max_entries, sizeof(*map->elements));
		map->free_values = calloc(max_entries + 1, sizeof(*map->free_values));
	}
	if (type == HOST_ARRAY)
		map->array = calloc(max_entries, value_bytes);
}

void host_map__limit(const char *name, uint32_t max_entries)
{
	struct host_map *map = by_name(name);

	map->limit = max_entries < map->max_entries ? max_entries : map->max_entries;
}

uint32_t host_map__capacity(const char *name)
{
	return by_name(name)->limit;
}

uint32_t host_map__entries(const char *name)
{
	return by_name(name)->count;
}

int host_map__fd(const char *name)
{
	return by_name(name) - maps;
}

static void element__free(struct host_map *map, struct element *element)
{
	free(element->key);
	if (is_recycling)
		map->free_values[map->free_count++] = element->value;
	else
		free(element->value);
}

void host_map__reset(bool recycles)
{
	for (int i = 0; i < map_count; i++) {
		struct host_map *map = &maps[i];

		while (map->type == HOST_HASH && map->count)
			element__free(map, &map->elements[--map->count]);
		if (map->type == HOST_ARRAY) {
			free(map->array); /* cheaper than clearing a large one */
			map->array = calloc(map->max_entries, map->value_bytes);
		}
		while (map->free_count)
			free(map->free_values[--map->free_count]);
		map->limit = map->max_entries;
	}
	is_recycling = recycles;
}

static void *copy(const void *from, size_t bytes)
{
	return memcpy(malloc(bytes), from, bytes);
}

static struct element *find(struct host_map *map, const void *key)
{
	for (uint32_t i = map->count; i-- > 0;)
		if (!memcmp(map->elements[i].key, key, map->key_bytes))
			return &map->elements[i];
	return NULL;
}

static void *lookup(struct host_map *map, const void *key)
{
	struct element *element;

	if (map->type == HOST_ARRAY)
		return *(uint32_t *)key < map->max_entries ? map->array + *(uint32_t *)key * map->value_bytes : NULL;
	element = find(map, key);
	return element ? element->value : NULL;
}

static struct element element__make(struct host_map *map, const void *key, const void *value)
{
	void *at = map->free_count ? map->free_values[--map->free_count] : malloc(map->value_bytes);

	return (struct element){ copy(key, map->key_bytes), memcpy(at, value, map->value_bytes) };
}

static int update(struct host_map *map, const void *key, const void *value, uint64_t flags)
{
	struct element *element;

	if (map->type == HOST_ARRAY) {
		void *at = lookup(map, key);

		if (!at)
			return -E2BIG;
		memcpy(at, value, map->value_bytes);
		return 0;
	}
	element = find(map, key);
	if (!element) {
		if (flags == 2 /* BPF_EXIST */)
			return -ENOENT;
		if (map->count == map->limit)
			return -E2BIG;
		map->elements[map->count++] = element__make(map, key, value);
	} else {
		/* The new element is whole before the old one goes. */
		struct element old = *element;

		*element = element__make(map, key, value);
		element__free(map, &old);
	}
	return 0;
}

static int delete(struct host_map *map, const void *key)
{
	struct element *element = find(map, key);

	if (!element)
		return -ENOENT;
	element__free(map, element);
	*element = map->elements[--map->count];
	return 0;
}

/* What it returns may have gone already when the program looks at it. */
void *bpf_map_lookup_elem(const void *map, const void *key)
{
	void *value = lookup(by_address(map), key);

	preempt__point();
	return value;
}

long bpf_map_update_elem(const void *map, const void *key, const void *value, uint64_t flags)
{
	preempt__point();
	return update(by_address(map), key, value, flags);
}

long bpf_map_delete_elem(const void *map, const void *key)
{
	preempt__point();
	return delete(by_address(map), key);
}

static int result(int error)
{
	errno = -error;
	return error ? -1 : 0;
}

int host_fd__lookup(int fd, const void *key, void *value)
{
	void *found = lookup(&maps[fd], key);

	if (found)
		memcpy(value, found, maps[fd].value_bytes);
	return result(found ? 0 : -ENOENT);
}

int host_fd__update(int fd, const void *key, const void *value, uint64_t flags)
{
	return result(update(&maps[fd], key, value, flags));
}

int host_fd__delete(int fd, const void *key)
{
	return result(delete(&maps[fd], key));
}

int host_fd__lookup_batch(int fd, void *in, void *out, void *keys, void *values, uint32_t *count, const void *options)
{
	struct host_map *map = &maps[fd];
	uint32_t position = in ? *(uint32_t *)in : 0, wanted = *count;

	(void)options;
	if (!in) {
		free(map->snapshot);
		map->snapshot = malloc(map->count * map->key_bytes + 1);
		map->snapshot_count = map->count;
		for (uint32_t i = 0; i < map->count; i++)
			memcpy(map->snapshot + i * map->key_bytes, map->elements[i].key, map->key_bytes);
	}
	for (*count = 0; position < map->snapshot_count && *count < wanted; position++) {
		const char *key = map->snapshot + position * map->key_bytes;
		const void *value = lookup(map, key);

		if (!value)
			continue;
		memcpy((char *)keys + *count * map->key_bytes, key, map->key_bytes);
		memcpy((char *)values + *count * map->value_bytes, value, map->value_bytes);
		++*count;
	}
	*(uint32_t *)out = position;
	return result(position == map->snapshot_count ? -ENOENT : 0);
}
