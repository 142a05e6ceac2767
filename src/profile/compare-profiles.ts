/** Two profiles of one program over one time, side by side. Nothing of the one is added to the other. Pure. */
import { type FunctionTotals, functionTotals } from './function-totals.ts';
import type { Profile } from './profile.ts';

/** Shares of all that each has, from 0 to 1. */
export interface ComparedFunction {
  readonly function: string;
  readonly self: { readonly ours: number; readonly theirs: number };
  readonly cumulative: { readonly ours: number; readonly theirs: number };
}

/** Which value of a profile counts. */
export interface Compared {
  readonly profile: Profile;
  readonly value: number;
}

/** Those functions in which either of them spends most; what the kernel did counts for who has called it. */
export function compareProfiles(ours: Compared, theirs: Compared, count: number): ComparedFunction[] {
  const [a, b] = [ours, theirs].map(({ profile, value }) =>
    functionTotals(profile, value, { ofProgram: true }),
  ) as [FunctionTotals, FunctionTotals];
  const names = new Set([...a.functions, ...b.functions].map(({ function: name }) => name));
  const shareOf = ({ total, functions }: FunctionTotals) => {
    const byName = new Map(functions.map((of) => [of.function, of]));
    return (name: string, kind: 'self' | 'cumulative') =>
      total === 0 ? 0 : (byName.get(name)?.[kind] ?? 0) / total;
  };
  const [ourShare, theirShare] = [shareOf(a), shareOf(b)];
  return [...names]
    .map((name) => ({
      function: name,
      self: { ours: ourShare(name, 'self'), theirs: theirShare(name, 'self') },
      cumulative: { ours: ourShare(name, 'cumulative'), theirs: theirShare(name, 'cumulative') },
    }))
    .sort((x, y) => Math.max(y.self.ours, y.self.theirs) - Math.max(x.self.ours, x.self.theirs))
    .slice(0, count);
}
