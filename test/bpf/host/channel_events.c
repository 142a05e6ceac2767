// SPDX-License-Identifier: Apache-2.0
/*
 * Values that go through channels. `slot=N` is a place in a buffer; `empty`: the values are of no size; `discarded`: who
 * receives has no place for them.
 */
#include "events.h"

#include <string.h>

static uaddr_t slot_of(const struct line *line)
{
	return 0x7000000 + 16 * line__number(line, "slot", 0);
}

/* A channel with a buffer of `places`, of which that in `slot` is the next to be read. */
static uaddr_t write_channel(const struct line *line, const struct target_row *row, uint64_t places)
{
	uaddr_t channel = memory__allocate(96);
	uint16_t value_bytes = line__has(line, "empty") ? 0 : 16;
	uint32_t index = line__number(line, "slot", 0);

	memory__write_u64(channel + row->time.hchan_dataqsiz, places);
	memory__write_u64(channel + row->time.hchan_buf, 0x7000000);
	memory__write(channel + row->time.hchan_elemsize, &value_bytes, sizeof(value_bytes));
	memory__write(channel + row->time.hchan_recvx, &index, sizeof(index));
	return channel;
}

/* Where who receives wants the value; 0: nowhere. */
static uaddr_t place_for(const struct line *line)
{
	return line__has(line, "discarded") ? 0 : memory__allocate(16);
}

static uaddr_t write_sudog(const struct target_row *row, const struct goroutine_state *g, uaddr_t elem)
{
	uaddr_t sudog = memory__allocate(96);

	memory__write_u64(sudog + row->time.sudog_g, g->g);
	memory__write_u64(sudog + row->time.sudog_elem, elem);
	return sudog;
}

/* hand gN to gM: gM waits for a value that gN, or a timer, sends; hand gN from gM: gM waits to send one that gN receives */
void channel_hand(const struct line *line)
{
	bool is_to = !strcmp(line->words[2], "to"), by_timer = !strcmp(line->words[1], "timer");
	const struct goroutine_state *waiting = goroutine_of(line->words[3]);
	const struct target_state *target = target_of(line->words[3]);
	struct probe_hit hit = hit_on(by_timer ? waiting : goroutine_of(line->words[1]),
				      is_to ? "chan_hand_to" : "chan_hand_from", ARGUMENT(1));

	if (by_timer)
		hit.g = target->g0;
	hit.arguments[0] = write_channel(line, &target->row, 0);
	hit.arguments[1] = write_sudog(&target->row, waiting, is_to ? place_for(line) : memory__allocate(16));
	hit.arguments[2] = is_to ? memory__allocate(16) : place_for(line);
	programs__run(&hit);
}

/* swap gN from gM slot=N: gN takes what is in the slot, and what gM waits to send goes there */
void channel_swap(const struct line *line)
{
	const struct goroutine_state *waiting = goroutine_of(line->words[3]);
	const struct target_row *row = &target_of(line->words[3])->row;
	struct probe_hit hit = hit_on(goroutine_of(line->words[1]), "chan_hand_from", ARGUMENT(1));

	hit.arguments[0] = write_channel(line, row, 8);
	hit.arguments[1] = write_sudog(row, waiting, memory__allocate(16));
	hit.arguments[2] = place_for(line);
	programs__run(&hit);
}

/* A value is copied into a place of a buffer, or out of it; `slot` is the argument that says which. */
static void buffer_event(const struct line *line, const char *program, unsigned int slot)
{
	struct probe_hit hit = hit_on(goroutine_of(line->words[1]), program, ARGUMENT(slot));
	uaddr_t type = memory__allocate(48);

	target_of(line->words[1]);
	memory__write_u64(type, line__has(line, "empty") ? 0 : 16);
	hit.arguments[0] = type;
	hit.arguments[slot] = slot_of(line);
	programs__run(&hit);
}

/* put gN slot=N */
void channel_put(const struct line *line)
{
	buffer_event(line, "chan_put", 1);
}

/* take gN slot=N; discarded: nothing is copied */
void channel_take(const struct line *line)
{
	if (!line__has(line, "discarded"))
		buffer_event(line, "chan_take", 2);
}
