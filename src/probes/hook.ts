/** The words a probe manifest is written in. Data only: what a rule means is in `site-rules.ts`. */

import type { ArgumentRegister } from '../binary/instruction.ts';

/** How deep a probe looks; deeper levels cost more. */
type ProbeLevel = 'spans';

/**
 * What BPF may conclude when a site is hit and its guard holds.
 * - `event`: what the hook is named for has happened, once.
 * - `success_or_retry`: an attempt has come back. With `BX` (the error's type word) 0 the call has succeeded and this
 *   is its end; otherwise nothing has ended: it is retried, or ends in an error at another site.
 * - `done`: the call ends here; AX holds the response, BX:CX the error (nil or not).
 * - `done_unless_skip`: the alternate transport has come back. If the error BX:CX equals
 *   `net/http.ErrSkipAltProtocol` (both words, at {@link AttachPlan.skipAltProtocol} plus the load bias) nothing has
 *   ended; otherwise the call ends here, as in `done`.
 */
export type SiteMeaning = 'event' | 'success_or_retry' | 'done' | 'done_unless_skip';

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
  /** The first call of the function `of` (behind the call of `after`, if given). */
  | { readonly at: 'call'; readonly of: string; readonly after?: string; readonly arg: ArgumentRegister }
  /** Every return; single-stepped. `ends`: what a hit means, if not `event`. */
  | { readonly at: 'returns'; readonly arg: ArgumentRegister; readonly ends?: 'done' }
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
  /** The first rule that finds a place that is not single-stepped is taken, else the first that finds one. */
  readonly rules: readonly SiteRule[];
}

/** A place in the Go program where one BPF program runs. */
export interface Hook {
  /** Name of the BPF program. */
  readonly name: string;
  readonly level: ProbeLevel;
  /** In order of preference. */
  readonly choices: readonly SiteChoice[];
  /** A program that has the hook's family but not a `required` hook of it is refused. */
  readonly need: 'required' | 'optional';
  /** What is lost without it, as a sentence for the user. */
  readonly without: string;
}

/** Hooks that belong together and the struct fields their BPF programs read. */
export interface ProbeFamily {
  readonly name: string;
  /**
   * `required`: every program must have it. `any`: a program that links none of its required hooks' functions is
   * traced without it, as long as it has another family of this kind.
   */
  readonly need: 'required' | 'any';
  readonly hooks: readonly Hook[];
  /** `import/path.Type.field`; alternatives parted by `|`, best first; `?` at the end makes it optional. */
  readonly fields: readonly string[];
}
