/** What the samples of a profile come to by function. Pure. */
import { KERNEL_FILE } from '../correlate/code-place.ts';
import { tellingFrame } from '../span/code-text.ts';
import type { Profile, ProfileFrame } from './profile.ts';

export interface FunctionTotal {
  /** Of the kernel with `[kernel]` behind it. */
  readonly function: string;
  /** In its own code. */
  readonly self: number;
  /** … and in what it has called. */
  readonly cumulative: number;
}

export interface FunctionTotals {
  readonly total: number;
  /** Those with most of their own come first. */
  readonly functions: readonly FunctionTotal[];
}

export interface TotalsOptions {
  /** What the kernel did counts for who has called it, and where a signal has just come for where it came. */
  readonly ofProgram?: boolean;
  /** So does what functions of Go's own packages did, where others have called them: all goroutines wait in the same few. */
  readonly ofCallers?: boolean;
}

/** Of one of the values, by its number. */
export function functionTotals(
  profile: Profile,
  value: number,
  { ofProgram = false, ofCallers = false }: TotalsOptions = {},
): FunctionTotals {
  const { frames } = profile;
  const names = frames.map(nameOf);
  // Go's own sampling is by a signal, which may come together with the one that preempts a goroutine, and then sees that first.
  const isForeign = frames.map(
    ({ file, function: name }) => ofProgram && (file === KERNEL_FILE || name === 'runtime.asyncPreempt'),
  );
  const ownerOf = (stack: readonly number[]): number | undefined => {
    const telling = ofCallers ? tellingFrame(stack.map((index) => frames[index] as ProfileFrame)) : undefined;
    return telling === undefined ? stack[0] : stack.find((index) => frames[index] === telling);
  };
  const byName = new Map<string, { function: string; self: number; cumulative: number }>();
  let total = 0;
  for (const { stack, values } of profile.samples) {
    const of = values[value] ?? 0;
    if (of === 0) continue;
    total += of;
    const shown = stack.slice(
      Math.max(
        0,
        stack.findIndex((index) => !isForeign[index]),
      ),
    );
    const owner = names[ownerOf(shown) ?? -1];
    for (const name of new Set(shown.map((index) => names[index] as string))) {
      const known = byName.get(name) ?? { function: name, self: 0, cumulative: 0 };
      known.cumulative += of;
      if (name === owner) known.self += of;
      byName.set(name, known);
    }
  }
  const functions = [...byName.values()].sort((a, b) => b.self - a.self || b.cumulative - a.cumulative);
  return { total, functions };
}

const nameOf = ({ function: name, file }: ProfileFrame): string =>
  file === KERNEL_FILE && name !== KERNEL_FILE ? `${name} ${KERNEL_FILE}` : name;
