/** Medians with their spread: what a few windows on a shared machine allow to say. Pure. */

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Median, least and greatest. @throws RangeError when there is nothing. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined) throw new RangeError('values: at least one is needed');
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? low;
  const median = Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? low)) / 2 : upper;
  return { median, low, high };
}

/** Spread of the quotients of what was measured side by side. */
export function ratioOf(numerators: readonly number[], denominators: readonly number[]): Spread {
  return spreadOf(numerators.map((value, index) => value / (denominators[index] ?? Number.NaN)));
}
