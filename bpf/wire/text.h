/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The texts of spans: how many and how long, and the one that is the same in every family. */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

enum text_limit {
	SPAN_TEXTS_MAX = 8,    /* texts of one span */
	TEXT_BYTES_MAX = 1024, /* all of them together */
};

/* Text 0 is the same in every family. Texts stand one behind the other in the order of their numbers. */
enum span_text {
	SPAN_TEXT_TRACE_STATE = 0,
};

/* Longest form kept of it; a longer text is cut and its bit set in text_cut. */
enum span_text_limit {
	SPAN_TEXT_TRACE_STATE_MAX = 256,
};

#endif
