/** Are spans lost without being counted? */
import type { Summary } from '../../../src/cli/summary.ts';

/** Requests for which there is neither a server span nor a counted loss. */
export function missingSpans(requests: number, { spans, lost }: Summary): number {
  return Math.max(0, requests - (spans.byKind['server'] ?? 0) - lost.total);
}

/** What was lost and why, in words. */
export function lossText({ lost }: Pick<Summary, 'lost'>): string {
  const reasons = Object.entries(lost.byReason).filter(([, count]) => count > 0);
  if (reasons.length === 0) return 'no loss';
  return `counted: ${reasons.map(([reason, count]) => `${reason} ${count.toLocaleString('en')}`).join(', ')}`;
}
