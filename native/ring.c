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
static uint64_t copy_records(struct ring *ring, const char *data, uint64_t bytes, struct batch *batch)
{
	uint64_t done = 0;

	while (done + sizeof(struct record) <= bytes) {
		const struct record *record = (const void *)(data + done);
		uint32_t length = __atomic_load_n(&record->length, __ATOMIC_ACQUIRE);
		bool is_discarded = length & BPF_RINGBUF_DISCARD_BIT;

		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		length &= ~BPF_RINGBUF_DISCARD_BIT;
		if (!is_discarded && length > RECORD_BYTES_MAX)
			__atomic_add_fetch(&ring->refused, 1, __ATOMIC_RELAXED);
		else if (!is_discarded && (done + sizeof(*record) + length > bytes || !batch__append(batch, record->bytes, length)))
			break;
		done += (sizeof(*record) + length + 7) & ~7ULL;
	}
	return done;
}

/* Moves what lies next in the ring, as far as the batch takes it. @return bytes consumed, or -errno */
static int64_t drain_next(struct ring *ring, struct batch *batch)
{
	uint64_t from = *ring->consumed, bytes = __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE) - from;
	uint64_t at = from & (ring->data_bytes - 1), in_page = at & (ring->page_bytes - 1);
	char *pages;
	size_t mapped;

	if (!bytes)
		return 0;
	/* At least one record with its header, and hardly more than fit into the batch. */
	if (bytes > batch->bytes + sizeof(struct record) + RECORD_BYTES_MAX)
		bytes = batch->bytes + sizeof(struct record) + RECORD_BYTES_MAX;
	mapped = in_page + bytes;
	pages = map_pages(ring, mapped, PROT_READ, 2 * ring->page_bytes + at - in_page);
	if (pages == MAP_FAILED)
		return -errno;
	bytes = copy_records(ring, pages + in_page, bytes, batch);
	munmap(pages, mapped);
	__atomic_store_n(ring->consumed, from + bytes, __ATOMIC_RELEASE);
	return bytes;
}

int ring__drain(struct ring *ring, struct batch *batch)
{
	int64_t bytes;

	/* An empty batch says that the ring is empty: nothing but records that are left out must not. */
	do
		bytes = drain_next(ring, batch);
	while (bytes > 0 && !batch->used);
	return bytes < 0 ? bytes : 0;
}
