import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProbeLevel } from '../../src/probes/hook.ts';
import type { Raise } from '../../src/probes/raise.ts';
import type { TracerEvent } from '../../src/tracer/api.ts';
import { BudgetController } from '../../src/tracer/budget-controller.ts';
import type { BudgetStats } from '../../src/tracer/budget-stats.ts';
import { Levels } from '../../src/tracer/levels.ts';

const target = { targetId: 1, pid: 42, exe: '/srv/shop', serviceName: 'shop' };
const slow = { targetId: 1, route: 'GET /report', p99Ns: 210e6, usualP99Ns: 60e6 };
const SHARE = 0.02;

interface World {
  readonly levels: Levels;
  /** That of the one target. */
  readonly at: ProbeLevel[];
  readonly events: TracerEvent[];
  /** What spans say from then on. */
  readonly said: (ProbeLevel | undefined)[];
  /** The budget takes a sample: so much was used. */
  readonly use: (share: number) => Promise<void>;
  refusal: Error | undefined;
}

function worldOf({
  asked = 'spans',
  raise = 'cpu',
  hasBudget = false,
}: {
  asked?: ProbeLevel;
  raise?: Raise;
  hasBudget?: boolean;
}): World {
  const controller = new BudgetController(SHARE, asked);
  let change: (level: ProbeLevel) => Promise<void> = async () => {};
  const world: World = {
    at: [asked],
    events: [],
    said: [],
    refusal: undefined,
    use: async (share) => {
      const sample = { nowMs: performance.now(), probeNs: share * 1e9, capacityNs: 1e9, work: 1_000 };
      const next = controller.take(sample);
      if (next !== undefined) await change(next);
    },
    levels: new Levels({
      asked,
      loaded: 'cpu',
      raise,
      targets: () => [
        {
          setLevel: async (level: ProbeLevel) => {
            if (world.refusal) throw world.refusal;
            if (level !== world.at.at(-1)) world.at.push(level);
          },
        },
      ],
      observe: () => world.said.push(world.levels.notAsked),
      openBudget: (by) => {
        change = by;
        if (!hasBudget) return undefined;
        return {
          ask: (level, now) => controller.ask(level, now),
          close: async () => {},
          stats: {} as BudgetStats,
        };
      },
      hold: (work) => work,
      tell: (event) => world.events.push(event),
    }),
  };
  return world;
}

describe('levels', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('rise for a minute when a route is slow, which is told, and are as before then', async () => {
    const world = worldOf({});
    await world.levels.onSlowRoute(slow, target);
    expect(world.at).toEqual(['spans', 'cpu']);
    expect(world.said.at(-1)).toBe('cpu');
    expect(world.events).toEqual([
      {
        kind: 'raised',
        target,
        route: 'GET /report',
        p99Millis: 210,
        usualMillis: 60,
        level: 'cpu',
        seconds: 60,
      },
    ]);
    await vi.advanceTimersByTimeAsync(58_000);
    expect(world.levels.current).toBe('cpu');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(world.at).toEqual(['spans', 'cpu', 'spans']);
    expect(world.said.at(-1)).toBeUndefined();
    expect(world.events.slice(1)).toEqual([{ kind: 'raise_ended', level: 'spans' }]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(world.events).toHaveLength(2);
  });

  it('rise no longer and not at once again while it stays slow', async () => {
    const world = worldOf({});
    for (let second = 0; second < 360; second += 2) {
      await world.levels.onSlowRoute(slow, target);
      await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(world.at).toEqual(['spans', 'cpu', 'spans']);
    await vi.advanceTimersByTimeAsync(5_000);
    await world.levels.onSlowRoute(slow, target);
    expect(world.at).toEqual(['spans', 'cpu', 'spans', 'cpu']);
    await world.levels.close();
  });

  it.each([
    ['where none is wanted', { raise: 'none' }],
    ['where they are as deep', { asked: 'cpu' }],
    ['where they are deeper', { asked: 'cpu', raise: 'waits' }],
  ] as const)('do not rise %s', async (_, options) => {
    const world = worldOf(options);
    await world.levels.onSlowRoute(slow, target);
    expect(world.at).toHaveLength(1);
    expect(world.events).toEqual([]);
  });

  it('are lowered by the budget while they are raised, and are no deeper than that afterwards', async () => {
    const world = worldOf({ asked: 'waits', hasBudget: true });
    await vi.advanceTimersByTimeAsync(10_000);
    await world.levels.onSlowRoute(slow, target);
    expect(world.levels.current).toBe('cpu');
    await world.use(0.1);
    expect(world.at).toEqual(['waits', 'cpu', 'spans']);
    expect(world.said.at(-1)).toBe('spans');
    await vi.advanceTimersByTimeAsync(61_000);
    expect(world.levels.current).toBe('spans');
    expect(world.events.at(-1)).toEqual({ kind: 'raise_ended', level: 'spans' });
    // And as deep as was asked for when that fits, not as deep as they were raised.
    for (let second = 0; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      await world.use(0.0001);
    }
    expect(world.at).toEqual(['waits', 'cpu', 'spans', 'waits']);
  });

  it('do not rise while what was asked for does not fit into the budget', async () => {
    const world = worldOf({ asked: 'waits', hasBudget: true });
    await world.use(0.1);
    expect(world.levels.current).toBe('spans');
    await world.levels.onSlowRoute(slow, target);
    expect(world.at).toEqual(['waits', 'spans']);
  });

  it('are what somebody asks for, whatever is slow', async () => {
    const world = worldOf({ hasBudget: true });
    await world.levels.onSlowRoute(slow, target);
    await world.levels.ask('waits');
    expect(world.at).toEqual(['spans', 'cpu', 'waits']);
    expect(world.levels.notAsked).toBeUndefined();
    await world.levels.onSlowRoute(slow, target);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(world.at).toEqual(['spans', 'cpu', 'waits']);
    expect(world.events.map(({ kind }) => kind)).toEqual(['raised']);
  });

  it('stay where the kernel refuses others: that is told once, and not tried again at once', async () => {
    const world = worldOf({ hasBudget: true });
    world.refusal = new Error('cannot attach: no');
    await world.levels.onSlowRoute(slow, target);
    expect(world.levels.current).toBe('spans');
    expect(world.events[0]).toEqual({ kind: 'warning', message: 'cannot attach: no' });
    const told = world.events.length;
    world.refusal = undefined;
    await world.levels.onSlowRoute(slow, target);
    expect(world.at).toEqual(['spans']);
    expect(world.events).toHaveLength(told);
    world.refusal = new Error('cannot attach: no');
    await expect(world.levels.ask('waits')).rejects.toBe(world.refusal);
    expect([world.levels.current, world.levels.notAsked]).toEqual(['spans', undefined]);
  });

  it('are refused where they were not loaded', async () => {
    await expect(worldOf({}).levels.ask('deep' as ProbeLevel)).rejects.toThrow(
      new RangeError('level must be within cpu, which was loaded, not deep'),
    );
  });
});
