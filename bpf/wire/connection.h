/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What spans say of the TCP connection that they were served or made their call over, and what must be known for that. */
#ifndef WIRE_CONNECTION_H
#define WIRE_CONNECTION_H

#include "types.h"

enum connection_limit {
	CONNECTION_UNKNOWN = 0xffffffff, /* of a number of a connection: it is not known */
};

enum connection_age {
	CONNECTION_AGE_UNKNOWN = 0, /* it was made before the target was attached, and nothing has been seen of it */
	CONNECTION_NEW = 1,         /* nothing was served or asked for over it before */
	CONNECTION_REUSED = 2,/* by how the two are numbered it is known at once */
};

/* Behind the texts of a span with SPAN_FLAG_CONNECTION, at the next multiple of 8. What is not known of it is CONNECTION_UNKNOWN. */
struct span_connection {
	__u32 dns_us DOC("microseconds to find the address of its server, of one that is new");
	__u32 connect_us DOC("… until it stood, with the addresses that were tried before");
	__u32 tls_us DOC("… for the handshake of TLS");
	__u32 rtt_us DOC("smoothed round-trip time at the end of the span, as TCP has it; 0: it has none yet");
	__u32 retransmits DOC("segments that were sent again meanwhile");
	__u32 sent DOC("bytes, modulo 2^32, by a client; CONNECTION_UNKNOWN, too, of one that others use at the same time");
	__u32 received DOC("likewise, by either");
	__u32 age DOC("one of enum connection_age");
};

/* The connection of an open span. */
struct span_socket {
	__u64 sock DOC("the kernel's; 0: it is not known, or has been looked at for the last time");
	__u32 retransmits DOC("of it, when the span began; CONNECTION_UNKNOWN: not known");
	__u16 is_shared DOC("1: others use it at the same time");
	__u16 is_told DOC("1: the record of the span will say what stands below");
	struct span_connection said;
};

/* A connection that was made, or used, while its process was a target: an element of connection_by_sock. */
struct known_connection {
	__u64 sock;
	__u32 ports DOC("its own, and above it that of the other end: the kernel gives a socket's memory to others");
	__u32 is_used DOC("1: something was served or asked for over it; else 0");
	__u32 dns_us;
	__u32 connect_us;
	__u32 tls_us;
	__u32 retransmits DOC("when something came to its end over it last, or when it was first seen");
	__u32 sent DOC("… as struct connection has it");
	__u32 received DOC("likewise");
};

/* A goroutine that makes a connection: an element of dialing_by_goroutine. */
struct dialing {
	goid_t goid;
	__u32 target_id;
	__u32 dns_us;
	ktime_ns_t lookup_ktime_ns DOC("since then it looks for an address; 0: it does not");
	ktime_ns_t connect_ktime_ns DOC("since then it tries addresses; 0: it does not");
	ktime_ns_t tls_ktime_ns DOC("since then it shakes hands; 0: it does not");
	uaddr_t tls_conn DOC("… over this *tls.Conn");
};

#endif
