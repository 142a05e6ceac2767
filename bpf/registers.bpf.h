/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * All that depends on the processor: in which registers Go keeps what the probes ask for. ABIInternal is that of
 * Go ≥ 1.17 on amd64 and ≥ 1.18 on arm64 (src/cmd/compile/abi-internal.md).
 */
#ifndef REGISTERS_BPF_H
#define REGISTERS_BPF_H

#include "kernel.bpf.h"
#include "wire.h"

/* What the kernel hands to programs is written down here, so that they are compiled for either processor on either. */
#ifdef __TARGET_ARCH_arm64

/* struct user_pt_regs of arch/arm64/include/uapi/asm/ptrace.h */
struct pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

#define REG_ARGUMENT_0 regs[0]
#define REG_ARGUMENT_1 regs[1]
#define REG_ARGUMENT_2 regs[2]
#define REG_ARGUMENT_3 regs[3]
#define REG_ARGUMENT_4 regs[4]
#define REG_ARGUMENT_5 regs[5]
#define REG_ARGUMENT_6 regs[6]
#define REG_ARGUMENT_7 regs[7]
#define REG_ARGUMENT_8 regs[8]
#define REG_CLOSURE regs[26]
#define REG_G regs[28]
#define REG_FP regs[29]
#define REG_LINK regs[30] /* the return address, until the function has its frame */
#define REG_SP sp
#define REG_PC pc
#define REG_FLAGS pstate
/* BLS, as bits of REG_FLAGS: it jumps unless carry is set and zero is not. */
#define FLAGS_OF_CHECK (1 << 29 | 1 << 30)
#define FLAGS_STACK_SUFFICES (1 << 29)

#elif defined(__TARGET_ARCH_x86)

/* arch/x86/include/uapi/asm/ptrace.h */
struct pt_regs {
	__u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	__u64 rax, rcx, rdx, rsi, rdi, orig_rax;
	__u64 rip, cs, eflags, rsp, ss;
};

#define REG_ARGUMENT_0 rax
#define REG_ARGUMENT_1 rbx
#define REG_ARGUMENT_2 rcx
#define REG_ARGUMENT_3 rdi
#define REG_ARGUMENT_4 rsi
#define REG_ARGUMENT_5 r8
#define REG_ARGUMENT_6 r9
#define REG_ARGUMENT_7 r10
#define REG_ARGUMENT_8 r11
#define REG_CLOSURE rdx
#define REG_G r14
#define REG_FP rbp
#define REG_SP rsp
#define REG_PC rip
#define REG_FLAGS eflags
/* JBE: it jumps if carry or zero is set. */
#define FLAGS_OF_CHECK (1 << 0 | 1 << 6)
#define FLAGS_STACK_SUFFICES 0

#else
#error "the registers of this processor are not known"
#endif

#ifdef __bpf__
/* In assembly: the verifier refuses one load at a computed context offset, into which clang merges plain ones. */
#define LOAD_REGISTER(value, ctx, name) \
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value) : "r"(ctx), "i"(offsetof(struct pt_regs, name)))
#else
#define LOAD_REGISTER(value, ctx, name) ((value) = (ctx)->name) /* for tests on the host */
#endif

/* The ABIInternal register of that number: of arguments at the entry, of results after a call. */
static __always_inline __u64 go_register(const struct pt_regs *ctx, __u32 number)
{
	__u64 value;

	switch (number) {
	case 0: LOAD_REGISTER(value, ctx, REG_ARGUMENT_0); break;
	case 1: LOAD_REGISTER(value, ctx, REG_ARGUMENT_1); break;
	case 2: LOAD_REGISTER(value, ctx, REG_ARGUMENT_2); break;
	case 3: LOAD_REGISTER(value, ctx, REG_ARGUMENT_3); break;
	case 4: LOAD_REGISTER(value, ctx, REG_ARGUMENT_4); break;
	case 5: LOAD_REGISTER(value, ctx, REG_ARGUMENT_5); break;
	case 6: LOAD_REGISTER(value, ctx, REG_ARGUMENT_6); break;
	case 7: LOAD_REGISTER(value, ctx, REG_ARGUMENT_7); break;
	default: LOAD_REGISTER(value, ctx, REG_ARGUMENT_8); break;
	}
	return value;
}

/* What a function that is called by its value was made with: behind the word of its code stands what it has captured. */
static __always_inline uaddr_t go_closure(const struct pt_regs *ctx)
{
	return ctx->REG_CLOSURE;
}

static __always_inline uaddr_t go_current_g(const struct pt_regs *ctx)
{
	return ctx->REG_G;
}

/* Does the jump of a stack check, which is hit, go to morestack? Then the function starts again. */
static __always_inline bool stack_check_jumps(const struct pt_regs *ctx)
{
	return (ctx->REG_FLAGS & FLAGS_OF_CHECK) != FLAGS_STACK_SUFFICES;
}

#endif
