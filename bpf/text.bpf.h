/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The texts of a span: appended in the order of their numbers, cut at their limit. */
#ifndef TEXT_BPF_H
#define TEXT_BPF_H

#include "go.bpf.h"

/* Copies at most `room` bytes behind the texts, as part of text `which`; `limit` is a constant not below `room`. */
static __always_inline void text_put(struct ev_span_end *span, __u32 which, __u32 limit, __u64 room,
				     struct go_string string)
{
	__u64 at = span->header.size;
	__u64 bytes = string.bytes > room ? room : string.bytes;

	if (!bytes)
		return;
	/*
	 * Opaque, so that the values which are compared are the ones which are used. Zero is ruled out before: clang makes one
	 * comparison of `bytes - 1` out of both, which the verifier does not relate to `bytes` before Linux 6.11.
	 */
	asm volatile("" : "+r"(at), "+r"(bytes));
	if (bytes > limit || at > sizeof(*span) - limit)
		return;
	if (read_user((void *)span + at, bytes, string.at))
		return;
	if (string.bytes > room)
		span->text_cut |= 1 << which;
	span->text_sizes[which] += bytes;
	span->header.size = at + bytes;
}

/*
 * Appends `string` as text number `which` of the span's family. The limits sum to TEXT_BYTES_MAX at most and each text is
 * appended once, so the bound that the verifier asks for never cuts.
 */
static __always_inline void text_append(struct ev_span_end *span, __u32 which, __u32 limit, struct go_string string)
{
	text_put(span, which, limit, limit, string);
}

/* Appends one character to a text; false if there is no room. Nothing else is appended meanwhile. */
static __always_inline bool text_character(struct ev_span_end *span, __u32 which, __u32 limit, char character)
{
	__u64 used = span->text_sizes[which];
	__u64 at = span->header.size;

	asm volatile("" : "+r"(at));
	if (used >= limit || at >= sizeof(*span)) {
		span->text_cut |= 1 << which;
		return false;
	}
	*((char *)span + at) = character;
	span->text_sizes[which] = used + 1;
	span->header.size = at + 1;
	return true;
}

/* The same if there is room for something behind it. */
static __always_inline bool text_separator(struct ev_span_end *span, __u32 which, __u32 limit, char character)
{
	if ((__u64)span->text_sizes[which] + 1 < limit)
		return text_character(span, which, limit, character);
	span->text_cut |= 1 << which;
	return false;
}

/* Appends one more part of a text that may have begun, after that character. Nothing else is appended meanwhile. */
static __always_inline void text_join_by(struct ev_span_end *span, __u32 which, __u32 limit, char character, struct go_string part)
{
	if (!part.bytes || (span->text_sizes[which] && !text_separator(span, which, limit, character)))
		return;
	text_put(span, which, limit, limit - span->text_sizes[which], part);
}

/* Appends one more part of a text that may have begun, after a comma. Nothing else is appended meanwhile. */
static __always_inline void text_join(struct ev_span_end *span, __u32 which, __u32 limit, struct go_string part)
{
	text_join_by(span, which, limit, ',', part);
}

#endif
