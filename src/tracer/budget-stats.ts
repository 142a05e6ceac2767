/** What is told of a budget. Owns the type. */
import type { ProbeLevel } from '../probes/hook.ts';

/** How the budget is kept. */
export interface BudgetStats {
  /** Of the processors' time that the targets may use: what probes may take. */
  readonly limit: number;
  /** What they took in the last second. */
  readonly used: number;
  readonly level: ProbeLevel;
  readonly asked: ProbeLevel;
  /** Their programs were measured by the kernel; false: what these take is a constant. */
  readonly isMeasured: boolean;
}
