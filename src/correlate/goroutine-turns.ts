/** A record of what a goroutine has done that works for a span of another one, as plain data. */
import { type EvGoroutineTurns, timeLimit, timeUse } from '../wire/wire.gen.ts';
import type { Ktime, SpanIdWords } from './fact.ts';

/** Turn after turn, without a gap. Those of one goroutine go on in its next record. */
export interface GoroutineTurns {
  readonly targetId: number;
  readonly goid: number;
  /** For which it works. */
  readonly spanId: SpanIdWords;
  /** When the first turn began. */
  readonly start: Ktime;
  /** Nanoseconds of each turn, and on what they were spent (a number of `enum time_use`). */
  readonly ns: readonly number[];
  readonly uses: readonly number[];
  /** Who went on because of it, at the end; undefined: nobody. */
  readonly woken?: Woken | undefined;
}

/** A goroutine that works for the same trace, and has been waiting or begins. */
export interface Woken {
  readonly goid: number;
  /** Since when it has waited, or begins. */
  readonly since: Ktime;
  /** For how long and for what it has waited; undefined: it begins. */
  readonly wait?: { readonly ns: number; readonly use: number } | undefined;
}

export function goroutineTurns(record: EvGoroutineTurns): GoroutineTurns {
  const turns = Math.min(record.turns, record.turnNs.length);
  return {
    targetId: record.header.targetId,
    goid: record.goid,
    spanId: record.spanId,
    start: record.startKtimeNs,
    ns: record.turnNs.slice(0, turns),
    uses: Array.from(record.turnUse.subarray(0, turns), knownUse),
    woken: record.wokenGoid === 0 ? undefined : wokenBy(record),
  };
}

function wokenBy({ wokenGoid, waitKtimeNs, waitNs, waitUse }: EvGoroutineTurns): Woken {
  const wait = waitNs === 0 ? undefined : { ns: waitNs, use: knownUse(waitUse) };
  return { goid: wokenGoid, since: waitKtimeNs, wait };
}

const knownUse = (use: number): number => (use < timeLimit.TIME_USES_MAX ? use : timeUse.TIME_OTHER);
