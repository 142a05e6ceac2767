/** What is told of a level and of its budget. Owns the types. */
import type { ProbeLevel } from '../probes/hook.ts';

/** How deep targets are looked at. */
export interface LevelStats {
  readonly now: ProbeLevel;
  /** What is wanted, for good or while a route is slow; `now` is less where the budget has it so. */
  readonly asked: ProbeLevel;
}

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
