/** Where the BPF program of a hook runs in a Go program, or why nowhere. Owns the types. */

import type { ArgumentRegister, SiteClass } from '../binary/instruction.ts';
import type { Hook, ReturnSlot, SiteGuard } from './hook.ts';

/** One place to attach at: the start of a decoded instruction. */
export interface Site {
  /** Function that holds it. */
  readonly symbol: string;
  /** Link-time address; in a PIE add the load bias. */
  readonly vaddr: number;
  /** Offset in the file, as uprobes want it. */
  readonly fileOffset: number;
  /** Length of the instruction. */
  readonly bytes: number;
  /** Intel syntax; on arm64 as GNU as writes it. */
  readonly instruction: string;
  readonly class: SiteClass;
  /** Which argument register holds what the hook is about; see the hook's comment. */
  readonly arg: ArgumentRegister;
  /** Of the choice that the site comes from. */
  readonly variant: number;
  readonly guard: SiteGuard;
  readonly returnSlot: ReturnSlot;
}

/** What became of a hook: its sites, or why there are none. */
export interface HookPlan {
  readonly hook: Hook;
  /** Empty exactly if `missing` is there. */
  readonly sites: readonly Site[];
  readonly missing?: string;
  /** None of its functions is in the program, so an optional hook loses nothing. */
  readonly isUnlinked?: boolean;
}
