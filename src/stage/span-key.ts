/** Span ids: whether two are the same, and one as the key of a map. */
import type { SpanIdWords } from '../correlate/fact.ts';

/** Two spans seldom have the same: a number is exact for 53 of the 64 bits. Who holds something by it compares the id. */
export const spanKey = ([high, low]: SpanIdWords): number => high * 2 ** 32 + low;

export const isSameSpan = ([high, low]: SpanIdWords, other: SpanIdWords): boolean =>
  high === other[0] && low === other[1];
