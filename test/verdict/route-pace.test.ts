import { describe, expect, it } from 'vitest';
import { RoutePace, SLICE_SECONDS, type Slowdown } from '../../src/verdict/route-pace.ts';
import { Random } from '../support/random.ts';

const MS = 1e6;

/** A route whose requests come at random, and what it says slice by slice. */
class Route {
  readonly #random: Random;
  readonly #pace = new RoutePace(0);
  slice = 0;
  requests = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** Slices at whose end it was slow. */
  during(
    seconds: number,
    rate: number,
    durationMs: (random: Random) => number,
  ): (Slowdown & { at: number })[] {
    const slow: (Slowdown & { at: number })[] = [];
    for (const end = this.slice + seconds / SLICE_SECONDS; this.slice < end; ) {
      for (let n = 0; n < rate * SLICE_SECONDS; n++) this.#pace.add(durationMs(this.#random) * MS);
      this.requests += rate * SLICE_SECONDS;
      const slowdown = this.#pace.advance(++this.slice);
      if (slowdown) slow.push({ ...slowdown, at: this.slice * SLICE_SECONDS });
    }
    return slow;
  }
}

const uniform = (random: Random): number => (random.u32() + 0.5) / 2 ** 32;
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
const heavy = {
  'log-normal': (random: Random) => 10 * Math.exp(normal(random)),
  'log-normal, wide': (random: Random) => 10 * Math.exp(2 * normal(random)),
  'Pareto, without a variance': (random: Random) => 10 * uniform(random) ** (-1 / 1.5),
  'Pareto, without a mean': (random: Random) => uniform(random) ** -2,
  'one in a hundred far away': (random: Random) =>
    (uniform(random) < 0.01 ? 200 : 10) * (0.5 + uniform(random)),
} as const;
const plain = heavy['log-normal'];
const times = (factor: number) => (random: Random) => factor * plain(random);

describe('a route', () => {
  const rates = [6, 20, 100, 1_000];
  const stable = Object.keys(heavy).flatMap((name) =>
    rates.map((rate) => [name as keyof typeof heavy, rate] as const),
  );

  it.each(stable)('that is stable is never slow in 100,000 requests: %s, %d/s', (name, rate) => {
    const route = new Route(rate);
    expect(route.during(100_000 / rate, rate, heavy[name])).toEqual([]);
    expect(route.requests).toBeGreaterThanOrEqual(99_990);
  });

  it.each([1, 2, 3])('that takes twice as long is slow within the window (%d)', (seed) => {
    const route = new Route(seed);
    expect(route.during(120, 500, plain)).toEqual([]);
    const [first] = route.during(10, 500, times(2));
    expect(first?.at).toBeLessThanOrEqual(130);
    expect(first?.usualP99Ns).toBeGreaterThan(90 * MS);
    expect(first?.usualP99Ns).toBeLessThan(115 * MS);
  });

  it('says how long its slowest hundredth takes, and usually does', () => {
    const route = new Route(1);
    route.during(120, 500, () => 20);
    const [, , , last] = route.during(16, 500, () => 70);
    expect(last?.p99Ns).toBeGreaterThan(65 * MS);
    expect(last?.p99Ns).toBeLessThan(75 * MS);
    expect(last?.usualP99Ns).toBeGreaterThan(18 * MS);
    expect(last?.usualP99Ns).toBeLessThan(22 * MS);
  });

  it('is not slow while a few slow ones may be chance, and is when they are many', () => {
    const few = new Route(5);
    few.during(600, 10, plain);
    // The slowest hundredth of so few is one request.
    expect(few.during(10, 10, times(2))).toEqual([]);
    expect(few.during(20, 10, times(10)).length).toBeGreaterThan(0);
  });

  it('is never slow with too few requests: of late, or before', () => {
    const rare = new Route(6);
    rare.during(3_600, 4, () => 10);
    expect(rare.during(60, 4, () => 1_000)).toEqual([]);
    const young = new Route(7);
    young.during(40, 12, () => 10);
    expect(young.during(20, 12, () => 1_000)).toEqual([]);
    const unseen = new Route(8);
    // Many of them, but of less than a minute.
    unseen.during(40, 1_000, () => 10);
    expect(unseen.during(10, 1_000, () => 1_000)).toEqual([]);
  });

  it('is not slow below 5 ms', () => {
    const route = new Route(9);
    route.during(120, 500, () => 0.5);
    expect(route.during(20, 500, () => 4)).toEqual([]);
    expect(route.during(20, 500, () => 8).length).toBeGreaterThan(0);
  });

  it('is not slow for a stall that is over', () => {
    const route = new Route(10);
    route.during(120, 500, () => 10);
    expect(route.during(2, 500, () => 1_000)).toEqual([]);
    expect(route.during(60, 500, () => 10)).toEqual([]);
  });

  it('does not take for usual what is slow, until it has lasted for five minutes', () => {
    const route = new Route(11);
    route.during(120, 500, () => 20);
    const slow = route.during(600, 500, () => 70);
    expect(slow[0]?.at).toBeLessThan(130);
    expect(slow.at(-1)?.at).toBeGreaterThan(400);
    expect(slow.at(-1)?.at).toBeLessThan(435);
    expect(new Set(slow.map(({ usualP99Ns }) => Math.round(usualP99Ns / MS))).size).toBe(1);
    // From then on it is slow by what has become usual.
    expect(route.during(20, 500, () => 200).length).toBeGreaterThan(0);
  });

  it('is as usual again when what was slow is over, and slow when it comes again', () => {
    const route = new Route(12);
    route.during(120, 500, () => 20);
    expect(route.during(30, 500, () => 70).length).toBeGreaterThan(10);
    route.during(12, 500, () => 20);
    expect(route.during(120, 500, () => 20)).toEqual([]);
    expect(route.during(30, 500, () => 70).length).toBeGreaterThan(10);
  });

  it('forgets what was usual before a long silence', () => {
    const route = new Route(13);
    route.during(120, 100, () => 20);
    route.during(3_600, 0, () => 20);
    expect(route.during(40, 100, () => 70)).toEqual([]);
  });
});
