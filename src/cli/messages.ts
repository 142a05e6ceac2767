/** What is said of a tracer's events, one line each, without the program's name. Pure. */
import type { TargetInfo, TracerEvent } from '../tracer/api.ts';
import { budgetText } from '../tracer/budget-text.ts';
import { degradedText } from '../tracer/degraded-text.ts';
import { raiseText } from '../tracer/raise-text.ts';

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
    case 'budget_exceeded':
      return [budgetText(event)];
    case 'raised':
    case 'raise_ended':
      return [raiseText(event)];
    case 'degraded':
      return [degradedText(event)];
    case 'warning':
      return [event.message];
  }
}

function nameOf({ serviceName, pid, exe, goVersion }: TargetInfo): string {
  return `${serviceName} (pid ${pid}, ${exe}${goVersion === undefined ? '' : `, ${goVersion}`})`;
}
