/** The words a probe manifest is written in. Data only: what a rule means is in `site-rules.ts`. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import type { rowSources, SpanFamily, SpanKindName } from '../wire/wire.gen.ts';

/**
 * How deep a family looks; each level has those before it, and costs more. `waits`: where a goroutine's time goes;
 * `runtime`: what of it the garbage collector and the slow ways to memory take; `cpu`: where in the code it was spent.
 */
export const LEVELS = ['spans', 'waits', 'runtime', 'cpu'] as const;
export type ProbeLevel = (typeof LEVELS)[number];
export const isLevel = (value: unknown): value is ProbeLevel => LEVELS.includes(value as ProbeLevel);
export const DEFAULT_LEVEL: ProbeLevel = 'spans';

/**
 * What a hit means in the life of what is traced, which decides the order of attaching (ends first, starts last, so that
 * nothing begins whose end is not yet watched) and of detaching (the other way round).
 */
export type HookPhase = 'start' | 'birth' | 'during' | 'end';

/**
 * Condition on the flags register (`pt_regs.flags`) under which a hit counts.
 * - `always`: each hit counts.
 * - `stack_suffices`: only if it does not jump (CF and ZF are both 0). The site is the `JBE` of the stack check (`BLS`
 *   on arm64); when it jumps, the stack grows and the function starts again, so the same call would be seen twice.
 */
export type SiteGuard = 'always' | 'stack_suffices';

/**
 * Where the return address of the function stands as long as its frame does, which names the call. On amd64, whose calls
 * push it: at the SP of the hit where the function has no frame yet or no more, and while it has one right above the
 * caller's frame pointer, to which RBP points. On arm64: where SP points while the frame stands, and so many bytes below
 * SP without one. (R29 would not do: before Go 1.21 a stack that is moved has frame pointers into the old one.)
 */
export type ReturnSlot = { readonly belowSp: number } | 'above_frame_pointer';

/** Where in a function a hook may sit; a hook lists its choices, best first. */
export type SiteRule =
  /** The frame push that ends the stack check: once per call, argument registers and SP as at entry. */
  | { readonly at: 'after_stack_check'; readonly arg: ArgumentRegister }
  /** The jump of the stack check (Go ≤ 1.20 has no frame push); guarded by `stack_suffices`. */
  | { readonly at: 'stack_check_branch'; readonly arg: ArgumentRegister }
  /** A 5-byte nop directly before the call of rule `call`, which no other path enters. */
  | {
      readonly at: 'nop5_before_call';
      readonly of: string;
      readonly after?: string;
      readonly arg: ArgumentRegister;
    }
  /** The one call of the function `of`, or of several the one behind a call of `after` in a straight line. */
  | { readonly at: 'call'; readonly of: string; readonly after?: string; readonly arg: ArgumentRegister }
  /** The one call of `of` behind which the next call in the code is, or is not, one of `next`; nops, jumps and what else lie between. */
  | {
      readonly at: 'call_before' | 'call_not_before';
      readonly of: string;
      readonly next: string;
      readonly arg: ArgumentRegister;
    }
  /** The first conditional jump behind the call of `of`, before which nothing has changed the register, nor those of `and`. */
  | {
      readonly at: 'branch_after_call';
      readonly of: string;
      readonly arg: ArgumentRegister;
      readonly and?: readonly ArgumentRegister[];
    }
  /** The same behind every call of `of`. */
  | {
      readonly at: 'branches_after_calls';
      readonly of: string;
      readonly arg: ArgumentRegister;
      readonly and?: readonly ArgumentRegister[];
    }
  /** The instruction right behind the call of `of`; single-stepped. */
  | { readonly at: 'after_call'; readonly of: string; readonly arg: ArgumentRegister }
  /** Every call of the function `of`. */
  | { readonly at: 'calls'; readonly of: string; readonly arg: ArgumentRegister }
  /** The first conditional jump that is reached from an indirect call in a straight line, of each that there is one of. */
  | { readonly at: 'branches_after_indirect_calls'; readonly arg: ArgumentRegister }
  /** Every return that does nothing but pass on what an indirect call has returned; single-stepped. */
  | { readonly at: 'returns_of_call'; readonly arg: ArgumentRegister }
  /** Every return that is reached from a jump in a straight line without a call; single-stepped. */
  | { readonly at: 'returns_without_call'; readonly arg: ArgumentRegister }
  /** Every return; single-stepped. */
  | { readonly at: 'returns'; readonly arg: ArgumentRegister }
  /** See `round-trip.ts`: the conditional jump on the error of an attempt. */
  | { readonly at: 'round_trip_result' }
  /** See `round-trip.ts`: the conditional jump on the error of the alternate transport. */
  | { readonly at: 'round_trip_alternate' }
  /** See `round-trip.ts`: the returns that no other site of the plan has ended before. */
  | { readonly at: 'round_trip_other_returns' };

/** Where to look, and how. */
export interface SiteChoice {
  /** Full names of the same function in different Go versions; the first that fits is taken. */
  readonly on: readonly string[];
  /** The function must call this one: tells a compiler-numbered closure (`func1`) from its siblings. */
  readonly calls?: string;
  /**
   * One of these functions must call it: profile-guided optimisation may have inlined it where it matters and kept it
   * elsewhere, and then it would never be hit.
   */
  readonly calledBy?: readonly string[];
  /** Each of these functions that the program has must call it, for the same reason. */
  readonly calledByEach?: readonly string[];
  /** Only in programs that do not have this function. */
  readonly unless?: string;
  /** Tells sites of one BPF program apart (0–15; 0 by default). */
  readonly variant?: number;
  /** The first rule that finds a place that is not single-stepped is taken, else the first that finds one. */
  readonly rules: readonly SiteRule[];
}

/** A place in the Go program where one BPF program runs. */
export interface Hook {
  /** Name of the BPF program. */
  readonly name: string;
  readonly phase: HookPhase;
  /** In order of preference; with `sites: 'each'` all that there are, with `'all'` all of them or none. */
  readonly choices: readonly SiteChoice[];
  readonly sites?: 'each' | 'all';
  /** A program that has the hook's family but not a `required` hook of it is refused, or lacks the family's level. */
  readonly need: 'required' | 'optional';
  /** Attached only to programs that copy requests (`Request.WithContext`): the others need not pay for it. */
  readonly onlyIf?: 'requests_are_copied';
  /** What is lost without it, as a sentence for the user. */
  readonly without: string;
}

/** Hooks that stand or fall together, and what their BPF programs read. */
export interface ProbeFamily {
  readonly name: string;
  readonly level: ProbeLevel;
  /**
   * `required`: every program must have it. `any`: a program that links none of its required hooks' functions is
   * traced without it, as long as it has another family of this kind. `library`: as `any`, and one in which something required of
   * it is not found is traced without it, too, likewise. `optional`: a program in which something
   * required of it is not found is traced, but at a lower level. `extra`: such a program is traced without it.
   */
  readonly need: 'required' | 'any' | 'library' | 'optional' | 'extra';
  /** Its programs are loaded with the first target that has it: most have not, and the kernel takes its time to verify them. */
  readonly isLate?: true;
  /** Looked for only in programs that use it: see {@link LibraryUse}. */
  readonly onlyIf?: LibraryUse;
  /** The spans that come of it; absent where it only serves other families. */
  readonly makes?: { readonly family: SpanFamily; readonly spanKind: SpanKindName };
  readonly hooks: readonly Hook[];
  /** BPF programs that it needs beside those of its hooks, by name: on tracepoints of the kernel, or on clocks of processors. */
  readonly tracepoints?: readonly string[];
  /** Parts of the target's row that its programs read. */
  readonly reads: readonly RowPart[];
  /** What else of the program must be known. */
  readonly knows?: readonly ProgramFact[];
}

/**
 * A library of which another one makes use: with `user` in the program, code that is neither's must use one of `functions`.
 * Packages are named by how the names of their functions begin.
 */
export interface LibraryUse {
  readonly user: string;
  readonly functions: readonly string[];
  readonly except: readonly string[];
  /** Why it is not looked for otherwise, as a sentence for the user. */
  readonly otherwise: string;
}

/**
 * - `goroutine_tls`: where a thread keeps the goroutine that it runs, if not in a register.
 * - `wait_reasons`: why goroutines wait, by the runtime's numbers.
 * - `no_profile`: it was built without a profile (`-pgo`), so that a function which is large is nowhere inlined.
 */
export type ProgramFact = 'goroutine_tls' | 'wait_reasons' | 'no_profile';

/** A part of the target's row (`struct target_row` of wire.h). */
export type RowPart = keyof typeof rowSources;
