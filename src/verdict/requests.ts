/** The requests of one route: how long each took, and what of it each cause explains. Bounded: of many an even part is kept. */
import { CAUSES, type Cause } from '../correlate/verdict.ts';

/** Requests that are kept of one route; when there are more, every other one is left out from then on. */
const KEPT_MAX = 20_000;

export interface Request {
  readonly durationNs: number;
  /** In the order of `CAUSES`. */
  readonly byCause: readonly number[];
}

/** Of many, some. */
export interface RequestSample {
  /** How many there were. */
  readonly count: number;
  /** So many of them can be looked at. */
  readonly kept: number;
  /** Those, the quick ones first. */
  sorted(): Request[];
}

export class Requests implements RequestSample {
  count = 0;
  #kept: Request[] = [];
  #stride = 1;

  add(durationNs: number, byCause: ReadonlyMap<Cause, number>): void {
    if (this.count++ % this.#stride !== 0) return;
    this.#kept.push({ durationNs, byCause: CAUSES.map((cause) => byCause.get(cause) ?? 0) });
    if (this.#kept.length < KEPT_MAX) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  get kept(): number {
    return this.#kept.length;
  }

  sorted(): Request[] {
    return [...this.#kept].sort((a, b) => a.durationNs - b.durationNs);
  }
}
