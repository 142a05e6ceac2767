import { afterEach, expect, it, vi } from 'vitest';
import { BackOff } from '../../src/otlp-client/back-off.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Jitter in the middle of its range. */
function withoutJitter(): BackOff {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  return new BackOff(300_000);
}

it('doubles the pause from 250 ms to 5 s, and begins anew after an answer', () => {
  const backOff = withoutJitter();
  const pauses = Array.from({ length: 7 }, () => {
    backOff.failed(1_000);
    return Math.round(backOff.readyAt('none') - 1_000);
  });
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  expect(backOff.isAway).toBe(true);
  backOff.answered();
  expect(backOff.isAway).toBe(false);
  backOff.failed(0);
  expect(backOff.readyAt('none')).toBeCloseTo(250);
});

it('spreads the pauses by a fifth to both sides', () => {
  const backOff = new BackOff(0);
  const pauses = Array.from({ length: 1_000 }, () => {
    backOff.answered();
    backOff.failed(0);
    return backOff.readyAt('none');
  });
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(200);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(300);
  expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(80);
});

it('tries every half second while somebody waits', () => {
  const backOff = withoutJitter();
  for (let failures = 0; failures < 2_000; failures++) backOff.failed(0);
  expect(backOff.readyAt('none')).toBeCloseTo(5_000);
  expect(backOff.readyAt('flush')).toBe(500);
  expect(backOff.readyAt('shutdown')).toBe(500);
});

it('waits as long as the collector asks, but at a shutdown, and never longer than its bound', () => {
  const backOff = withoutJitter();
  backOff.failed(0, 60_000);
  expect(backOff.readyAt('none')).toBe(60_000);
  expect(backOff.readyAt('flush')).toBe(60_000);
  expect(backOff.readyAt('shutdown')).toBeCloseTo(250);
  backOff.asked(1_000, 10_000);
  expect(backOff.readyAt('none')).toBe(60_000);
  backOff.asked(1_000, Infinity);
  expect(backOff.readyAt('none')).toBe(301_000);
});

it.each([-1, Number.NaN, 0, undefined])('takes a wish of %s ms for none', (askedMs) => {
  const backOff = withoutJitter();
  backOff.failed(0, askedMs);
  expect(backOff.readyAt('none')).toBeCloseTo(250);
});
