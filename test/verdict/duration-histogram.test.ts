import { describe, expect, it } from 'vitest';
import { DurationHistogram } from '../../src/verdict/duration-histogram.ts';

function histogramOf(durations: readonly number[]): DurationHistogram {
  const histogram = new DurationHistogram();
  for (const ns of durations) histogram.add(ns);
  return histogram;
}

describe('a histogram of durations', () => {
  const even = histogramOf(Array.from({ length: 10_000 }, (_, n) => (n + 1) * 1e5));

  it.each([0.01, 0.5, 0.9, 0.99])('knows quantiles to within a few hundredths (%d)', (share) => {
    expect(even.quantile(share) / (share * 1e9)).toBeGreaterThan(0.97);
    expect(even.quantile(share) / (share * 1e9)).toBeLessThan(1.03);
    expect(even.quantileEnd(share)).toBeGreaterThanOrEqual(even.quantile(share));
    expect(even.quantileEnd(share)).toBeLessThan(1.1 * even.quantile(share));
  });

  it('counts those that took as long, whatever time that is', () => {
    expect(even.countFrom(9e8)).toBeGreaterThan(950);
    expect(even.countFrom(9e8)).toBeLessThan(1_050);
    expect(even.countFrom(0)).toBe(10_000);
    expect(even.countFrom(1e20)).toBe(0);
    expect(histogramOf([0, 1, 1e15]).countFrom(1)).toBe(3);
  });

  it('is added to another, scaled and emptied', () => {
    const sum = histogramOf([1e6, 2e6]);
    sum.addAll(even);
    sum.addAll(new DurationHistogram());
    expect(sum.count).toBe(10_002);
    sum.scale(0.5);
    expect(sum.count).toBe(5_001);
    expect(sum.countFrom(0)).toBeCloseTo(5_001, 0);
    sum.clear();
    expect([sum.count, sum.countFrom(0), sum.quantileEnd(0.5)]).toEqual([0, 0, expect.any(Number)]);
  });
});
