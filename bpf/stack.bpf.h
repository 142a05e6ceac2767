/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Stacks by frame pointers, which all Go code keeps. A stack is named by a hash of its frames, and told once. The frames are
 * read here and not by bpf_get_stack, which before Linux 6.13 may meet a uprobe that is just being freed
 * (b583ef82b671, "uprobes: Fix race in uprobe_free_utask").
 */
#ifndef STACK_BPF_H
#define STACK_BPF_H

#include "task.bpf.h"

#define STACK_ID_BITS 52

/* How the caller of a frame is kept on the stack: where the frame pointer points. */
struct caller_frame {
	uaddr_t frame_pointer;
	uaddr_t return_address;
};

static __always_inline bool caller_read(struct caller_frame *caller, uaddr_t frame_pointer)
{
	return frame_pointer && !(frame_pointer & 7) &&
	       !bpf_probe_read_user(caller, sizeof(*caller), (const void *)frame_pointer) && caller->return_address &&
	       caller->frame_pointer != frame_pointer;
}

/* What is added to link-time addresses of the running process. */
static __always_inline uaddr_t load_bias(const struct target_row *target)
{
	return loaded_address(target, 0);
}

static __always_inline __u64 stack_hash(__u64 hash, uaddr_t pc)
{
	hash = (hash ^ pc) * HASH_FACTOR;
	return hash ^ hash >> 29;
}

static __always_inline stack_id_t stack_id_from(__u64 hash)
{
	return hash >> (64 - STACK_ID_BITS) | 1;
}

/* The name of the stack of these frames; 0: there are none. */
static __noinline stack_id_t stack_id_of(const struct target_row *target, uaddr_t frame_pointer, uaddr_t bias)
{
	__u64 hash = target->target_id;
	struct caller_frame caller;
	int frames = 0;

	for (; frames < STACK_FRAMES_MAX; frames++) {
		if (!caller_read(&caller, frame_pointer))
			break;
		hash = stack_hash(hash, caller.return_address - bias);
		frame_pointer = caller.frame_pointer;
	}
	return frames ? stack_id_from(hash) : 0;
}

static __always_inline struct ev_stack *stack_record(__u32 target_id, stack_id_t stack_id)
{
	struct ev_stack *stack = bpf_ringbuf_reserve(&records, sizeof(*stack), 0);

	if (!stack) {
		count(LOST_RING_FULL);
		return NULL;
	}
	stack->header.kind = EV_STACK;
	stack->header.flags = 0;
	stack->header.size = sizeof(*stack);
	stack->header.target_id = target_id;
	stack->header.tid = bpf_get_current_pid_tgid();
	stack->stack_id = stack_id;
	stack->frames = 0;
	stack->reserved = 0;
	return stack;
}

static __always_inline bool stack_is_told(stack_id_t stack_id)
{
	return bpf_map_lookup_elem(&told_by_stack, &stack_id);
}

static __always_inline void stack_tell(struct ev_stack *stack)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	stack_id_t stack_id = stack->stack_id;

	if (bpf_map_update_elem(&told_by_stack, &stack_id, &now, BPF_ANY))
		count(NOTE_STACKS_FULL);
	/* Whoever finds it there from now on tells what names it behind this record. */
	bpf_ringbuf_submit(stack, BPF_RB_NO_WAKEUP);
}

/* Tells the frames of a stack. False if there was no room, or they are others by now. */
static __noinline int stack_frames_tell(const struct target_row *target, uaddr_t frame_pointer, uaddr_t bias,
					stack_id_t stack_id)
{
	struct ev_stack *stack = stack_record(target->target_id, stack_id);
	__u64 hash = target->target_id;
	struct caller_frame caller;

	if (!stack)
		return false;
	for (int i = 0; i < STACK_FRAMES_MAX; i++) {
		if (!caller_read(&caller, frame_pointer)) {
			frame_pointer = 0;
			stack->pc[i] = 0;
			continue;
		}
		stack->pc[i] = caller.return_address - bias;
		hash = stack_hash(hash, stack->pc[i]);
		stack->frames = i + 1;
		frame_pointer = caller.frame_pointer;
	}
	/* The collector may have moved the stack of a goroutine that waits. */
	if (stack_id_from(hash) != stack_id) {
		bpf_ringbuf_discard(stack, BPF_RB_NO_WAKEUP);
		return false;
	}
	if (frame_pointer)
		stack->header.flags = STACK_FLAG_CUT;
	stack_tell(stack);
	return true;
}

/* The stack of the frames from there on, which has been told; 0: there is none. */
static __noinline stack_id_t stack_at(const struct target_row *target, uaddr_t frame_pointer)
{
	uaddr_t bias = load_bias(target);
	stack_id_t stack_id = stack_id_of(target, frame_pointer, bias);

	if (!stack_id || stack_is_told(stack_id) || stack_frames_tell(target, frame_pointer, bias, stack_id))
		return stack_id;
	return 0;
}

/* The stack of a goroutine that runs no code of its own: it waits, or its thread works for it on the stack of g0. */
static __noinline stack_id_t stack_of_g(const struct target_row *target, uaddr_t g)
{
	return stack_at(target, peek_u64(g + target->stack.g_sched + target->stack.gobuf_bp));
}

/* A place in the code, by registers. A function without a frame returns to `word`, if that is an address in the code. */
static __always_inline void place_at(struct code_place *place, const struct target_row *target, uaddr_t pc, uaddr_t word,
				     uaddr_t frame_pointer)
{
	uaddr_t bias = load_bias(target);
	uaddr_t link = word - bias;

	place->pc = pc - bias;
	place->link = link >= target->code_start && link < target->code_end ? link : 0;
	place->stack_id = stack_at(target, frame_pointer);
}

/* Where a goroutine waits that its runtime has parked. */
static __noinline int place_of_parked(struct code_place *place, const struct target_row *target, uaddr_t g)
{
	place->pc = peek_u64(g + target->stack.g_sched + target->stack.gobuf_pc) - load_bias(target);
	place->link = 0;
	place->stack_id = stack_of_g(target, g);
	return 0;
}

/* Where a thread is in its program, by the registers with which it has left it. */
static __noinline int place_of_blocked(struct code_place *place, const struct target_row *target,
				       const struct pt_regs___kernel *registers)
{
#ifdef __TARGET_ARCH_arm64
	place_at(place, target, BPF_CORE_READ(registers, pc), BPF_CORE_READ(registers, regs[30]),
		 BPF_CORE_READ(registers, regs[29]));
#else
	place_at(place, target, BPF_CORE_READ(registers, ip), peek_u64(BPF_CORE_READ(registers, sp)),
		 BPF_CORE_READ(registers, bp));
#endif
	return 0;
}

#endif
