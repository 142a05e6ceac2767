/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The words that wire.h is written in. */
#ifndef WIRE_TYPES_H
#define WIRE_TYPES_H

#include <linux/types.h>

#if defined(__has_attribute)
#if __has_attribute(btf_decl_tag)
#define DOC(text) __attribute__((btf_decl_tag("doc:" text)))
/* Offset of a Go struct field: `go:` and the field (alternatives by `|`); a trailing `?` makes it optional. */
#define GO_FIELD(path) __attribute__((btf_decl_tag("go:" path)))
#endif
#endif
#ifndef DOC
#define DOC(text)
#define GO_FIELD(path)
#endif

typedef __u64 ktime_ns_t; /* CLOCK_MONOTONIC, nanoseconds */
typedef __u64 goid_t;     /* goroutine id: never reused within a process */
typedef __u64 uaddr_t;    /* address in the target's memory */
typedef __u16 go_offset_t; /* byte offset of a Go struct field; GO_OFFSET_ABSENT when there is none */
typedef struct { __u8 bytes[16]; } trace_id_t;
typedef struct { __u8 bytes[8]; } span_id_t;

#endif
