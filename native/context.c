// SPDX-License-Identifier: Apache-2.0
/* The context maps as user space tends them: reading open spans, forgetting what nobody can use any more. */
#define _GNU_SOURCE /* tdestroy */
#include <search.h>
#include <time.h>

#include "internal.h"

#define CHUNK 512

/* What a walk does with an entry. */
enum walk { WALK_KEEP, WALK_REMOVE, WALK_STOP };

typedef enum walk (*visit_fn)(const struct goroutine_key *key, void *value, void *context);

/* Visits every entry that stands in the map for the whole of the walk. @return entries removed, or -errno */
static int64_t map__walk(int fd, size_t value_bytes, visit_fn visit, void *context)
{
	struct goroutine_key *keys = malloc(CHUNK * sizeof(*keys));
	char *values = malloc(CHUNK * value_bytes);
	int64_t removed = 0, result = keys && values ? 0 : -ENOMEM;
	uint32_t position = 0;
	bool first = true, last = false;

	while (!result && !last) {
		uint32_t count = CHUNK;

		if (bpf_map_lookup_batch(fd, first ? NULL : &position, &position, keys, values, &count, NULL)) {
			if (errno != ENOENT) {
				result = -errno;
				break;
			}
			last = true;
		}
		first = false;
		for (uint32_t i = 0; i < count; i++) {
			enum walk next = visit(&keys[i], values + i * value_bytes, context);

			if (next == WALK_REMOVE && !bpf_map_delete_elem(fd, &keys[i]))
				removed++;
			if (next == WALK_STOP) {
				last = true;
				break;
			}
		}
	}
	free(keys);
	free(values);
	return result ? result : removed;
}

struct copy {
	struct batch batch;
	uint32_t target_id;
	uint64_t started_before_ns;
	bool full;
};

static enum walk copy_open(const struct goroutine_key *key, void *value, void *context)
{
	const struct open_span *open = value;
	const struct ev_span_end *span = &open->record;
	struct copy *copy = context;

	if ((copy->target_id && key->target_id != copy->target_id) || span->start_ktime_ns >= copy->started_before_ns)
		return WALK_KEEP;
	if (span->header.flags & SPAN_FLAG_TAKEN_OVER)
		return WALK_KEEP;
	/* Between insertion and filling an entry is blank; an unsampled one that is not counted is nobody's business. */
	if (span->header.size < offsetof(struct ev_span_end, rest) || (!(span->trace_flags & 1) && !open->is_counted))
		return WALK_KEEP;
	copy->full = !batch__append(&copy->batch, span, span->header.size);
	return copy->full ? WALK_STOP : WALK_KEEP;
}

int64_t kernel__copy_open(struct kernel *kernel, uint32_t target_id, uint64_t started_before_ns, void *batch,
			  size_t batch_bytes)
{
	struct copy copy = { .batch = { .at = batch, .bytes = batch_bytes },
			     .target_id = target_id,
			     .started_before_ns = started_before_ns };
	int64_t result = map__walk(kernel->open_fd, sizeof(struct open_span), copy_open, &copy);

	if (result < 0)
		return result;
	return copy.full ? -ENOSPC : (int64_t)copy.batch.used;
}

int kernel__remove_open(struct kernel *kernel, uint32_t target_id, uint64_t goid, uint32_t depth)
{
	struct goroutine_key key = { .goid = goid, .target_id = target_id, .depth = depth };

	return bpf_map_delete_elem(kernel->open_fd, &key) ? -errno : 0;
}

static enum walk remove_of_target(const struct goroutine_key *key, void *value, void *context)
{
	(void)value;
	return key->target_id == *(uint32_t *)context ? WALK_REMOVE : WALK_KEEP;
}

/* What a walk looks at stands at the same place in the keys of all maps. */
#define IS_KEY(type) \
	_Static_assert(sizeof(type) == sizeof(struct goroutine_key) && \
		       offsetof(type, target_id) == offsetof(struct goroutine_key, target_id), "keys name their target alike")
IS_KEY(struct g_key);
IS_KEY(struct slot_key);

int64_t kernel__forget_target(struct kernel *kernel, uint32_t target_id)
{
	const struct { int fd; size_t value_bytes; } maps[] = {
		{ kernel->open_fd, sizeof(struct open_span) },
		{ kernel->inherited_fd, sizeof(struct inherited) },
		{ kernel->handed_fd, sizeof(struct inherited) },
		{ kernel->times_fd, sizeof(struct goroutine_time) },
		{ kernel->turns_fd, sizeof(struct goroutine_turns) },
		{ kernel->sdk_spans_fd, sizeof(struct sdk_spans) },
	};
	int64_t removed = 0, error = 0;

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		int64_t result = map__walk(maps[i].fd, maps[i].value_bytes, remove_of_target, &target_id);

		if (result < 0)
			error = error ?: result;
		else
			removed += result;
	}
	return error ?: removed;
}

/* A span that a sweep has found ended, but which still serves as a link. */
struct dead {
	struct goroutine_key key; /* of the goroutine that inherited it */
	uint64_t since_ktime_ns;
};

struct sweep {
	struct kernel *kernel;
	void *dead; /* tree of struct dead, which is the kernel's afterwards */
	uint64_t now_ns;
	uint64_t grace_ns;
	uint64_t kept;
};

static int compare_dead(const void *a, const void *b)
{
	return memcmp(&((const struct dead *)a)->key, &((const struct dead *)b)->key, sizeof(struct goroutine_key));
}

static bool span_is_open(struct kernel *kernel, uint32_t target_id, const struct inherited *inherited)
{
	struct goroutine_key key = { .goid = inherited->owner_goid,
				     .target_id = target_id,
				     .depth = inherited->owner_depth };
	struct open_span span;

	return !bpf_map_lookup_elem(kernel->open_fd, &key, &span) &&
	       !memcmp(&span.record.span_id, &inherited->span_id, sizeof(span.record.span_id));
}

/* Since when that span has been known to be dead, which is now if it was not. Remembered for the next sweep. */
static uint64_t dead_since(struct sweep *sweep, const struct goroutine_key *key)
{
	struct dead now = { .key = *key, .since_ktime_ns = sweep->now_ns }, *dead = malloc(sizeof(*dead));
	struct dead **before = tfind(&now, &sweep->kernel->dead, compare_dead), **node;

	if (before)
		now.since_ktime_ns = (*before)->since_ktime_ns;
	if (!dead)
		return now.since_ktime_ns;
	*dead = now;
	node = tsearch(dead, &sweep->dead, compare_dead);
	if (!node || *node != dead)
		free(dead);
	return now.since_ktime_ns;
}

void sweep__forget(struct kernel *kernel)
{
	tdestroy(kernel->dead, free);
	kernel->dead = NULL;
}

static enum walk sweep_one(const struct goroutine_key *key, void *value, void *context)
{
	struct sweep *sweep = context;

	if (!span_is_open(sweep->kernel, key->target_id, value) &&
	    (!sweep->grace_ns || sweep->now_ns - dead_since(sweep, key) >= sweep->grace_ns))
		return WALK_REMOVE;
	sweep->kept++;
	return WALK_KEEP;
}

static enum walk remove_if_over(const struct goroutine_key *key, void *value, void *kernel)
{
	return span_is_open(kernel, key->target_id, value) ? WALK_KEEP : WALK_REMOVE;
}

int kernel__sweep(struct kernel *kernel, uint64_t grace_ns, struct sweep_result *out)
{
	struct timespec now;
	struct sweep sweep = { .kernel = kernel, .grace_ns = grace_ns };
	int64_t removed;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sweep.now_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	removed = map__walk(kernel->inherited_fd, sizeof(struct inherited), sweep_one, &sweep);
	sweep__forget(kernel);
	kernel->dead = sweep.dead;
	if (removed >= 0 && grace_ns && sweep.kept > kernel->inherited_max / 2) {
		int64_t more;

		sweep.grace_ns = 0;
		sweep.kept = 0;
		more = map__walk(kernel->inherited_fd, sizeof(struct inherited), sweep_one, &sweep);
		removed = more < 0 ? more : removed + more;
	}
	if (removed >= 0) {
		/* What still lies in a channel serves no link. */
		int64_t handed = map__walk(kernel->handed_fd, sizeof(struct inherited), remove_if_over, kernel);

		removed = handed < 0 ? handed : removed;
	}
	if (removed < 0)
		return removed;
	*out = (struct sweep_result){ .kept = sweep.kept, .removed = removed };
	return 0;
}
