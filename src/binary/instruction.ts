/** A decoded machine instruction in terms that do not depend on the architecture: what the planner reasons about. */

/**
 * How the kernel runs the instruction under a uprobe, cheapest first.
 * `nop5`: rewritten into a call to a trampoline (kernel ≥ 6.18; single-stepped before). `emulated`: by the kernel
 * inside the one trap. `single-stepped`: out of line, with a second trap.
 * Source: https://github.com/torvalds/linux/blob/v6.18/arch/x86/kernel/uprobes.c (branch_setup_xol_ops, push_setup_xol_ops).
 */
export type SiteClass = 'nop5' | 'emulated' | 'single-stepped';

/** Index of an argument register of Go's ABIInternal: on amd64 0…8 are AX BX CX DI SI R8 R9 R10 R11, on arm64 R0…R8. */
export type ArgumentRegister = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What an instruction does, as far as finding sites needs it. */
export type Operation =
  | { readonly op: 'nop' }
  /**
   * Saves the caller's frame pointer: the end of the stack check of a Go function. `returnBelowSp` (arm64, where it saves
   * the return address too): how far below SP at the function's entry that stands then; absent if it is not known.
   */
  | { readonly op: 'push_frame'; readonly returnBelowSp?: number }
  /** Computes or compares for the stack check and changes no argument register. */
  | { readonly op: 'stack_check' }
  | { readonly op: 'call'; readonly target: number }
  | { readonly op: 'call_indirect' }
  | { readonly op: 'jump'; readonly target: number }
  | { readonly op: 'jump_indirect' }
  | {
      readonly op: 'branch';
      readonly target: number;
      readonly when: BranchCondition;
      /** It tests the register itself, not an earlier comparison (arm64). */
      readonly tests?: ArgumentRegister;
      /** The same of the register's lowest bit, which is all of a boolean. */
      readonly testsBoolean?: ArgumentRegister;
    }
  | { readonly op: 'return' }
  /** Does not continue: a breakpoint, an undefined or an undecodable instruction. */
  | { readonly op: 'trap' }
  /** Sets the condition `zero` if the register is 0. */
  | { readonly op: 'test_zero'; readonly register: ArgumentRegister }
  /** Sets the condition `zero` if the register equals the word at a fixed link-time address. */
  | { readonly op: 'compare_memory'; readonly register: ArgumentRegister; readonly address: number }
  /** Compares what the two above do not say; changes no register. */
  | { readonly op: 'compare' }
  /** Copies or computes an address into an argument register, or (`elsewhere`) into none of them. */
  | { readonly op: 'move'; readonly to: ArgumentRegister | 'elsewhere' }
  /** Anything else; may change any register. */
  | { readonly op: 'other' };

/** `zero`/`nonzero` of the last comparison; `stack_low` is the jump of the stack check to `morestack`. */
type BranchCondition = 'zero' | 'nonzero' | 'stack_low' | 'other';

/** An instruction of the program at its link-time address. */
export type Instruction = Operation & {
  readonly vaddr: number;
  readonly length: number;
  readonly class: SiteClass;
};
