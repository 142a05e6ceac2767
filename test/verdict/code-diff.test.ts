import { describe, expect, it } from 'vitest';
import { formatDiff } from '../../src/cli/report-text.ts';
import { codeDiff } from '../../src/verdict/code-diff.ts';
import { normalBound } from '../../src/verdict/normal-bound.ts';
import { Requests } from '../../src/verdict/requests.ts';
import { type CodeHit, RouteCode } from '../../src/verdict/route-code.ts';
import { routeDiff } from '../../src/verdict/route-diff.ts';
import { routeReport } from '../../src/verdict/route-report.ts';
import { Random } from '../support/random.ts';

const PERIOD_NS = 10e6;

const hit = (use: CodeHit['use'], name: string, ns = PERIOD_NS, line = 7): CodeHit => ({
  use,
  frame: { function: name, file: '/src/shop.go', line, isInlined: false },
  ns,
});

function codeOf(requests: number, hitsOf: (n: number) => readonly CodeHit[]): RouteCode {
  const code = new RouteCode();
  for (let n = 0; n < requests; n++) code.add(hitsOf(n));
  return code;
}

/** As many samples as chance makes of so much time. */
function samples(random: Random, name: string, meanHits: number): CodeHit[] {
  return Array.from({ length: 20 }).flatMap(() =>
    random.below(1e6) < (meanHits / 20) * 1e6 ? [hit('cpu', name)] : [],
  );
}

describe('the difference of the code of two recordings', () => {
  it('names the functions in which requests spend more or less, with the bound that samples allow', () => {
    const random = new Random(3);
    const before = codeOf(400, () => [...samples(random, 'main.price', 1), hit('wait', 'main.fetch', 30e6)]);
    const after = codeOf(400, () => [...samples(random, 'main.price', 2), hit('wait', 'main.fetch', 5e6, 9)]);
    const [fetch, price, ...others] = codeDiff(before, after);
    expect(others).toEqual([]);
    expect(fetch).toMatchObject({ use: 'wait', function: 'main.fetch', line: 7, ns: -25e6 });
    expect(fetch?.before).toEqual({ ns: 30e6, hits: 400 });
    expect(price).toMatchObject({ use: 'cpu', function: 'main.price', file: '/src/shop.go' });
    expect(Math.abs((price?.ns ?? 0) - PERIOD_NS)).toBeLessThan(price?.boundNs ?? 0);
    // Of counts of 400 and 800, nearly: their square roots, and surer since there are two.
    const poisson = (normalBound(0.975) * Math.sqrt(1_200) * PERIOD_NS) / 400;
    expect((price?.boundNs ?? 0) / poisson).toBeGreaterThan(0.85);
    expect((price?.boundNs ?? 0) / poisson).toBeLessThan(1.1);
  });

  it('names none of chance, however many functions there are and however uneven requests are', () => {
    const random = new Random(4);
    const names = Array.from({ length: 20 }, (_, n) => `main.f${n}`);
    const some = (): RouteCode =>
      codeOf(200, () => names.flatMap((name) => (random.below(10) === 0 ? samples(random, name, 10) : [])));
    const named = Array.from({ length: 40 }, () => codeDiff(some(), some()).length);
    expect(named.filter((count) => count > 0).length).toBeLessThan(6);
  });

  it('names what appears and what is gone, if there is enough of it', () => {
    const few = (count: number) => (n: number) => (n < count ? [hit('cpu', 'main.new')] : []);
    const none = codeOf(100, () => []);
    expect(codeDiff(none, codeOf(100, few(5)))).toEqual([]);
    expect(codeDiff(none, codeOf(100, few(20)))).toMatchObject([
      { function: 'main.new', before: { ns: 0, hits: 0 }, after: { ns: 2e6, hits: 20 }, ns: 2e6 },
    ]);
    expect(codeDiff(codeOf(100, few(20)), none)).toMatchObject([{ function: 'main.new', ns: -2e6 }]);
  });

  it('says nothing of few requests, and of what is sure but little', () => {
    const waits = (ns: number) => () => [hit('wait', 'main.fetch', ns)];
    expect(codeDiff(codeOf(20, waits(1e6)), codeOf(400, waits(9e6)))).toEqual([]);
    expect(codeDiff(codeOf(4_000, waits(20e6)), codeOf(4_000, waits(20.2e6)))).toEqual([]);
    expect(codeDiff(new RouteCode(), new RouteCode())).toEqual([]);
  });

  it('takes the lines of a function together, and names that of most', () => {
    const at = (line: number) => hit('wait', 'main.fetch', 4e6, line);
    const before = codeOf(100, () => [at(7)]);
    expect(
      codeDiff(
        before,
        codeOf(100, () => [at(8)]),
      ),
    ).toEqual([]);
    expect(
      codeDiff(
        before,
        codeOf(100, (n) => [at(8), at(n % 3 === 0 ? 8 : 9)]),
      ),
    ).toMatchObject([{ line: 8, ns: 4e6 }]);
  });

  it('names ten at most, the largest change first', () => {
    const all = codeOf(100, () =>
      Array.from({ length: 12 }, (_, n) => hit('wait', `main.f${n}`, (20 + n) * 1e6)),
    );
    const named = codeDiff(
      codeOf(100, () => []),
      all,
    ).map(({ function: name }) => name);
    expect(named).toEqual(Array.from({ length: 10 }, (_, n) => `main.f${11 - n}`));
  });

  it('is told in lines', () => {
    const report = routeReport('shop', 'GET /cart', new Requests());
    const code = codeDiff(
      codeOf(100, () => [hit('wait', 'example.com/shop/main.fetch', 30e6)]),
      codeOf(100, () => [hit('cpu', 'main.price')]),
    );
    const diff = routeDiff(report, report);
    const lines = formatDiff([{ ...diff, code }, { ...diff, code: [] }, diff]).split('\n');
    expect(lines.filter((line) => !/GET|before|after/.test(line))).toEqual([
      '  of a request, on average, with 95 % confidence for all lines together:',
      '  -30 ms ± 0.95 ms  30 ms → 0 ms  waiting         main.fetch (shop.go:7)',
      '  +10 ms ± 0.32 ms  0 ms → 10 ms  on a processor  main.price (shop.go:7)',
      '  no function with a change beyond what so few samples and waits vary by',
      '',
    ]);
  });
});

describe('a bound of an average', () => {
  it.each([
    [0.95, 1.96],
    [0.99, 2.576],
    [0.999, 3.291],
  ])('that is sure to %f is %f standard deviations', (confidence, deviations) => {
    expect(normalBound(confidence)).toBeCloseTo(deviations, 2);
  });
});
