/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Values in Go interfaces, and their types. */
#ifndef INTERFACE_BPF_H
#define INTERFACE_BPF_H

#include "go.bpf.h"

/* abi.PtrType: the element type follows the 48 bytes of abi.Type (internal/abi/type.go, Go 1.19–1.27). */
#define GO_POINTER_ELEM 48
/* abi.Type.Kind_: after two words, a hash and three bytes. Some of its bits are others'. */
#define GO_TYPE_KIND 23
#define GO_KIND_MASK 31
#define GO_KIND_INTERFACE 20
#define GO_KIND_POINTER 22
#define GO_KIND_SLICE 23
#define GO_KIND_STRING 24
#define GO_KIND_STRUCT 25
/* abi.StructType.Fields, and what the first byte of the name of one says. */
#define GO_STRUCT_FIELDS 56
#define GO_NAME_EMBEDDED 8

struct go_interface {
	uaddr_t itab;
	uaddr_t data;
};

static __always_inline struct go_interface read_interface(uaddr_t at)
{
	struct go_interface value = {};

	read_user(&value, sizeof(value), at);
	return value;
}

/* The types of a value in an interface: its own and, if that is a pointer, the one pointed to. */
struct go_type {
	uaddr_t own;
	uaddr_t pointed;
};

static __always_inline struct go_type type_of(const struct go_interface *value)
{
	struct go_type type = {};

	if (value->itab) {
		type.own = read_u64(value->itab + 8);
		type.pointed = read_u64(type.own + GO_POINTER_ELEM);
	}
	return type;
}

/* Is it the type whose link-time address is `linked`, or a pointer to it? */
static __always_inline bool is_type(const struct target_row *target, const struct go_type *type, uaddr_t linked)
{
	uaddr_t loaded = loaded_address(target, linked);

	return linked && (type->own == loaded || type->pointed == loaded);
}

#endif
