import { describe, expect, it } from 'vitest';
import { ProbeTime } from '../../src/tracer/probe-time.ts';

const probes = new Set(['goroutine_park', 'http_server_start']);
const trapNs = () => 680;

describe('the time of probes', () => {
  it('is that of their traps and of their programs, as the windows saw them', () => {
    const time = new ProbeTime();
    const before = { goroutine_park: { runs: 100, runTimeNs: 10_000 } };
    const after = {
      goroutine_park: { runs: 100_100, runTimeNs: 30_010_000 },
      http_server_start: { runs: 0, runTimeNs: 0 },
    };
    time.takeWindow(before, after, probes, 100);
    expect(time.isMeasured).toBe(true);
    const ns = time.timeNs({ goroutine_park: 1_000 }, 1_000, trapNs);
    expect(ns / 1_000).toBeCloseTo(680 + 300, -1);
    // Nothing ran in this one.
    time.takeWindow({}, {}, probes, 100);
    expect(time.timeNs({ goroutine_park: 1_000 }, 1_000, trapNs)).toBe(ns);
  });

  it('follows what programs come to take, and not single ones that were kept from their processor', () => {
    const time = new ProbeTime();
    const windowOf = (runs: number, runTimeNs: number) =>
      time.takeWindow({}, { goroutine_park: { runs, runTimeNs } }, probes, 100);
    const meanNs = () => time.timeNs({ goroutine_park: 1_000 }, 1_000, () => 0) / 1_000;
    windowOf(20, 4_009_000);
    expect(meanNs()).toBeLessThan(1_000);
    for (let window = 0; window < 5; window++) windowOf(10_000, 12_000_000);
    expect(meanNs()).toBeCloseTo(1_200, -2);
  });

  it('has what no probe counts, by how often that ran in the window', () => {
    const time = new ProbeTime();
    const before = { thread_switch: { runs: 0, runTimeNs: 0 } };
    time.takeWindow(before, { thread_switch: { runs: 50, runTimeNs: 6_000 } }, probes, 100);
    expect(time.timeNs({}, 1_000, trapNs)).toBe(60_000);
    expect(time.timeNs({}, 2_000, trapNs)).toBe(120_000);
  });

  it('is estimated where the kernel measures nothing', () => {
    const time = new ProbeTime();
    expect(time.isMeasured).toBe(false);
    expect(time.timeNs({ http_server_start: 10, goroutine_park: 0 }, 1_000, trapNs)).toBe(10 * (680 + 450));
  });
});
