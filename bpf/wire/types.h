/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The words that wire.h is written in. */
#ifndef WIRE_TYPES_H
#define WIRE_TYPES_H

#include <linux/types.h>

#if defined(__has_attribute)
#if __has_attribute(btf_decl_tag)
#define DOC(text) __attribute__((btf_decl_tag("doc:" text)))
/* Offset of a Go struct field (alternatives by `|`); a trailing `?` makes it optional. */
#define GO_FIELD(path) __attribute__((btf_decl_tag("go field:" path)))
/* The same of a field that is read as part of a block of GO_WINDOW_BYTES from the struct's beginning. */
#define GO_WINDOW_FIELD(path) __attribute__((btf_decl_tag("go field in window:" path)))
/*
 * Link-time address of a Go function's entry (alternatives by `|`; ` calls ` and a function at the end: the one that calls
 * it), of its end, of where its one call of another returns to (`X calls Y`), of a runtime type, of a variable.
 */
#define GO_FUNCTION(name) __attribute__((btf_decl_tag("go function:" name)))
#define GO_FUNCTION_END(name) __attribute__((btf_decl_tag("go end:" name)))
#define GO_RETURN(call) __attribute__((btf_decl_tag("go return:" call)))
#define GO_TYPE(name) __attribute__((btf_decl_tag("go type:" name)))
#define GO_VARIABLE(name) __attribute__((btf_decl_tag("go variable:" name)))
#endif
#endif
#ifndef DOC
#define DOC(text)
#define GO_FIELD(path)
#define GO_WINDOW_FIELD(path)
#define GO_FUNCTION(name)
#define GO_FUNCTION_END(name)
#define GO_RETURN(call)
#define GO_TYPE(name)
#define GO_VARIABLE(name)
#endif

typedef __u64 ktime_ns_t; /* CLOCK_MONOTONIC, nanoseconds */
typedef __u64 duration_ns_t; /* nanoseconds */
typedef __u64 goid_t;     /* goroutine id: never reused within a process */
typedef __u64 uaddr_t;    /* address in the target's memory */
typedef __u64 stack_id_t; /* names a stack: below 2^52; 0: none */
typedef __u16 go_offset_t; /* byte offset of a Go struct field; GO_OFFSET_ABSENT when there is none */
typedef struct { __u8 bytes[16]; } trace_id_t;
typedef struct { __u8 bytes[8]; } span_id_t;

#endif
