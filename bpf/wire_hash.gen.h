/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Generated from wire.h; do not edit. */
#define WIRE_HASH 0x0a2b45d5e9bf50cbULL
