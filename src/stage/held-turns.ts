/** What goroutines did that worked for a span of another one, until that span ends. */
import { type CriticalPath, criticalPath } from '../correlate/critical-path.ts';
import type { SpanFact } from '../correlate/fact.ts';
import type { GoroutineTurns } from '../correlate/goroutine-turns.ts';
import { spanAround } from '../correlate/span-around.ts';
import { HeldBySpan } from './held-by-span.ts';

/** Records of some 300 bytes. */
const LIMITS = { all: 32_768, ofOne: 16_384 } as const;

export class HeldTurns {
  readonly #held: HeldBySpan<GoroutineTurns>;

  /** `giveUp` is told of records that no span can use any more. */
  constructor(giveUp: (records: number) => void) {
    this.#held = new HeldBySpan(LIMITS, giveUp);
  }

  add(turns: GoroutineTurns): void {
    this.#held.add(turns.spanId, turns);
  }

  /** The critical path of a span that has ended (see there); what was done for it was done for its parent as well. */
  take(fact: SpanFact): CriticalPath | undefined {
    const turns = this.#held.take(fact.spanId);
    if (turns === undefined) return undefined;
    const around = spanAround(fact);
    if (around !== undefined) this.#held.handOn(around, turns);
    return criticalPath(fact, turns);
  }
}
