/**
 * A profile as folded stacks: a line for each, `outermost;…;innermost value`.
 * Format: https://github.com/brendangregg/FlameGraph/blob/4112da76b40acc6ade198ec196516f7d857ecc04/stackcollapse.pl
 */

import { KERNEL_FILE } from '../correlate/code-place.ts';
import type { Profile, ProfileFrame } from './profile.ts';

/** Writes one of the values, by its number, of all stacks that have any of it; labels are not told apart. */
export function foldedStacks(profile: Profile, value = 0): string {
  const names = profile.frames.map(nameOf);
  const sums = new Map<string, number>();
  for (const { stack, values } of profile.samples) {
    const of = values[value] ?? 0;
    if (of === 0) continue;
    const line = stack
      .map((index) => names[index])
      .reverse()
      .join(';');
    sums.set(line, (sums.get(line) ?? 0) + of);
  }
  return [...sums].map(([line, sum]) => `${line} ${Math.round(sum)}\n`).join('');
}

/** What separates frames and lines cannot be in a name, such as that of a struct's hash function. The kernel's are marked. */
function nameOf({ function: name, file }: ProfileFrame): string {
  const plain = name.replaceAll(';', ',').replaceAll(/[\r\n]/g, ' ') || '?';
  return file === KERNEL_FILE ? `${plain}_[k]` : plain;
}
