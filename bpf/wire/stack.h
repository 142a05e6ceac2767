/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Where in its code a goroutine, or the kernel on its behalf, was: level `cpu`. Addresses of the program are link-time ones. */
#ifndef WIRE_STACK_H
#define WIRE_STACK_H

#include "go.h"
#include "types.h"

enum stack_limit {
	STACK_FRAMES_MAX = 64, /* of a program */
	KERNEL_FRAMES_MAX = 24,
};

/* In the flags of an ev_stack. */
enum stack_flag {
	STACK_FLAG_KERNEL = 1 << 0, /* it is the kernel's */
	STACK_FLAG_CUT = 1 << 1,    /* there are more frames */
};

/* A place in the code of a program, and how the goroutine came there. */
struct code_place {
	uaddr_t pc DOC("0: not known");
	uaddr_t link DOC("where it returns to, if the function at pc has no frame; else any code address, or 0");
	stack_id_t stack_id DOC("of the frames around it, told by an ev_stack before; 0: none");
};

/* What the programs of stacks read of a Go program. */
struct stack_layout {
	go_offset_t g_sched GO_FIELD("runtime.g.sched");
	go_offset_t gobuf_pc GO_FIELD("runtime.gobuf.pc");
	go_offset_t gobuf_bp GO_FIELD("runtime.gobuf.bp");
	__u16 reserved;
};

#endif
