/** What is said of a tracer's events, one line each, without the program's name. Pure. */
import type { BudgetStats, TargetInfo, TracerEvent } from '../tracer/api.ts';

/** The lines to print; `isVerbose` adds what is only of interest when something is looked into. */
export function linesOf(event: TracerEvent, isVerbose: boolean): string[] {
  switch (event.kind) {
    case 'attached':
      return [
        `attached to ${nameOf(event.target)}`,
        ...event.missing
          .filter((missing) => isVerbose || missing.without !== undefined)
          .map(
            ({ hook, why, without }) => `  no ${hook}: ${why}${without === undefined ? '' : `: ${without}`}`,
          ),
        ...(event.notDeeper === undefined ? [] : [`  ${event.notDeeper}`]),
        ...(event.untraced ?? []).map((path) => `  it serves by ${path} too, which is not traced`),
        ...(isVerbose ? event.hooks.map((hook) => `  probe on ${hook}`) : []),
      ];
    case 'refused':
      return [event.error.message];
    case 'ended':
      return [`no longer tracing ${nameOf(event.target)}`];
    case 'level':
      return [levelText(event.budget)];
    case 'budget_exceeded':
      return [
        `probes take ${percent(event.budget.used)} of the processors at level spans, more than the budget of ${percent(event.budget.limit)}: less deep there is nothing`,
      ];
    case 'degraded':
      return [`this kernel has no ${event.missing}: ${event.without}`];
    case 'warning':
      return [event.message];
  }
}

function levelText({ level, asked, used, limit, isMeasured }: BudgetStats): string {
  if (level === asked) return `level ${level} again: its probes fit into the budget of ${percent(limit)}`;
  const estimated = isMeasured ? '' : ', as estimated';
  return `level ${level} instead of ${asked}: probes took ${percent(used)} of the processors${estimated}, of a budget of ${percent(limit)}`;
}

/** Two figures. */
const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

function nameOf({ serviceName, pid, exe, goVersion }: TargetInfo): string {
  return `${serviceName} (pid ${pid}, ${exe}${goVersion === undefined ? '' : `, ${goVersion}`})`;
}
