import { describe, expect, it } from 'vitest';
import { formatDiff, formatReport } from '../../src/cli/report-text.ts';
import type { Cause } from '../../src/correlate/verdict.ts';
import { quantile, quantileBounds } from '../../src/verdict/quantile.ts';
import { Requests } from '../../src/verdict/requests.ts';
import { routeDiff } from '../../src/verdict/route-diff.ts';
import { gainOf, type RouteReport, routeReport } from '../../src/verdict/route-report.ts';
import { Random } from '../support/random.ts';

type Spent = Partial<Record<Cause, number>>;

/** In milliseconds. */
function reportOf(count: number, spentOf: (n: number) => Spent): RouteReport {
  const requests = new Requests();
  for (let n = 0; n < count; n++) {
    const spent = Object.entries(spentOf(n)).map(([cause, ms]) => [cause as Cause, ms * 1e6] as const);
    requests.add(
      spent.reduce((sum, [, ns]) => sum + ns, 0),
      new Map(spent),
    );
  }
  return routeReport('shop', 'GET /cart', requests);
}

/** One in ten waits 50 ms for a lock. */
const locked = (n: number): Spent => ({ cpu: 2 + (n % 7) / 100, mutex: n % 10 === 0 ? 50 : 0 });

describe('the report of a route', () => {
  it('says what its requests spend their time on, and what would be without a cause', () => {
    const { requests, ns, causes } = reportOf(1_000, locked);
    expect(requests).toBe(1_000);
    expect([ns.p50, ns.p99].map((value) => Math.round(value / 1e5) / 10)).toEqual([2, 52.1]);
    expect(causes.map(({ cause }) => cause)).toEqual(['mutex', 'cpu']);
    const [mutex, cpu] = causes;
    expect(mutex?.ns.p99).toBeCloseTo(50e6, -6);
    expect(mutex?.ns.p50).toBe(0);
    expect((mutex?.p99WithoutNs ?? 0) / 1e6).toBeCloseTo(2.06, 2);
    expect((cpu?.p99WithoutNs ?? 0) / 1e6).toBeCloseTo(50, 2);
  });

  it('puts more gain before less', () => {
    const large = reportOf(1_000, locked);
    const seldom = reportOf(10, locked);
    expect(gainOf(large)).toBeGreaterThan(gainOf(seldom));
    expect(gainOf(reportOf(0, locked))).toBe(0);
  });

  it('is told as a table', () => {
    expect(formatReport([reportOf(1_000, locked)])).toBe(`GET /cart  shop, 1,000 requests
  p50 2 ms, p95 52 ms, p99 52 ms (52 to 52 ms with 95 % confidence)
  cause  at p50  at p95  at p99  p99 without it, at best
  mutex  0 ms    50 ms   50 ms   2.1 ms (-96 %)
  cpu    2 ms    2 ms    2.1 ms  50 ms (-4 %)
`);
  });
});

describe('the difference of two reports', () => {
  const quick = reportOf(1_000, (n) => ({ cpu: 2 + (n % 10) / 100 }));
  const slow = reportOf(1_000, locked);

  it('says what has become slower, and by what', () => {
    const { change, causes } = routeDiff(quick, slow);
    expect(change).toBe('slower');
    expect(causes).toEqual([{ cause: 'mutex', ns: expect.closeTo(50e6, -6) }]);
    expect(routeDiff(slow, quick)).toMatchObject({ change: 'faster', causes: [{ cause: 'mutex' }] });
  });

  it('calls unclear what may be chance', () => {
    const random = new Random(5);
    const some = (): RouteReport => reportOf(60, () => ({ cpu: 5 + random.below(100) / 10 }));
    const changes = Array.from({ length: 100 }, () => routeDiff(some(), some()).change);
    expect(changes.filter((change) => change !== 'unclear').length).toBeLessThan(5);
    expect(
      routeDiff(
        reportOf(8, () => ({ cpu: 5 })),
        reportOf(8, locked),
      ).change,
    ).toBe('unclear');
  });

  it('says what only one of them has', () => {
    expect(routeDiff(undefined, quick).change).toBe('new');
    expect(routeDiff(quick, undefined).change).toBe('gone');
  });

  it('is told in lines', () => {
    expect(formatDiff([routeDiff(quick, slow), routeDiff(quick, quick), routeDiff(undefined, quick)])).toBe(
      `GET /cart  shop: slower
  before  p99 2.1 ms (2.1 to 2.1 ms), 1,000 requests
  after   p99 52 ms (52 to 52 ms), 1,000 requests
  +50 ms at p99 by mutex
GET /cart  shop: no change beyond what so few requests vary by
  before  p99 2.1 ms (2.1 to 2.1 ms), 1,000 requests
  after   p99 2.1 ms (2.1 to 2.1 ms), 1,000 requests
GET /cart  shop: only after
  after   p99 2.1 ms (2.1 to 2.1 ms), 1,000 requests
`,
    );
  });
});

describe('requests of a route', () => {
  it('are kept in an even part where there are many', () => {
    const requests = new Requests();
    for (let n = 0; n < 100_000; n++) requests.add(n, new Map());
    const durations = requests.sorted().map(({ durationNs }) => durationNs);
    expect(requests.count).toBe(100_000);
    expect(durations.length).toBeLessThan(20_000);
    for (const share of [0.1, 0.5, 0.99])
      expect(Math.abs(quantile(durations, share) / 1e5 - share)).toBeLessThan(0.01);
  });
});

describe('a quantile', () => {
  it('lies within its bounds in 19 of 20 samples', () => {
    const random = new Random(9);
    let within = 0;
    for (let round = 0; round < 400; round++) {
      const sample = Array.from({ length: 300 }, () => random.below(1e6)).sort((a, b) => a - b);
      const [low, high] = quantileBounds(sample, 0.9);
      if (low <= 900_000 && high !== null && 900_000 <= high) within++;
    }
    expect(within / 400).toBeGreaterThan(0.92);
  });

  it('may be any that is higher, where so few do not tell', () => {
    const ascending = Array.from({ length: 100 }, (_, n) => n);
    expect(quantileBounds(ascending, 0.99)).toEqual([97, null]);
    expect(quantileBounds(ascending, 0.5)).toEqual([40, 60]);
  });

  it('of nothing is 0', () => {
    expect(quantile([], 0.5)).toBe(0);
    expect(quantileBounds([], 0.5)).toEqual([0, null]);
  });
});
