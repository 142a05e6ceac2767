/** Quantiles of a sample, and how far they may be off: by the ranks of its own members, whatever the distribution. Pure. */

/** Standard normal quantile: the true one lies within the bounds in 95 of 100 samples. */
const Z = 1.96;

/** The value of that rank among ascending ones; 0 if there are none. */
export const quantile = (ascending: readonly number[], share: number): number =>
  ascending[rankOf(ascending.length, share)] ?? 0;

/** Between which values the quantile of all is, of which these are a sample; null where so few do not tell how far up it may be. */
export function quantileBounds(
  ascending: readonly number[],
  share: number,
): readonly [low: number, high: number | null] {
  const n = ascending.length;
  const spread = Z * Math.sqrt(n * share * (1 - share));
  const low = Math.max(0, Math.floor(n * share - spread));
  const high = Math.ceil(n * share + spread);
  return [ascending[low] ?? 0, ascending[high] ?? null];
}

const rankOf = (n: number, share: number): number => Math.min(n - 1, Math.floor(n * share));
