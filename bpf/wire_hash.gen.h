/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Generated from wire.h; do not edit. */
#define WIRE_HASH 0xe1c0d448af3ce776ULL
