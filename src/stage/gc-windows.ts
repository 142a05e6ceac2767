/** When the world of one program was stopped lately, and when its garbage collector worked, to be laid over its spans. Bounded. */
import type { TimedWindow } from '../correlate/gc-window.ts';
import { GC_BEGINS, GC_ENDS, stopReason } from '../correlate/world-stop.ts';
import { type Ktime, nanosBetween } from '../wire/batch.ts';
import type { EvGcStop } from '../wire/wire.gen.ts';

/** So many are remembered of each kind, the last. */
const WINDOWS_MAX = 256;
/** A cycle that is not over after so long is: who would have told of its end was detached, or its record was lost. */
const CYCLE_NS_MAX = 10_000_000_000;

const NOTHING: readonly TimedWindow[] = [];

/** One after the other. */
type Windows = TimedWindow[];

export class GcWindows {
  readonly #minNs: number;
  readonly #stops: Windows = [];
  readonly #cycles: Windows = [];
  /** When the cycle began that is under way. */
  #begun: Ktime | undefined;
  /** Of all of these. */
  #lastEnd: Ktime | undefined;

  /** What is shorter is not told: above 0. */
  constructor(minNs: number) {
    this.#minNs = minNs;
  }

  /** The stops of a program come one after the other, each when it is over. */
  add({ startKtimeNs: start, endKtimeNs: end, goid, reason: number }: EvGcStop): void {
    const reason = stopReason(number);
    this.#keep(this.#stops, { start, end, body: { window: 'gc.stw', reason, stopperGoid: goid } });
    if (reason === GC_BEGINS) {
      this.#begun = start;
    } else if (reason === GC_ENDS) {
      // The collector may go back to marking, for a short while, and stop the world once more: that is not told.
      for (const cycle of this.#underWay(end)) this.#keep(this.#cycles, cycle);
      this.#begun = undefined;
    }
  }

  /** Those parts of the time in which something was so, which are long enough, by when they begin. */
  over(start: Ktime, end: Ktime): readonly TimedWindow[] {
    // Nearly all spans end here.
    if (nanosBetween(start, end) < this.#minNs || !this.#mayHaveHit(start)) return NOTHING;
    const parts = [
      ...this.#partsOf(this.#underWay(end), start, end),
      ...this.#partsOf(this.#cycles, start, end),
      ...this.#partsOf(this.#stops, start, end),
    ];
    return parts.sort((a, b) => nanosBetween(b.start, a.start));
  }

  #mayHaveHit(start: Ktime): boolean {
    if (this.#begun !== undefined) return true;
    return this.#lastEnd !== undefined && nanosBetween(start, this.#lastEnd) > 0;
  }

  /** The cycle that has begun and was not over until now; none, or one. */
  #underWay(end: Ktime): Windows {
    const start = this.#begun;
    if (start === undefined || nanosBetween(start, end) > CYCLE_NS_MAX) return [];
    return [{ start, end, body: { window: 'gc.cycle' } }];
  }

  #keep(windows: Windows, window: TimedWindow): void {
    if (!this.#isLong(window)) return;
    if (windows.length === WINDOWS_MAX) windows.shift();
    windows.push(window);
    this.#lastEnd = window.end;
  }

  #partsOf(windows: Windows, start: Ktime, end: Ktime): Windows {
    const parts: Windows = [];
    for (let index = windows.length - 1; index >= 0; index--) {
      const window = windows[index] as TimedWindow;
      if (nanosBetween(start, window.end) <= 0) break;
      const part = {
        start: nanosBetween(start, window.start) > 0 ? window.start : start,
        end: nanosBetween(window.end, end) > 0 ? window.end : end,
        body: window.body,
      };
      if (this.#isLong(part)) parts.push(part);
    }
    return parts;
  }

  #isLong({ start, end }: TimedWindow): boolean {
    return nanosBetween(start, end) >= this.#minNs;
  }
}
