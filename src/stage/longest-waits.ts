/** The longest waits of one span. */
import type { SpanFactOf } from '../correlate/fact.ts';
import { nanosBetween } from '../wire/batch.ts';

type WaitFact = SpanFactOf<'wait'>;

/** So many are told of one span. */
const WAITS_MAX = 20;

export class LongestWaits {
  /** By when they began. */
  readonly told: WaitFact[] = [];
  /** Shorter ones, that are not told. */
  dropped = 0;

  /** Adds one that began after all others. */
  add(wait: WaitFact): void {
    this.told.push(wait);
    if (this.told.length <= WAITS_MAX) return;
    this.told.splice(shortestOf(this.told), 1);
    this.dropped++;
  }

  /** Adds some that lie over those that are there, instead of behind them. */
  lay(waits: readonly WaitFact[]): void {
    for (const wait of waits) this.add(wait);
    this.told.sort((a, b) => nanosBetween(b.start, a.start));
  }
}

function shortestOf(waits: readonly WaitFact[]): number {
  let shortest = 0;
  for (let index = 1; index < waits.length; index++) {
    if (lengthOf(waits[index] as WaitFact) < lengthOf(waits[shortest] as WaitFact)) shortest = index;
  }
  return shortest;
}

const lengthOf = ({ start, end }: WaitFact): number => nanosBetween(start, end);
