/** What goroutines did that worked for a span of another one, until that span ends. Bounded. */
import { criticalPath } from '../correlate/critical-path.ts';
import type { SpanFact, SpanIdWords } from '../correlate/fact.ts';
import type { GoroutineTurns } from '../correlate/goroutine-turns.ts';
import { spanKey } from './span-key.ts';

/** Records that are held for all spans; of more the oldest spans are given up. Each is of some 300 bytes. */
const HELD_MAX = 16_384;
/** Records for one span; of more the last are not taken. */
const HELD_OF_ONE_MAX = 2_048;

interface Held {
  readonly spanId: SpanIdWords;
  readonly turns: GoroutineTurns[];
  /** So many of them no span has used yet. */
  unused: number;
}

export class HeldTurns {
  readonly #bySpan = new Map<number, Held>();
  readonly #giveUp: (records: number) => void;
  #held = 0;

  /** `giveUp` is told of records that no span can use any more. */
  constructor(giveUp: (records: number) => void) {
    this.#giveUp = giveUp;
  }

  add(turns: GoroutineTurns): void {
    this.#addTo(turns.spanId, [turns]).unused++;
  }

  /** The critical path of a span that has ended (see there); what was done for it was done for its parent as well. */
  take(fact: SpanFact): readonly number[] | undefined {
    if (this.#held === 0) return undefined;
    const held = this.#of(fact.spanId);
    if (held === undefined) return undefined;
    this.#bySpan.delete(spanKey(fact.spanId));
    this.#held -= held.turns.length;
    if (fact.parentSpanId !== undefined && !fact.parentIsRemote) this.#addTo(fact.parentSpanId, held.turns);
    return criticalPath(fact, held.turns);
  }

  #addTo(spanId: SpanIdWords, turns: readonly GoroutineTurns[]): Held {
    const held = this.#of(spanId) ?? this.#begin(spanId);
    const room = Math.min(turns.length, HELD_OF_ONE_MAX - held.turns.length);
    for (const each of turns.slice(0, room)) held.turns.push(each);
    this.#held += room;
    if (room < turns.length) this.#giveUp(turns.length - room);
    while (this.#held > HELD_MAX) this.#forget(this.#bySpan.keys().next().value as number);
    return held;
  }

  #of(spanId: SpanIdWords): Held | undefined {
    const held = this.#bySpan.get(spanKey(spanId));
    return held?.spanId[0] === spanId[0] && held.spanId[1] === spanId[1] ? held : undefined;
  }

  #begin(spanId: SpanIdWords): Held {
    const key = spanKey(spanId);
    if (this.#bySpan.has(key)) this.#forget(key);
    const held = { spanId, turns: [], unused: 0 };
    this.#bySpan.set(key, held);
    return held;
  }

  #forget(key: number): void {
    const held = this.#bySpan.get(key);
    if (held === undefined) return;
    this.#bySpan.delete(key);
    this.#held -= held.turns.length;
    this.#giveUp(held.unused);
  }
}
