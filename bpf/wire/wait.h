/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a wait has of its own that lasted long enough to be a span: the child of the span in which it was. It has no texts. */
#ifndef WIRE_WAIT_H
#define WIRE_WAIT_H

#include "stack.h"
#include "time.h"
#include "types.h"

struct wait_body {
	goid_t waker_goid DOC("the goroutine that has ended the wait; 0: none, or not known");
	duration_ns_t ready_ns DOC("of its end: from when it was woken until it ran");
	__u8 peer_address[16] DOC("of a wait for the network: the other end of the connection; IPv4 as ::ffff:a.b.c.d");
	__u32 fd DOC("… and its descriptor");
	__u16 peer_port DOC("0: not a wait for the network, or not known for which connection");
	__u8 use DOC("for what it waited: one of enum time_use");
	__u8 holder DOC("1: who has ended a wait for a mutex held that when it began");
	uaddr_t pc DOC("where it waited, as in struct code_place; 0: not known");
	uaddr_t link;
	stack_id_t stack_id;
	stack_id_t waker_stack_id DOC("where the one was that has ended it");
};

#endif
