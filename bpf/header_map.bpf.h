/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Finds Traceparent and Tracestate in an http.Header, or a metadata.MD (map[string][]string), of any size.
 * Layouts: internal/runtime/maps (Swiss maps, Go ≥ 1.24), runtime/map.go (buckets, before).
 */
#ifndef HEADER_MAP_BPF_H
#define HEADER_MAP_BPF_H

#include "go.bpf.h"

#define GROUP_SLOTS 8
#define SWISS_GROUP_BYTES (8 + GROUP_SLOTS * 40) /* control word; slots of key and value */
#define BUCKET_BYTES (8 + GROUP_SLOTS * 16 + GROUP_SLOTS * 24 + 8) /* tophash; keys; values; overflow */
#define PAGE_BYTES 4096 /* where pages are larger, their ends are ends of these too */
#define BUCKET_TOPHASH_MIN 5 /* below: empty or moved away */
#define BUCKET_SAME_SIZE_GROW 8
#ifdef LEGACY
#define GROUPS_MAX 8 /* ≥ 28 headers, up to 64 */
#else
#define GROUPS_MAX 8192 /* ≥ 57,000 headers */
#endif

/*
 * Stands in the text of the span, which is free meanwhile: on the stack it would not leave the others of a chain of calls
 * enough of the 512 bytes that all frames may have together. On the stack is a pointer to it, for bpf_loop.
 */
struct header_scan {
	struct go_slice traceparent;
	struct go_slice tracestate;
	/*
	 * The last header whose name has the length of Tracestate, as User-Agent and Connection have: compared when the next
	 * one comes, or when there is a traceparent, since otherwise nobody asks.
	 */
	uaddr_t candidate_name;
	struct go_slice candidate;
	uaddr_t groups; /* of this table, or the array of buckets */
	__u64 groups_left;
	uaddr_t directory; /* tables yet to come, or the array of old buckets */
	__u64 directory_left;
	uaddr_t table_or_overflow; /* the table just done, or the next bucket of this chain */
	__u64 complete;
	__u8 group[BUCKET_BYTES]; /* one at a time is copied here; a Swiss one is smaller */
};

_Static_assert(sizeof(struct header_scan) <= TEXT_BYTES_MAX && SWISS_GROUP_BYTES <= BUCKET_BYTES,
	       "the text must hold the scan");

static __always_inline struct header_scan *header_scan_begin(struct ev_span_end *span)
{
	struct header_scan *scan = span_scratch(span);

	__builtin_memset(scan, 0, offsetof(struct header_scan, group));
	return scan;
}

/* Header names, filled up with zeros. Both HTTP versions store them in Go's canonical form, with a capital; gRPC in lower case. */
static const char traceparent_name[16] = "traceparent";
static const char tracestate_name[16] = "tracestate";

/* Does the string at `at` equal `name`, which is `bytes` long, but for the case of its first letter? */
static __always_inline bool is_name(uaddr_t at, __u32 bytes, const char *name)
{
	__u8 text[16] = {};

	if (read_user(text, bytes, at))
		return false;
	text[0] |= 0x20;
	return *(const __u64 *)text == *(const __u64 *)name && *(const __u64 *)(text + 8) == *(const __u64 *)(name + 8);
}

static __always_inline void settle_candidate(struct header_scan *scan)
{
	if (scan->candidate_name && is_name(scan->candidate_name, sizeof("Tracestate") - 1, tracestate_name))
		scan->tracestate = scan->candidate;
}

/*
 * One slot of `group`. Each is a step of bpf_loop: in a plain loop the verifier follows every
 * combination of found and not found (131,000 instructions instead of 30,000; no difference in time was measured).
 */
static __always_inline int scan_slot(__u32 i, struct header_scan *scan, bool swiss)
{
	const __u8 *bytes = scan->group;
	const __u64 *key, *value;

	if (i >= GROUP_SLOTS)
		return 1;
	key = (void *)bytes + 8 + i * (swiss ? 40 : 16);
	value = (void *)bytes + (swiss ? 24 + i * 40 : 8 + GROUP_SLOTS * 16 + i * 24);
	if (swiss ? bytes[i] & 0x80 : bytes[i] < BUCKET_TOPHASH_MIN)
		return 0;
	if (!key[0])
		count(LOST_READ_FAILED); /* in a page that was written, and is not there now */
	if (key[1] == sizeof("Traceparent") - 1 && is_name(key[0], sizeof("Traceparent") - 1, traceparent_name)) {
		/* A client may have written two names that only differ in their case: then there are several, too. */
		scan->traceparent = (struct go_slice){ value[0], scan->traceparent.count + value[1] };
	} else if (key[1] == sizeof("Tracestate") - 1) {
		settle_candidate(scan);
		scan->candidate_name = key[0];
		scan->candidate = (struct go_slice){ value[0], value[1] };
	}
	return 0;
}

static __noinline long scan_swiss_slot(__u32 i, struct header_scan **scan)
{
	return scan_slot(i, *scan, true);
}

static __noinline long scan_bucket_slot(__u32 i, struct header_scan **scan)
{
	return scan_slot(i, *scan, false);
}

/*
 * Reads a group of which a part may lie in a page that the program has never written to, so that it is not there: what it
 * has of slots is then before that page, and what cannot be read becomes zero.
 */
static __always_inline int read_group(void *to, __u32 bytes, uaddr_t group)
{
	__u32 bytes_before = PAGE_BYTES - (group & (PAGE_BYTES - 1));

	if (bytes_before >= bytes)
		return read_user(to, bytes, group);
	return bpf_probe_read_user(to, bytes, (const void *)group) && read_user(to, bytes_before, group);
}

static __always_inline int scan_group(struct header_scan *scan, uaddr_t group, bool swiss)
{
	if (read_group(scan->group, swiss ? SWISS_GROUP_BYTES : BUCKET_BYTES, group))
		return -1;
	if (swiss)
		repeat(GROUP_SLOTS, scan_swiss_slot, &scan);
	else
		repeat(GROUP_SLOTS, scan_bucket_slot, &scan);
	return 0;
}

static __noinline long scan_swiss_step(__u32 index, struct header_scan **of)
{
	struct header_scan *scan = *of;
	struct { uaddr_t data; __u64 length_mask; } groups = {};
	uaddr_t table;

	(void)index;
	if (scan->groups_left) {
		if (scan_group(scan, scan->groups, true))
			return 1;
		scan->groups += SWISS_GROUP_BYTES;
		scan->groups_left--;
		return 0;
	}
	if (!scan->directory_left) {
		scan->complete = 1;
		return 1;
	}
	table = read_u64(scan->directory);
	scan->directory += 8;
	scan->directory_left--;
	/* Neighbours in the directory share a table that has not split as often as others. */
	if (table == scan->table_or_overflow)
		return 0;
	scan->table_or_overflow = table;
	if (!read_user(&groups, sizeof(groups), table + 16)) {
		scan->groups = groups.data;
		scan->groups_left = groups.length_mask + 1;
	}
	return 0;
}

static __always_inline void scan_swiss(struct header_scan *scan, uaddr_t map)
{
	struct { __u64 used, seed; uaddr_t directory; __u64 directory_count; } header = {};

	if (read_user(&header, sizeof(header), map) || !header.used)
		return;
	if (!header.directory_count) {
		scan_group(scan, header.directory, true);
		return;
	}
	scan->directory = header.directory;
	scan->directory_left = header.directory_count;
	repeat(GROUPS_MAX, scan_swiss_step, &scan);
	if (!scan->complete)
		count(NOTE_HEADERS_UNSCANNED);
}

static __noinline long scan_buckets_step(__u32 index, struct header_scan **of)
{
	struct header_scan *scan = *of;
	uaddr_t bucket = scan->table_or_overflow;

	(void)index;
	if (!bucket) {
		if (!scan->groups_left) {
			scan->groups = scan->directory;
			scan->groups_left = scan->directory_left;
			scan->directory_left = 0;
			if (!scan->groups_left) {
				scan->complete = 1;
				return 1;
			}
		}
		bucket = scan->groups;
		scan->groups += BUCKET_BYTES;
		scan->groups_left--;
	}
	if (scan_group(scan, bucket, false))
		return 1;
	scan->table_or_overflow = *(__u64 *)(scan->group + BUCKET_BYTES - 8);
	return 0;
}

static __always_inline void scan_buckets(struct header_scan *scan, uaddr_t map)
{
	struct {
		__u64 count;
		__u8 flags, log2_buckets;
		__u16 overflows;
		__u32 seed;
		uaddr_t buckets, old_buckets;
	} header = {};

	if (read_user(&header, sizeof(header), map) || !header.count)
		return;
	scan->groups = header.buckets;
	scan->groups_left = 1ULL << (header.log2_buckets & 31);
	/* While the map grows, some of its entries still live in the old array. */
	scan->directory = header.old_buckets;
	if (header.old_buckets)
		scan->directory_left = header.flags & BUCKET_SAME_SIZE_GROW ? scan->groups_left :
									      scan->groups_left >> 1;
	repeat(GROUPS_MAX, scan_buckets_step, &scan);
	if (!scan->complete)
		count(NOTE_HEADERS_UNSCANNED);
}

/* Looks the two headers up in the map at `map`. */
static __always_inline void scan_headers(struct header_scan *scan, const struct target_row *target, uaddr_t map)
{
	if (!map)
		return;
	if (target->flags & TARGET_SWISS_MAPS)
		scan_swiss(scan, map);
	else
		scan_buckets(scan, map);
	if (scan->traceparent.count)
		settle_candidate(scan);
}

#endif
