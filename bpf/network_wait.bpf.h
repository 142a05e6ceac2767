/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A wait for the network in two parts: until something came, and from then on until the goroutine was woken, since nobody
 * looked. Of TCP, and of reading only.
 */
#ifndef NETWORK_WAIT_BPF_H
#define NETWORK_WAIT_BPF_H

#include "connection.bpf.h"
#include "time.bpf.h"

/* A goroutine is about to wait with `lock` (of gopark), which is &pollDesc.rg if it wants to read. */
static __noinline int network_wait_begin(struct goroutine_time *time, const struct target_row *target, uaddr_t g,
					 uaddr_t lock)
{
	const struct time_layout *layout = &target->time;
	struct g_key reader = { .g_addr = g, .target_id = target->target_id };
	uaddr_t desc = lock - layout->poll_desc_rg;
	__u64 sock;

	time->sock = 0;
	time->data_ktime_ns = 0;
	if (layout->poll_desc_self == GO_OFFSET_ABSENT || layout->poll_desc_rg == GO_OFFSET_ABSENT ||
	    layout->poll_desc_fd == GO_OFFSET_ABSENT)
		return 0;
	/* It points to itself; what waits to write has another place in it. */
	if (read_u64(desc + layout->poll_desc_self) != desc)
		return 0;
	time->fd = read_u64(desc + layout->poll_desc_fd);
	sock = (__u64)sock_of_fd(time->fd);
	if (!sock)
		return 0;
	time->sock = sock;
	if (bpf_map_update_elem(&reader_by_sock, &sock, &reader, BPF_ANY))
		count(LOST_READER_MAP_FULL);
	return 0;
}

/* The wait is over: what of it came after the data is charged apart. */
static __always_inline void network_wait_end(struct goroutine_time *time)
{
	__u64 sock = time->sock;

	if (time->use != TIME_NETWORK || !sock)
		return;
	bpf_map_delete_elem(&reader_by_sock, &sock);
	if (time->data_ktime_ns <= time->since_ktime_ns)
		return;
	time_charge(time, time->data_ktime_ns);
	time->use = TIME_NETWORK_READY;
}

/* tcp_probe(struct sock *sk, const struct sk_buff *skb)  a segment has come to an established connection. */
SEC("tp_btf/tcp_probe")
int socket_data(__u64 *ctx)
{
	const struct sk_buff *segment = (void *)ctx[1];
	__u64 sock = ctx[0];
	const struct g_key *reader = bpf_map_lookup_elem(&reader_by_sock, &sock);
	struct goroutine_time *time;
	struct g_key key;
	__u8 words = 0;

	if (!reader)
		return 0;
	key = *reader;
	/* The header tells its length; a segment that only acknowledges has nothing behind it. */
	bpf_probe_read_kernel(&words, sizeof(words), segment->head + segment->transport_header + 12);
	if (segment->len <= (words >> 4) * 4)
		return 0;
	time = bpf_map_lookup_elem(&time_by_g, &key);
	/* Elements may have been others' meanwhile. */
	if (time && time->sock == sock && time->use == TIME_NETWORK && !time->data_ktime_ns)
		time->data_ktime_ns = bpf_ktime_get_ns();
	return 0;
}

#endif
