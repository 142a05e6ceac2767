// SPDX-License-Identifier: Apache-2.0
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BASE 0xc000000000ULL /* where Go's heap begins */
#define ARENA_BYTES (1ULL << 28)

static char *arena;
static uint64_t used;
static uint32_t scramble_percent;
static uint64_t scramble_state;

uaddr_t memory__allocate(size_t bytes)
{
	uaddr_t at = BASE + used;

	if (!arena) {
		arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (arena == MAP_FAILED)
			exit(2);
	}
	used += (bytes + 15) & ~15ULL;
	/* The last page is never handed out, since programs read whole windows. */
	if (used > ARENA_BYTES - 4096) {
		fprintf(stderr, "the target needs more memory than the host has\n");
		exit(2);
	}
	return at;
}

static uint64_t scramble_next(void)
{
	scramble_state = scramble_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return scramble_state >> 24;
}

/* Some words become others: small numbers, addresses that exist, anything. */
static void scramble(void *to, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += 8) {
		const uint64_t choices[] = { scramble_next() % 64, BASE + scramble_next() % (used + 1),
					     scramble_next() << 24 | scramble_next() };
		size_t left = bytes - at;

		if (scramble_next() % 100 < scramble_percent)
			memcpy((char *)to + at, &choices[scramble_next() % 3], left < 8 ? left : 8);
	}
}

void memory__scramble(uint32_t percent, uint32_t seed)
{
	scramble_percent = percent;
	scramble_state = seed;
}

int memory__read(void *to, size_t bytes, uaddr_t from)
{
	if (!arena || from < BASE || from - BASE > ARENA_BYTES || bytes > ARENA_BYTES - (from - BASE)) {
		memset(to, 0, bytes); /* as the kernel does */
		return -EFAULT;
	}
	memcpy(to, arena + (from - BASE), bytes);
	if (scramble_percent)
		scramble(to, bytes);
	return 0;
}

void memory__write(uaddr_t to, const void *from, size_t bytes)
{
	memcpy(arena + (to - BASE), from, bytes);
}

void memory__write_u64(uaddr_t to, uint64_t value)
{
	memory__write(to, &value, sizeof(value));
}

uint64_t memory__read_u64(uaddr_t from)
{
	uint64_t value;

	memory__read(&value, sizeof(value), from);
	return value;
}

void memory__write_string(uaddr_t to, const char *text)
{
	size_t bytes = strlen(text);
	uaddr_t at = bytes ? memory__allocate(bytes) : 0;

	if (bytes)
		memory__write(at, text, bytes);
	memory__write_u64(to, at);
	memory__write_u64(to + 8, bytes);
}

void memory__reset(void)
{
	if (arena)
		madvise(arena, ARENA_BYTES, MADV_DONTNEED);
	used = 0;
	scramble_percent = 0;
}
