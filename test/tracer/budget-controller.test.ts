import { describe, expect, it } from 'vitest';
import type { ProbeLevel } from '../../src/probes/hook.ts';
import { BudgetController } from '../../src/tracer/budget-controller.ts';

const BUDGET = 0.02;
/** What a hit that counts as work costs at each level, with all that comes with it: nanoseconds. */
const COSTS: Readonly<Record<ProbeLevel, number>> = {
  spans: 1_000,
  waits: 3_600,
  runtime: 4_000,
  cpu: 4_400,
};
const CAPACITY_NS = 2e9;

/** A program whose load varies, second by second, and the levels at which it was looked at. */
function simulate(
  controller: BudgetController,
  seconds: number,
  /** Hits a second. */
  loadAt: (second: number) => number,
  from = 0,
): { levels: ProbeLevel[]; changes: number[]; meanUsed: number } {
  const levels: ProbeLevel[] = [];
  const changes: number[] = [];
  let probeNs = 0;
  for (let second = from; second < from + seconds; second++) {
    const work = loadAt(second);
    const took = work * COSTS[controller.level];
    probeNs += took;
    const next = controller.take({ nowMs: second * 1_000, probeNs: took, capacityNs: CAPACITY_NS, work });
    if (next !== undefined) changes.push(second);
    levels.push(controller.level);
  }
  return { levels, changes, meanUsed: probeNs / (seconds * CAPACITY_NS) };
}

/** At `waits` 20,000 hits take 3.6 % of it, at `spans` 1 %. */
const BUSY = 20_000;
const QUIET = 2_000;

describe('a budget', () => {
  it('changes nothing while all fits', () => {
    const { levels, changes } = simulate(new BudgetController(BUDGET, 'runtime'), 100, () => QUIET);
    expect(changes).toEqual([]);
    expect(levels.at(-1)).toBe('runtime');
  });

  it('is kept over a minute of changing load, and all is looked at again afterwards', () => {
    const controller = new BudgetController(BUDGET, 'waits');
    const load = (second: number) => (second >= 20 && second < 40 ? BUSY : QUIET);
    const { levels, meanUsed } = simulate(controller, 60, load);
    expect(levels[19]).toBe('waits');
    expect(levels[21]).toBe('spans');
    expect(levels.slice(21, 40)).toEqual(Array(19).fill('spans'));
    expect(levels[50]).toBe('waits');
    expect(meanUsed).toBeLessThan(BUDGET * 1.1);
  });

  it('leaves out no more than it must', () => {
    const costs = { ...COSTS, runtime: 8_000 };
    const controller = new BudgetController(BUDGET, 'runtime');
    const sample = (second: number) => ({
      nowMs: second * 1_000,
      probeNs: 6_000 * costs[controller.level],
      capacityNs: CAPACITY_NS,
      work: 6_000,
    });
    const told = Array.from({ length: 60 }, (_, second) => controller.take(sample(second)));
    // By what levels usually cost `waits` would not fit either: that it does is found from below.
    expect(told.filter((level) => level !== undefined)).toEqual(['spans', 'waits']);
    expect(controller.level).toBe('waits');
  });

  it('waits for two samples above it, but not if one is far above', () => {
    const slightly = simulate(new BudgetController(BUDGET, 'waits'), 3, () => 12_000);
    expect(slightly.levels).toEqual(['waits', 'spans', 'spans']);
    const far = simulate(new BudgetController(BUDGET, 'waits'), 1, () => BUSY);
    expect(far.levels).toEqual(['spans']);
    const once = simulate(new BudgetController(BUDGET, 'waits'), 9, (second) =>
      second % 2 ? QUIET : 12_000,
    );
    expect(once.changes).toEqual([]);
  });

  it('raises no level that would have to go again', () => {
    const controller = new BudgetController(BUDGET, 'waits');
    simulate(controller, 10, () => BUSY);
    // At `waits` this would be 1.8 %, which leaves too little to spare.
    const { changes } = simulate(controller, 200, () => 10_000, 10);
    expect(changes).toEqual([]);
    expect(controller.level).toBe('spans');
  });

  it('tries less and less often what had to go soon after', () => {
    const controller = new BudgetController(BUDGET, 'waits');
    // Quiet for long enough to try, then busy as soon as it has.
    const { changes, meanUsed } = simulate(controller, 900, () =>
      controller.level === 'waits' ? BUSY : QUIET,
    );
    const pauses = changes.slice(1).map((second, index) => second - (changes[index] as number));
    expect(Math.max(...pauses.slice(0, 4))).toBeLessThan(30);
    expect(Math.max(...pauses)).toBeGreaterThan(200);
    expect(changes.length).toBeLessThan(16);
    expect(meanUsed).toBeLessThan(BUDGET);
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(3);
  });

  it('never goes below spans, and says that they take too much', () => {
    const controller = new BudgetController(BUDGET, 'waits');
    const { levels } = simulate(controller, 4, () => 100_000);
    expect(new Set(levels)).toEqual(new Set(['spans']));
    expect(controller.isExceeded).toBe(false);
    simulate(controller, 10, () => 100_000, 4);
    expect(controller.level).toBe('spans');
    expect(controller.isExceeded).toBe(true);
    expect(controller.used).toBeCloseTo(0.05);
  });

  it('is at the level that somebody asks for, and keeps it from there', () => {
    const controller = new BudgetController(BUDGET, 'waits');
    simulate(controller, 10, () => BUSY);
    controller.ask('runtime');
    expect(controller.level).toBe('runtime');
    expect(simulate(controller, 10, () => BUSY, 10).levels.at(-1)).toBe('spans');
    controller.ask('spans');
    expect(simulate(controller, 60, () => QUIET, 20).levels.at(-1)).toBe('spans');
  });

  it('goes on from the level that is, where the kernel has refused another', () => {
    const controller = new BudgetController(BUDGET, 'waits');
    expect(simulate(controller, 1, () => BUSY).levels).toEqual(['spans']);
    controller.refused('waits');
    expect(controller.level).toBe('waits');
    expect(simulate(controller, 5, () => BUSY, 4).levels.at(-1)).toBe('spans');
  });

  it('makes nothing of a time without targets', () => {
    const controller = new BudgetController(BUDGET, 'waits');
    expect(controller.take({ nowMs: 0, probeNs: 5, capacityNs: 0, work: 0 })).toBeUndefined();
    expect(controller.used).toBe(0);
  });
});
