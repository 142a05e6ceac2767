/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Generated from wire.h; do not edit. */
#define WIRE_HASH 0xe3803be37fd4188aULL
