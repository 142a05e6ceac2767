import { describe, expect, it } from 'vitest';
import { RouteTimes } from '../../src/verdict/route-times.ts';
import { Random } from '../support/random.ts';

function timesOf(count: number, durationNs: (n: number) => number): RouteTimes {
  const times = new RouteTimes();
  for (let n = 0; n < count; n++) times.add(durationNs(n));
  return times;
}

describe('what is usual for a route', () => {
  it('is not known of the first few requests', () => {
    expect(timesOf(49, () => 1e6).isSlow(1e9)).toBe(false);
    expect(timesOf(50, () => 1e6).isSlow(1e9)).toBe(true);
  });

  it('makes slow what is far from it', () => {
    const random = new Random(3);
    const times = timesOf(1_000, () => 8e6 + random.below(4e6));
    expect([9e6, 12e6, 18e6, 30e6].map((ns) => times.isSlow(ns))).toEqual([false, false, false, true]);
  });

  it('makes nothing slow that takes less than 5 ms', () => {
    expect(timesOf(1_000, () => 50_000).isSlow(4.9e6)).toBe(false);
    expect(timesOf(1_000, () => 50_000).isSlow(5.1e6)).toBe(true);
  });

  it('is not slow where one in ten is', () => {
    expect(timesOf(1_000, (n) => (n % 10 === 0 ? 60e6 : 6e6)).isSlow(55e6)).toBe(false);
  });

  it('changes with the requests', () => {
    const times = timesOf(5_000, () => 6e6);
    expect(times.isSlow(40e6)).toBe(true);
    for (let n = 0; n < 5_000; n++) times.add(40e6);
    expect(times.isSlow(40e6)).toBe(false);
  });

  it.each([0, 1, Number.MAX_SAFE_INTEGER])('takes a duration of %d ns', (ns) => {
    expect(timesOf(100, () => ns).isSlow(1)).toBe(false);
  });
});
