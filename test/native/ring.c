// SPDX-License-Identifier: Apache-2.0
/*
 * ring BATCH_BYTES LENGTH…
 * A ring buffer as the kernel lays it out, in memory of our own, that holds a record of each length (`-N`: discarded,
 * `bN`: still being written); drains it into batches of that size. Writes the first byte of the record at each place of
 * each batch, a line a batch, then what was refused and how many bytes are left.
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../native/internal.h"

#define DATA_BYTES (1 << 16)

/* Writes the record to both copies of the data; returns the bytes that it takes. */
static uint64_t put(char *data, uint64_t at, const char *word, char mark)
{
	uint32_t length = atoi(word + (*word == '-' || *word == 'b'));
	uint64_t step = (8 + length + 7) & ~7ULL;

	for (uint64_t i = 0; i < step; i++) {
		uint64_t place = (at + i) % DATA_BYTES;

		data[place] = data[place + DATA_BYTES] = i < 8 ? 0 : mark;
	}
	for (int copy = 0; copy < 2; copy++)
		*(uint32_t *)(data + at % DATA_BYTES + copy * DATA_BYTES) =
			length | (*word == '-' ? BPF_RINGBUF_DISCARD_BIT : 0) | (*word == 'b' ? BPF_RINGBUF_BUSY_BIT : 0);
	return step;
}

int main(int argc, char **argv)
{
	size_t page = sysconf(_SC_PAGESIZE), batch_bytes = atoi(argv[1]);
	int fd = memfd_create("ring", 0);
	/* The last record before the end of the data goes around it. */
	uint64_t from = DATA_BYTES - 64, at = from;
	struct ring ring;
	uint64_t *pages;
	char *batch_at = malloc(batch_bytes);

	if (ftruncate(fd, 2 * page + 2 * DATA_BYTES))
		return 1;
	pages = mmap(NULL, 2 * page + 2 * DATA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (int i = 2; i < argc; i++)
		at += put((char *)pages + 2 * page, at, argv[i], 'a' + i - 2);
	pages[0] = from;
	pages[page / 8] = at;
	if (ring__open(&ring, fd, DATA_BYTES))
		return 1;
	for (;;) {
		struct batch batch = { .at = batch_at, .bytes = batch_bytes };

		if (ring__drain(&ring, &batch))
			return 1;
		if (!batch.used)
			break;
		for (size_t i = 0; i < batch.used; i++)
			if (batch_at[i] && (!i || batch_at[i - 1] != batch_at[i]))
				putchar(batch_at[i]);
		putchar('\n');
	}
	printf("refused %lu left %lu\n", ring.refused, pages[page / 8] - pages[0]);
	return 0;
}
