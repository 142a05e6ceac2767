/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Work that goes through a channel: who receives a value works, until the next one, for the span of who has sent it, as long
 * as it has no span of its own. A value of no size is no work: it only wakes. So does one that its receiver discards, as who
 * takes a token of a semaphore does: `<-c` has no place for it. What a timer sends is none either.
 */
#ifndef CHANNEL_BPF_H
#define CHANNEL_BPF_H

#include "goroutine.bpf.h"

/* A goroutine that sends or receives; a timer has no goid. */
struct party {
	uaddr_t g;
	goid_t goid;
};

/* A goroutine has received a value that was sent for that span; NULL: for none, so that nobody knows for whom it works. */
static __always_inline void work_received(const struct target_row *target, const struct worker *to, uaddr_t from,
					  const struct inherited *handed)
{
	struct goroutine_key key;

	if (outermost_span(target, to->goid, &key))
		return;
	if (handed) {
		context_inherit_from(target->target_id, to->goid, handed);
		work_hand_on(target, to, from, handed);
	} else if (bpf_map_lookup_elem(&inherited_by_goroutine, &key)) {
		bpf_map_delete_elem(&inherited_by_goroutine, &key);
		work_ends(target, to->g);
	}
}

/* From one goroutine to another, which is doing that. */
static __noinline int work_handed(const struct target_row *target, const struct party *from, const struct worker *to)
{
	struct inherited handed = {};

	if (from->goid && to->goid)
		work_received(target, to, from->g,
			      context_handed(&handed, target->target_id, from->goid) ? &handed : NULL);
	return 0;
}

/* Into a place of a buffer, in which the entry of a value that was discarded may still be. */
static __noinline int work_put(__u32 target_id, goid_t from, uaddr_t slot)
{
	struct slot_key key = { .slot_addr = slot, .target_id = target_id };
	struct inherited handed = {};

	if (context_handed(&handed, target_id, from)) {
		if (bpf_map_update_elem(&handed_by_slot, &key, &handed, BPF_ANY))
			count(LOST_HANDED_MAP_FULL);
	} else if (bpf_map_lookup_elem(&handed_by_slot, &key)) {
		bpf_map_delete_elem(&handed_by_slot, &key);
	}
	return 0;
}

/* Out of a place of a buffer. Nobody else touches it meanwhile: the channel is locked. */
static __noinline int work_taken(const struct target_row *target, const struct party *to, uaddr_t slot)
{
	struct worker worker = { to->g, to->goid, GOROUTINE_RUNS, TIME_CPU };
	struct slot_key key = { .slot_addr = slot, .target_id = target->target_id };
	const struct inherited *entry = bpf_map_lookup_elem(&handed_by_slot, &key);
	struct inherited handed;

	if (entry) {
		handed = *entry;
		bpf_map_delete_elem(&handed_by_slot, &key);
	}
	work_received(target, &worker, 0, entry ? &handed : NULL);
	return 0;
}

/* A hit at which a value moves between a channel and the running goroutine. */
struct channel_hit {
	struct hit hit;
	struct party own;   /* that runs */
	struct party other; /* that waits at the channel */
	uaddr_t channel;
	__u16 value_bytes;
};

static __always_inline struct party running_party(const struct pt_regs *ctx, const struct target_row *target)
{
	uaddr_t g = go_current_g(ctx);

	return (struct party){ g, read_goid(target, g) };
}

/* func send or recv(c *hchan, sg *sudog, …)  false if there is no work in it. */
static __always_inline bool channel_hit(struct channel_hit *at, struct pt_regs *ctx, enum count reason)
{
	const struct target_row *target;

	if (!hit_begin(&at->hit, ctx, reason))
		return false;
	target = at->hit.target;
	at->channel = go_register(ctx, 0);
	at->value_bytes = 0;
	read_user(&at->value_bytes, sizeof(at->value_bytes), at->channel + target->time.hchan_elemsize);
	if (!at->value_bytes)
		return false;
	at->own = running_party(ctx, target);
	at->other.g = read_u64(go_argument(ctx, &at->hit) + target->time.sudog_g);
	at->other.goid = at->other.g ? read_goid(target, at->other.g) : 0;
	return true;
}

/*
 * func send(c *hchan, sg *sudog, …)  argument: sg, who waits for a value, which it gets from the running goroutine. Since Go
 * 1.26 sg.elem is two words, of which at a channel the first is the place for the value as well.
 */
SEC("uprobe")
int chan_hand_to(struct pt_regs *ctx)
{
	struct channel_hit at;
	struct worker to;

	if (!channel_hit(&at, ctx, HIT_CHAN_HAND_TO) ||
	    !read_u64(go_argument(ctx, &at.hit) + at.hit.target->time.sudog_elem))
		return 0;
	to = (struct worker){ at.other.g, at.other.goid, GOROUTINE_WAITS, TIME_CHAN_RECEIVE };
	work_handed(at.hit.target, &at.own, &to);
	return 0;
}

/*
 * func recv(c *hchan, sg *sudog, ep unsafe.Pointer, …)  argument: sg, who waits to get rid of a value. Without a buffer the
 * running goroutine gets it. Else it gets the one that has been longest in the buffer, in whose place goes that of the waiting
 * one. Without ep it discards what it gets.
 */
SEC("uprobe")
int chan_hand_from(struct pt_regs *ctx)
{
	bool is_wanted = go_register(ctx, 2);
	const struct time_layout *layout;
	struct channel_hit at;
	struct worker to;
	__u32 index = 0;
	uaddr_t slot;

	if (!channel_hit(&at, ctx, HIT_CHAN_HAND_FROM))
		return 0;
	layout = &at.hit.target->time;
	if (!read_u64(at.channel + layout->hchan_dataqsiz)) {
		to = (struct worker){ at.own.g, at.own.goid, GOROUTINE_RUNS, TIME_CPU };
		if (is_wanted)
			work_handed(at.hit.target, &at.other, &to);
		return 0;
	}
	read_user(&index, sizeof(index), at.channel + layout->hchan_recvx);
	slot = read_u64(at.channel + layout->hchan_buf) + (uaddr_t)index * at.value_bytes;
	if (is_wanted)
		work_taken(at.hit.target, &at.own, slot);
	work_put(at.hit.target->target_id, at.other.goid, slot);
	return 0;
}

/* In chansend and selectgo, the call typedmemmove(type, slot, value)  argument: slot of the buffer, which is free. */
SEC("uprobe")
int chan_put(struct pt_regs *ctx)
{
	const struct target_row *target;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_CHAN_PUT))
		return 0;
	target = hit.target;
	/* The first word of a type is its size. */
	if (read_u64(go_register(ctx, 0)))
		work_put(target->target_id, read_goid(target, go_current_g(ctx)), go_argument(ctx, &hit));
	return 0;
}

/* In chanrecv and selectgo, the call typedmemmove(type, ep, slot), if there is an ep  argument: slot of the buffer, whose value is wanted. */
SEC("uprobe")
int chan_take(struct pt_regs *ctx)
{
	struct party to;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_CHAN_TAKE) || !read_u64(go_register(ctx, 0)))
		return 0;
	to = running_party(ctx, hit.target);
	work_taken(hit.target, &to, go_argument(ctx, &hit));
	return 0;
}

#endif
