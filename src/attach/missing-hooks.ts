/** Which hooks of a program are not attached, and what is lost by that. */
import type { HookPlan } from '../probes/site.ts';

/** A hook that is not attached; `without` says what is lost, and is absent where the program lacks its functions. */
export interface MissingHook {
  readonly hook: string;
  readonly why: string;
  readonly without?: string;
}

export function missingHooks(hooks: readonly HookPlan[]): MissingHook[] {
  return hooks.flatMap(({ hook, missing, isUnlinked }) =>
    missing === undefined
      ? []
      : { hook: hook.name, why: missing, ...(!isUnlinked && { without: hook.without }) },
  );
}
