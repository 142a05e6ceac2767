/**
 * How long requests of a route take of late, against what is usual for it. Tells of a slowdown: the slowest hundredth takes twice
 * as long as usual, and that is no chance. Counts a request in constant time; all else is done when a slice of time is over. Bounded.
 * Pure: it is told which slice it is.
 */
import { DurationHistogram } from './duration-histogram.ts';
import { SLOW_MIN_NS } from './route-times.ts';

/** Time is looked at in slices of so many seconds. */
export const SLICE_SECONDS = 2;
/** Slices that are of late. */
const SLICES = 5;
/** Of these, so many must be slow by themselves: a stall that is over cannot be looked at any more. */
const SLOW_SLICES_MIN = 3;
/** The share that p99 is about. */
const SLOWEST = 0.01;
/** Less than twice as long, so that what takes twice as long is found in spite of chance. */
const SLOW_FACTOR = 1.8;
/** Less of late have no slowest hundredth to speak of. */
const LATE_MIN = 50;
/** From so many requests on, and after so long, it is known what is usual: five of the slowest hundredth, and a minute's cycles. */
const USUAL_MIN = 500;
const USUAL_SLICES_MIN = 60 / SLICE_SECONDS;
/** After so long a request counts half. */
const HALF_LIFE_SLICES = 180 / SLICE_SECONDS;
/** What has lasted for so long is usual. */
const ADAPT_SLICES = 300 / SLICE_SECONDS;
/**
 * By chance it would be so once in a hundred thousand times at most. That is asked every two seconds for each route; the other
 * conditions, and windows that have most of their requests in common, leave far less of it.
 */
const SURPRISE_MIN = Math.log(1e5);

export interface Slowdown {
  /** Of the slices of late, and before. */
  readonly p99Ns: number;
  readonly usualP99Ns: number;
}

export class RoutePace {
  /** By the number of the slice, modulo their number. */
  readonly #late = Array.from({ length: SLICES }, () => new Slice());
  readonly #usual = new DurationHistogram();
  #slice: number;
  #learnsSince: number;
  #slowSince: number | undefined;

  /** @param slice  the number of the slice that it is */
  constructor(slice: number) {
    this.#slice = slice;
    this.#learnsSince = slice;
  }

  add(durationNs: number): void {
    this.#lateAt(this.#slice).times.add(durationNs);
  }

  /** Another slice begins: tells what the ones before it say, and learns from those that are not of late any more. */
  advance(slice: number): Slowdown | undefined {
    const slowdown = this.#judge();
    if (slowdown) this.#keepOut(slice);
    else if (this.#late.every(({ isKeptOut }) => !isKeptOut)) this.#slowSince = undefined;
    this.#usual.scale(0.5 ** ((slice - this.#slice) / HALF_LIFE_SLICES));
    for (let next = Math.max(this.#slice + 1, slice - SLICES + 1); next <= slice; next++) {
      this.#learn(this.#lateAt(next));
    }
    this.#slice = slice;
    return slowdown;
  }

  #judge(): Slowdown | undefined {
    const count = this.#late.reduce((sum, { times }) => sum + times.count, 0);
    const isKnown = this.#usual.count >= USUAL_MIN && this.#slice + 1 - this.#learnsSince >= USUAL_SLICES_MIN;
    if (count < LATE_MIN || !isKnown) return undefined;
    const usualP99Ns = this.#usual.quantile(1 - SLOWEST);
    const slowFromNs = Math.max(SLOW_FACTOR * usualP99Ns, SLOW_MIN_NS);
    const shares = this.#late.map(({ times }) => ({
      slow: times.countFrom(slowFromNs),
      count: times.count,
    }));
    const slow = shares.reduce((sum, share) => sum + share.slow, 0);
    const slowSlices = shares.filter((share) => share.slow > SLOWEST * share.count).length;
    if (slow <= SLOWEST * count || slowSlices < SLOW_SLICES_MIN) return undefined;
    const before = { slow: this.#usual.countFrom(slowFromNs), count: this.#usual.count };
    if (surprise({ slow, count }, before) < SURPRISE_MIN) return undefined;
    const late = new DurationHistogram();
    for (const { times } of this.#late) late.addAll(times);
    return { p99Ns: late.quantile(1 - SLOWEST), usualP99Ns };
  }

  /** What is slow is not to become usual at once; but what stays so is. */
  #keepOut(slice: number): void {
    this.#slowSince ??= slice;
    const isUsual = slice - this.#slowSince >= ADAPT_SLICES;
    for (const late of this.#late) late.isKeptOut = !isUsual;
    if (!isUsual) return;
    this.#usual.clear();
    this.#learnsSince = slice;
    this.#slowSince = undefined;
  }

  /** It is not of late any more, and begins anew. */
  #learn(late: Slice): void {
    if (!late.isKeptOut) this.#usual.addAll(late.times);
    late.times.clear();
    late.isKeptOut = false;
  }

  #lateAt(slice: number): Slice {
    return this.#late[slice % SLICES] as Slice;
  }
}

class Slice {
  readonly times = new DurationHistogram();
  isKeptOut = false;
}

interface Share {
  readonly slow: number;
  readonly count: number;
}

/**
 * How unlikely it is that so many of all the slow ones are late if they come as they did before: at least so many powers of e, by
 * Chernoff's bound of the binomial. Few of them, or few before, must say it the more clearly.
 */
function surprise(late: Share, before: Share): number {
  const share = late.slow / (late.slow + before.slow);
  const usual = late.count / (late.count + before.count);
  if (share <= usual) return 0;
  const others = share === 1 ? 0 : (1 - share) * Math.log((1 - share) / (1 - usual));
  return (late.slow + before.slow) * (share * Math.log(share / usual) + others);
}
