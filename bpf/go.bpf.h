/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Go as seen from a probe: the target's row, arguments, return addresses, memory reads, strings.
 * Every read that fails is counted.
 */
#ifndef GO_BPF_H
#define GO_BPF_H

#include "maps.bpf.h"
#include "registers.bpf.h"

/* The parts of an attach cookie: see enum cookie_bit. */
#define COOKIE_SLOT(cookie) ((cookie) & (TARGETS_MAX - 1))
#define COOKIE_REGISTER(cookie) (((cookie) >> COOKIE_REGISTER_BIT) & 0xf)
#define COOKIE_VARIANT(cookie) (((cookie) >> COOKIE_VARIANT_BIT) & 0xf)
#define COOKIE_IF_STACK_SUFFICES (1 << COOKIE_STACK_CHECK_BIT)
#define COOKIE_FRAME_STANDS (1 << COOKIE_FRAME_STANDS_BIT)
#define COOKIE_SLOT_BELOW_SP(cookie) ((cookie) >> COOKIE_BELOW_SP_BIT)
#define COOKIE_NONE (~0ULL)

struct go_string {
	uaddr_t at;
	__u64 bytes;
};

/* The beginning of a slice; its capacity follows. */
struct go_slice {
	uaddr_t at;
	__u64 count;
};

/* A hit of a probe: whose it is, and what the cookie of its site says. */
struct hit {
	const struct target_row *target;
	__u64 cookie;
};

/* Where the code of the running process begins, which the kernel knows before user space can ask. */
static __always_inline uaddr_t current_code_start(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, mm, start_code);
}

/* A link-time address as it is in the running process. */
static __always_inline uaddr_t loaded_address(const struct target_row *target, uaddr_t linked)
{
	if (target->flags & TARGET_UNLOCATED)
		return linked - target->code_start + current_code_start();
	return linked + target->load_bias;
}

#ifdef LEGACY
/* Before Linux 5.15 a program is not told by which attachment it was hit. It knows the instruction. */
static __always_inline __u64 cookie_of(struct pt_regs *ctx)
{
	struct site_key key = { .code_offset = ctx->REG_PC - current_code_start(),
				.tgid = bpf_get_current_pid_tgid() >> 32 };
	const __u64 *cookie = bpf_map_lookup_elem(&cookie_by_site, &key);

	return cookie ? *cookie : COOKIE_NONE;
}
#else
static __always_inline __u64 cookie_of(struct pt_regs *ctx)
{
	return bpf_get_attach_cookie(ctx);
}
#endif

/*
 * Counts the hit and finds its target; false if there is nothing to do. Every uprobe program begins with it.
 *
 * From Linux 6.13 on a program with a large frame has it in memory of the processor and not on the kernel's stack
 * (bpf_enable_priv_stack). Nothing keeps a uprobe program from being preempted, and the next thread that is hit on that
 * processor would write over the frame. A program that holds a tail call is given no such frame
 * (check_max_stack_depth), so here is one, which is never taken.
 */
static __always_inline bool hit_begin(struct hit *hit, struct pt_regs *ctx, enum count reason)
{
	__u64 cookie = cookie_of(ctx);
	__u32 slot = COOKIE_SLOT(cookie);

	count(reason);
	if (cookie == COOKIE_NONE) {
		bpf_tail_call(ctx, &no_programs, 0);
		count(NOTE_NO_TARGET);
		return false;
	}
	if (cookie & COOKIE_IF_STACK_SUFFICES && stack_check_jumps(ctx))
		return false;
	hit->cookie = cookie;
	hit->target = bpf_map_lookup_elem(&target_by_slot, &slot);
	if (hit->target && hit->target->target_id)
		return true;
	count(NOTE_NO_TARGET);
	return false;
}

static __always_inline __u64 go_argument(const struct pt_regs *ctx, const struct hit *hit)
{
	return go_register(ctx, COOKIE_REGISTER(hit->cookie));
}

static __always_inline int read_user(void *to, __u32 bytes, uaddr_t from)
{
	int error = bpf_probe_read_user(to, bytes, (const void *)from);

	if (error)
		count(LOST_READ_FAILED);
	return error;
}

static __always_inline __u64 read_u64(uaddr_t from)
{
	__u64 value = 0;

	read_user(&value, sizeof(value), from);
	return value;
}

/* Where a read that fails is no loss: a thread that runs no Go code has no g. */
static __always_inline __u64 peek_u64(uaddr_t from)
{
	__u64 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (const void *)from);
	return value;
}

static __always_inline goid_t read_goid(const struct target_row *target, uaddr_t g)
{
	return read_u64(g + target->runtime.g_goid);
}

/* Where the stack of a goroutine begins, from which it grows down. */
static __always_inline uaddr_t stack_hi_of(const struct target_row *target, uaddr_t g)
{
	return read_u64(g + target->runtime.g_stack + 8);
}

/* The runtime.g of the goroutine for which the thread with that g0 works; 0: for none. */
static __always_inline uaddr_t goroutine_behind(const struct target_row *target, uaddr_t g0)
{
	uaddr_t m = read_u64(g0 + target->runtime.g_m);

	return m ? read_u64(m + target->runtime.m_curg) : 0;
}

/* Where the return address of the function stands as long as its frame does: a place on the stack that names the call. */
static __always_inline uaddr_t return_slot(const struct pt_regs *ctx, const struct hit *hit)
{
	uaddr_t sp = ctx->REG_SP, fp = ctx->REG_FP;

	return hit->cookie & COOKIE_FRAME_STANDS ? fp + 8 : sp - COOKIE_SLOT_BELOW_SP(hit->cookie);
}

/* The return address of the function that is hit. */
static __always_inline uaddr_t return_address(const struct pt_regs *ctx, const struct hit *hit)
{
#ifdef REG_LINK
	/* It only goes to its slot when the function makes its frame. */
	if (COOKIE_SLOT_BELOW_SP(hit->cookie))
		return ctx->REG_LINK;
#endif
	return read_u64(return_slot(ctx, hit));
}

/* A word of a Go object that was read as a window of GO_WINDOW_BYTES (the planner refuses larger offsets). */
static __always_inline __u64 window_u64(const void *window, go_offset_t offset)
{
	return *(const __u64 *)(window + (offset & (GO_WINDOW_BYTES - 8)));
}

static __always_inline __u8 window_u8(const void *window, go_offset_t offset)
{
	return *(const __u8 *)(window + (offset & (GO_WINDOW_BYTES - 1)));
}

/* A string's two words; its offset is at most GO_WINDOW_BYTES - 16. */
static __always_inline struct go_string window_string(const void *window, go_offset_t offset)
{
	return (struct go_string){ window_u64(window, offset), window_u64(window, offset + 8) };
}

#endif
