/** How deep a program can be looked at: a level is there if all that its families require was found. Pure. */

import { LEVELS, type ProbeFamily, type ProbeLevel } from './hook.ts';

export interface Depth {
  /** The deepest level whose families have all that they require, and those of the levels before it. */
  readonly level: ProbeLevel;
  /** Why it is not the deepest of those that were asked for. */
  readonly notDeeper?: string;
}

/** @param lackOf  what is required of a family and was not found; undefined if nothing is. */
export function depthOf(
  families: readonly ProbeFamily[],
  lackOf: (family: ProbeFamily) => string | undefined,
): Depth {
  let level: ProbeLevel = 'spans';
  for (const next of LEVELS) {
    const asked = families.filter((f) => f.level === next);
    const optional = asked.filter((f) => f.need === 'optional');
    const lack = optional.map(lackOf).find((found) => found !== undefined);
    if (lack !== undefined) return { level, notDeeper: `no level ${next}: ${lack}` };
    if (asked.length > 0) level = next;
  }
  return { level };
}
