/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* W3C traceparent: `00-<32 hex>-<16 hex>-<2 hex>`, https://www.w3.org/TR/trace-context/#traceparent-header. */
#ifndef TRACEPARENT_BPF_H
#define TRACEPARENT_BPF_H

#include "context.bpf.h"

#define TRACEPARENT_BYTES 55

/* Lower-case hex digit → its value + 1; 0 for anything else. A table, since a branch a digit explodes in the verifier. */
static const __u8 hex_digit[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
	['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* Decodes `bytes` bytes; not 0 if a digit was none. */
static __always_inline __u32 hex_decode(__u8 *to, const __u8 *from, int bytes)
{
	__u32 bad = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < bytes; i++) {
		__u32 high = (__u32)hex_digit[from[2 * i]] - 1;
		__u32 low = (__u32)hex_digit[from[2 * i + 1]] - 1;

		to[i] = high << 4 | (low & 0xf);
		bad |= (high | low) & 0x100; /* 0 - 1 has it set */
	}
	return bad;
}

/*
 * Parses one header value; false, and counted, if it is malformed. A function of its own for its frame's sake, as
 * http_server_describe.
 */
static __noinline bool traceparent_parse(struct remote_parent *parent, uaddr_t at, __u64 bytes)
{
	__u8 text[TRACEPARENT_BYTES + 1] = {};
	__u8 version = 0, flags = 0;
	__u32 bad;
	__u64 zero_trace, zero_span;

	if (bytes < TRACEPARENT_BYTES) {
		count(NOTE_TRACEPARENT_MALFORMED);
		return false;
	}
	if (bytes == TRACEPARENT_BYTES) {
		if (read_user(text, TRACEPARENT_BYTES, at))
			return false;
	} else if (read_user(text, TRACEPARENT_BYTES + 1, at)) {
		return false;
	}
	bad = hex_decode(&version, text, 1);
	bad |= hex_decode(parent->trace_id.bytes, text + 3, 16);
	bad |= hex_decode(parent->span_id.bytes, text + 36, 8);
	bad |= hex_decode(&flags, text + 53, 1);
	bad |= (text[2] ^ '-') | (text[35] ^ '-') | (text[52] ^ '-');
	bad |= version == 0xff;
	/* Version 0 has this length and no other; a later one may go on after another dash. */
	bad |= bytes != TRACEPARENT_BYTES && (version == 0 || text[55] != '-');
	zero_trace = *(__u64 *)&parent->trace_id.bytes[0] | *(__u64 *)&parent->trace_id.bytes[8];
	zero_span = *(__u64 *)&parent->span_id.bytes[0];
	if (bad || !zero_trace || !zero_span) {
		count(NOTE_TRACEPARENT_MALFORMED);
		return false;
	}
	parent->trace_flags = flags;
	return true;
}

#endif
