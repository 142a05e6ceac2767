import { expect, it } from 'vitest';
import { Clock } from '../../src/kernel/clock.ts';
import { describeKernel } from '../support/capabilities.ts';

/** The bound that the project requires; the goal is 100 ns. */
const ERROR_MAX_NS = 500;

const unixNanos = ([seconds, nanos]: [number, number]): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

describeKernel('the clock', () => {
  it('knows wall time from kernel time within 500 ns, by its own bound, in most measurements', () => {
    const clock = new Clock();
    const errors = Array.from({ length: 200 }, () => {
      clock.measure();
      return clock.errorNs;
    }).sort((a, b) => a - b);
    process.stdout.write(`clock error: median ${errors[100]} ns, worst ${errors[199]} ns\n`);
    // A busy host may interrupt all 64 reads of one measurement, but not of most.
    expect(errors[190]).toBeLessThanOrEqual(ERROR_MAX_NS);
  });

  it('gives offsets that agree with each other within their bounds and the drift', () => {
    const [a, b] = [new Clock(), new Clock()];
    const now = process.hrtime();
    const apart = unixNanos(a.toUnix(now)) - unixNanos(b.toUnix(now));
    // NTP may slew by 500 ppm; the measurements are far less than 100 ms apart.
    expect(Math.abs(Number(apart))).toBeLessThan(a.errorNs + b.errorNs + 50_000);
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
