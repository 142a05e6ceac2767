/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Generated from wire.h; do not edit. */
#define WIRE_HASH 0x88933813924939b8ULL
