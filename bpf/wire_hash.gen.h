/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Generated from wire.h; do not edit. */
#define WIRE_HASH 0xf0ca9fe22f9a1cc1ULL
