/** What a person is told of a budget. */
import type { BudgetStats } from './budget-stats.ts';

export function budgetText({
  kind,
  budget,
}: {
  readonly kind: 'level' | 'budget_exceeded';
  readonly budget: BudgetStats;
}): string {
  const { level, asked, used, limit, isMeasured } = budget;
  if (kind === 'budget_exceeded')
    return `probes take ${percent(used)} of the processors at level spans, more than the budget of ${percent(limit)}: less deep there is nothing`;
  if (level === asked) return `level ${level} again: its probes fit into the budget of ${percent(limit)}`;
  const estimated = isMeasured ? '' : ', as estimated';
  return `level ${level} instead of ${asked}: probes took ${percent(used)} of the processors${estimated}, of a budget of ${percent(limit)}`;
}

/** Two figures. */
const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
