/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the loader and the program of the flood share. */
#ifndef FLOOD_H
#define FLOOD_H

#include "../../bpf/wire.h"

/* Where the eight digits are that differ from span to span: behind body, method, host and "/api/v1/orders/". */
#define FLOOD_ID_AT (sizeof(struct http_body) + 3 + 16 + 15)

/* Argument of one run, and its result. */
struct flood {
	__u32 records;
	__u32 record_bytes;
	__u32 taken;
	__u32 refused;
};

#endif
