/** The entry of a function as a place to attach at. Data only. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import type { SiteChoice, SiteRule } from './hook.ts';

/** At the entry of a function, which is passed once a call: where its frame is pushed, or (Go ≤ 1.20) where the stack suffices. */
export function atEntryOf(
  on: readonly string[],
  arg: ArgumentRegister,
  calledByEach: readonly string[] = [],
): SiteChoice {
  const rules: readonly SiteRule[] = [
    { at: 'after_stack_check', arg },
    { at: 'stack_check_branch', arg },
  ];
  return { on, calledByEach, rules };
}
