/**
 * A profile as folded stacks: a line for each, `outermost;…;innermost value`.
 * Format: https://github.com/brendangregg/FlameGraph/blob/4112da76b40acc6ade198ec196516f7d857ecc04/stackcollapse.pl
 */

import type { Profile } from './profile.ts';

/** Writes one of the values, by its number, of all stacks; labels are not told apart. */
export function foldedStacks(profile: Profile, value = 0): string {
  const names = profile.frames.map((frame) => nameOf(frame.function));
  const sums = new Map<string, number>();
  for (const { stack, values } of profile.samples) {
    const line = stack
      .map((index) => names[index])
      .reverse()
      .join(';');
    sums.set(line, (sums.get(line) ?? 0) + (values[value] ?? 0));
  }
  return [...sums].map(([line, sum]) => `${line} ${Math.round(sum)}\n`).join('');
}

/** What separates frames and lines cannot be in a name, such as that of a struct's hash function. */
function nameOf(name: string): string {
  return name.replaceAll(';', ',').replaceAll(/[\r\n]/g, ' ') || '?';
}
