import { describe, expect, it } from 'vitest';
import { GcWindows } from '../../src/stage/gc-windows.ts';
import type { Ktime } from '../../src/wire/batch.ts';
import { makeStopRecord, stopReasons } from '../correlate/record.ts';

const { begins, ends, readMemStats, unknown } = stopReasons;
const MIN_MS = 1;
const ktimeOf = (ms: number): Ktime => [100 + Math.floor(ms / 1e3), Math.round((ms % 1e3) * 1e6)];
const msOf = ([seconds, nanos]: Ktime): number => (seconds - 100) * 1e3 + nanos / 1e6;

/** Stops of the world, from and to in milliseconds. */
function windowsOf(...stops: readonly (readonly [reason: number, from: number, to: number])[]) {
  const windows = new GcWindows(MIN_MS * 1e6);
  for (const [reason, from, to] of stops) {
    windows.add(makeStopRecord({ reason, startKtimeNs: ktimeOf(from), endKtimeNs: ktimeOf(to) }));
  }
  /** As `kind from to`, with the reason if there is one. */
  return (from: number, to: number): string[] =>
    windows
      .over(ktimeOf(from), ktimeOf(to))
      .map(({ start, end, body }) =>
        [
          body.window,
          msOf(start),
          msOf(end),
          ...('reason' in body && body.reason !== undefined ? [body.reason] : []),
        ].join(' '),
      );
}

describe('what happened to a program', () => {
  it('is laid over a span as far as it lies in it', () => {
    const over = windowsOf([readMemStats, 10, 15], [readMemStats, 20, 25], [readMemStats, 30, 35]);
    expect(over(0, 100)).toEqual([
      'gc.stw 10 15 read mem stats',
      'gc.stw 20 25 read mem stats',
      'gc.stw 30 35 read mem stats',
    ]);
    expect(over(12, 32)).toEqual([
      'gc.stw 12 15 read mem stats',
      'gc.stw 20 25 read mem stats',
      'gc.stw 30 32 read mem stats',
    ]);
    expect(over(21, 24)).toEqual(['gc.stw 21 24 read mem stats']);
    expect(over(15, 20)).toEqual([]);
    expect(over(36, 99)).toEqual([]);
  });

  it('is told where it lasts long enough, also of what lies in the span', () => {
    const over = windowsOf([readMemStats, 10, 10.999_999], [readMemStats, 20, 21], [readMemStats, 30, 40]);
    expect(over(0, 30.999_999)).toEqual(['gc.stw 20 21 read mem stats']);
    expect(over(0, 31)).toEqual(['gc.stw 20 21 read mem stats', 'gc.stw 30 31 read mem stats']);
    expect(over(35, 35.5)).toEqual([]);
  });

  it('has no reason where the runtime says none', () => {
    expect(windowsOf([unknown, 1, 3], [99, 4, 6])(0, 10)).toEqual(['gc.stw 1 3', 'gc.stw 4 6']);
  });

  it('is a cycle from the stop in which the collector begins to that in which it has marked all', () => {
    const over = windowsOf([begins, 10, 10.1], [readMemStats, 12, 12.5], [ends, 20, 20.1]);
    expect(over(0, 100)).toEqual(['gc.cycle 10 20.1']);
    expect(over(15, 17)).toEqual(['gc.cycle 15 17']);
  });

  it('is told in the order in which it began, the cycle before its stops', () => {
    const over = windowsOf([readMemStats, 1, 3], [begins, 10, 12], [ends, 20, 22], [begins, 40, 42]);
    expect(over(0, 50)).toEqual([
      'gc.stw 1 3 read mem stats',
      'gc.cycle 10 22',
      'gc.stw 10 12 GC sweep termination',
      'gc.stw 20 22 GC mark termination',
      'gc.cycle 40 50',
      'gc.stw 40 42 GC sweep termination',
    ]);
  });

  it('is a cycle also while that is under way, but not for ever', () => {
    const over = windowsOf([begins, 10, 10.1]);
    expect(over(5, 13)).toEqual(['gc.cycle 10 13']);
    expect(over(5, 9)).toEqual([]);
    expect(over(9_000, 10_010)).toEqual(['gc.cycle 9000 10010']);
    expect(over(9_000, 10_011)).toEqual([]);
  });

  it('is no cycle where one end of it is missing', () => {
    expect(windowsOf([ends, 10, 10.1])(0, 20)).toEqual([]);
    const twice = windowsOf([begins, 10, 10.1], [begins, 50, 50.1], [ends, 60, 60.1]);
    expect(twice(0, 100)).toEqual(['gc.cycle 50 60.1']);
    const late = windowsOf([begins, 10, 10.1], [ends, 20_000, 20_000.1]);
    expect(late(0, 30_000)).toEqual([]);
  });

  it('ends with the first of two stops in which all might have been marked', () => {
    const over = windowsOf([begins, 10, 10.1], [ends, 20, 20.1], [ends, 22, 22.1]);
    expect(over(0, 100)).toEqual(['gc.cycle 10 20.1']);
  });

  it('is remembered for the last 256 of each kind', () => {
    const stops = Array.from({ length: 400 }, (_, n) => [readMemStats, 10 * n, 10 * n + 2] as const);
    const over = windowsOf([begins, 0, 0.1], [ends, 2, 2.1], ...stops);
    const told = over(0, 10_000);
    expect(told.filter((window) => window.startsWith('gc.stw'))).toHaveLength(256);
    expect(told[0]).toBe('gc.cycle 0 2.1');
    expect(told.at(-1)).toBe('gc.stw 3990 3992 read mem stats');
  });
});
