import { describe, expect, it } from 'vitest';
import { Clock, replaces } from '../../src/kernel/clock.ts';
import { describeKernel } from '../support/capabilities.ts';

/** The bound that the project requires; the goal is 100 ns. */
const ERROR_MAX_NS = 500;

const unixNanos = ([seconds, nanos]: [number, number]): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

describeKernel('the clock', () => {
  it('knows wall time from kernel time within 500 ns, by its own bound, in most measurements', () => {
    const errors = Array.from({ length: 200 }, () => new Clock().errorNs).sort((a, b) => a - b);
    process.stdout.write(`clock error: median ${errors[100]} ns, worst ${errors[199]} ns\n`);
    // A busy host may interrupt all 64 reads of one measurement, but not of most.
    expect(errors[190]).toBeLessThanOrEqual(ERROR_MAX_NS);
  });

  it('keeps its offset while the clocks are not set: one time in the kernel is one time in all spans', () => {
    const clock = new Clock();
    const changes = Array.from({ length: 2_000 }, () => clock.measure()).filter((changed) => changed);
    expect(changes.length).toBeLessThanOrEqual(1);
  });

  it('gives offsets that agree with each other within their bounds', () => {
    const [a, b] = [new Clock(), new Clock()];
    const now = process.hrtime();
    const apart = unixNanos(a.toUnix(now)) - unixNanos(b.toUnix(now));
    expect(Math.abs(Number(apart))).toBeLessThanOrEqual(a.errorNs + b.errorNs);
  });

  it('agrees with what the system calls the time', () => {
    const clock = new Clock();
    const before = Date.now();
    const unix = clock.toUnix(process.hrtime());
    const after = Date.now();
    const ms = Number(unixNanos(unix) / 1_000_000n);
    expect(ms).toBeGreaterThanOrEqual(before - 1);
    expect(ms).toBeLessThanOrEqual(after + 1);
  });

  it('gives whole nanoseconds below a second', () => {
    const clock = new Clock();
    for (const nanos of [0, 1, 999_999_999]) {
      const [seconds, rest] = clock.toUnix([5, nanos]);
      expect(Number.isInteger(seconds) && Number.isInteger(rest) && rest >= 0 && rest < 1e9).toBe(true);
    }
  });
});

describe('a measured offset', () => {
  const kept = { offsetNs: 1_000_000n, errorNs: 100n };
  it.each([
    ['that agrees', 1_000_140n, 50n, false],
    ['that agrees on the other side', 999_860n, 50n, false],
    ['that cannot be the same', 1_000_151n, 50n, true],
    ['that cannot be the same on the other side', 999_849n, 50n, true],
    ['that is measured badly', 1_500_000n, 600_000n, false],
    ['that is measured far better', 1_000_010n, 20n, true],
  ])('%s replaces the one before: %s ± %s ns: %s', (_, offsetNs, errorNs, does) => {
    expect(replaces({ offsetNs, errorNs }, kept)).toBe(does);
  });
});
