// SPDX-License-Identifier: Apache-2.0
/*
 * Reading the ring buffer. Not through libbpf, which keeps it mapped whole with its data twice in a row, as the kernel
 * offers it: twice its size in resident memory. Here only what is being copied is mapped, and only meanwhile.
 * Layout (kernel/bpf/ringbuf.c): a page with the consumer's position, one with the producer's, the data, the data again.
 */
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

struct record {
	uint32_t length; /* with BPF_RINGBUF_BUSY_BIT and BPF_RINGBUF_DISCARD_BIT */
	uint32_t page;
	char bytes[];
};

/* Of a record with its header. */
#define RECORD_BYTES_MAX (sizeof(struct record) + sizeof(struct ev_span_end))

static void *map_pages(const struct ring *ring, size_t bytes, int protection, uint64_t offset)
{
	return mmap(NULL, bytes, protection, MAP_SHARED, ring->fd, offset);
}

int ring__open(struct ring *ring, int fd, uint64_t data_bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);

	*ring = (struct ring){ .fd = fd, .data_bytes = data_bytes, .page_bytes = page };
	ring->consumed = map_pages(ring, page, PROT_READ | PROT_WRITE, 0);
	if (ring->consumed == MAP_FAILED) {
		ring->consumed = NULL;
		return -errno;
	}
	ring->produced = map_pages(ring, page, PROT_READ, page);
	if (ring->produced == MAP_FAILED) {
		ring->produced = NULL;
		return -errno;
	}
	return 0;
}

void ring__close(struct ring *ring)
{
	if (ring->consumed)
		munmap(ring->consumed, ring->page_bytes);
	if (ring->produced)
		munmap((void *)ring->produced, ring->page_bytes);
	*ring = (struct ring){};
}

/* Copies the records that lie wholly in `bytes` bytes at `data`, as far as the batch takes them. @return bytes consumed */
static uint64_t copy_records(const char *data, uint64_t bytes, struct batch *batch)
{
	uint64_t done = 0;

	while (bytes - done >= sizeof(struct record) && batch->bytes - batch->used >= sizeof(struct ev_span_end)) {
		const struct record *record = (const void *)(data + done);
		uint32_t length = __atomic_load_n(&record->length, __ATOMIC_ACQUIRE);
		uint64_t step;

		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		step = (sizeof(*record) + (length & ~BPF_RINGBUF_DISCARD_BIT) + 7) & ~7ULL;
		if (step > bytes - done)
			break;
		if (!(length & BPF_RINGBUF_DISCARD_BIT))
			batch__append(batch, record->bytes, length);
		done += step;
	}
	return done;
}

int ring__drain(struct ring *ring, struct batch *batch)
{
	uint64_t from = *ring->consumed, bytes = __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE) - from;
	uint64_t at = from & (ring->data_bytes - 1), in_page = at & (ring->page_bytes - 1);
	char *pages;
	size_t mapped;

	if (!bytes)
		return 0;
	/* At least one record, and hardly more than fit into the batch. */
	if (bytes > batch->bytes + RECORD_BYTES_MAX)
		bytes = batch->bytes + RECORD_BYTES_MAX;
	mapped = in_page + bytes;
	pages = map_pages(ring, mapped, PROT_READ, 2 * ring->page_bytes + at - in_page);
	if (pages == MAP_FAILED)
		return -errno;
	bytes = copy_records(pages + in_page, bytes, batch);
	munmap(pages, mapped);
	__atomic_store_n(ring->consumed, from + bytes, __ATOMIC_RELEASE);
	return 0;
}
