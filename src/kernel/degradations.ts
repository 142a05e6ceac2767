/** What works less well on a kernel that lacks something, and what that costs the user. Data; pure. */
import type { KernelFacts } from './native.ts';

export interface Degradation {
  /** What the kernel lacks. */
  readonly missing: string;
  /** What is lost by that. */
  readonly without: string;
  /** What to change. */
  readonly change: string;
}

export const NO_MULTI_LINKS: Degradation = {
  missing: 'uprobe_multi links whose pid means a process',
  without:
    'each probe is a perf event of its own: attaching and detaching take seconds where many are attached, and newer kernels want CAP_SYS_ADMIN',
  change: 'use Linux 6.10 or newer, or 6.6.35 of its line',
};

export const LEGACY_PROGRAMS: Degradation = {
  missing: 'bpf_loop or attach cookies',
  without:
    'a traceparent is found among the first 28 to 64 headers of a request only (what is not searched is counted as headers_unscanned), and each hit has a look-up more',
  change: 'use Linux 5.17 or newer',
};

/** All that hold for a loaded kernel. */
export function degradationsOf({ isLegacy, hasMultiLinks }: KernelFacts): readonly Degradation[] {
  return [...(isLegacy ? [LEGACY_PROGRAMS] : []), ...(hasMultiLinks ? [] : [NO_MULTI_LINKS])];
}
