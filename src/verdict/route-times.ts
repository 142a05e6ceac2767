/** How long requests of a route usually take, which it forgets slowly. Tells a slow one from those before it. Bounded. */
import { DurationHistogram } from './duration-histogram.ts';

/** From so many requests on it is known what is usual. */
const KNOWN_FROM = 50;
/** At so many each counts half from then on. */
const HALVED_AT = 2_000;
/** Nothing that is shorter is slow. */
export const SLOW_MIN_NS = 5e6;
/** How much longer than half of them. */
const SLOW_FACTOR = 2;

export class RouteTimes {
  readonly #times = new DurationHistogram();

  /** Was that one slow, by those that were added before? */
  isSlow(durationNs: number): boolean {
    if (durationNs < SLOW_MIN_NS || this.#times.count < KNOWN_FROM) return false;
    return (
      durationNs > this.#times.quantileEnd(0.95) && durationNs > SLOW_FACTOR * this.#times.quantileEnd(0.5)
    );
  }

  add(durationNs: number): void {
    this.#times.add(durationNs);
    if (this.#times.count >= HALVED_AT) this.#times.scale(0.5);
  }
}
