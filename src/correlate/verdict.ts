/** Why a span was slow, as plain data. */

/** What most of the time of a slow span went to. Few, so that they can be counted by. */
export const CAUSES = [
  'cpu',
  'processor',
  'quota',
  'scheduler',
  'mutex',
  'channel',
  'sync',
  'pool',
  'database',
  'upstream',
  'network',
  'sleep',
  'syscall',
  'memory',
  'gc',
  'stop',
] as const;
export type Cause = (typeof CAUSES)[number];

export interface Verdict {
  readonly cause: Cause;
  /** Of the span's duration, that the cause explains: above 0, at most 1. */
  readonly share: number;
  /** Of the span's duration, that is known at all. */
  readonly confidence: number;
  /** One line, with its evidence: `mutex: 41 of 58 ms waiting for a lock held by goroutine 812 (GET /report)`. */
  readonly sentence: string;
}
