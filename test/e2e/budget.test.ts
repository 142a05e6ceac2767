/** A budget of probe time under a load that changes: the level falls and comes back, no span is lost, and the budget is kept. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { COST_BY_CLASS } from '../../src/probes/hit-cost.ts';
import type { TracerEvent } from '../../src/tracer/api.ts';
import { describeLive } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 200_000;
/** Others may want the processors. */
const retry = 1;
/** Of the processors: less than level `waits` takes under load, and more than level `spans`. */
const budget = 0.006;
const second = 1_000;

describeLive('a budget of probe time', () => {
  it('is kept over a minute of changing load', { timeout, retry }, async (context) => {
    const waits = await WaitsServer.during(context, waitsBuild('local-plain'), { name: '', faults: [] });
    const levels: string[] = [];
    const traced = await waits.traceDuring(context, {
      level: 'waits',
      budget,
      onEvent: (event: TracerEvent) => {
        if (event.kind === 'level') levels.push(event.budget.level);
      },
    });
    const stats = () => traced.tracer.currentStats();
    // From the kernel itself, all the time and not in windows.
    const witness = new RunTimes();
    context.onTestFinished(() => witness.close());
    const beganAt = performance.now();
    const hitsBefore = stats().hits.total;
    const runBefore = witness.read();
    const quiet = (forMs: number) => load(waits, 1, 20, forMs);
    let asked = await quiet(20 * second);
    expect(levels).toEqual([]);
    asked += await load(waits, 8, 0, 20 * second);
    expect(levels).toEqual(['spans']);
    expect(stats().budget).toMatchObject({ level: 'spans', asked: 'waits', limit: budget, isMeasured: true });
    asked += await quiet(20 * second);
    const lastedNs = (performance.now() - beganAt) * 1e6;
    const { hits } = stats();
    const trapNs = (COST_BY_CLASS.emulated.min + COST_BY_CLASS.emulated.max) / 2;
    const probeNs = witness.read() - runBefore + (hits.total - hitsBefore) * trapNs;
    const used = probeNs / (2 * lastedNs);
    const figure = `${asked} requests, probes took ${(used * 100).toFixed(3)} % of a budget of ${budget * 100} %`;
    await context.annotate(figure);
    expect(used, figure).toBeLessThanOrEqual(1.1 * budget);
    await eventually('level waits again', 40 * second, () => levels.at(-1) === 'waits' || undefined);
    expect(levels).toEqual(['spans', 'waits']);
    asked += await quiet(second);
    const { lost } = await traced.stop();
    expect(lost).toMatchObject({ total: 0 });
    // Their waits are spans of their own.
    const requests = traced.spans.filter(({ name }) => name.startsWith('GET'));
    expect(requests).toHaveLength(asked);
    // Each says how its time went, or that it was not looked at so deep; but for those that were open at a change.
    const bare = requests.filter(
      ({ attributes }) => !('goidspan.breakdown' in attributes) && !('goidspan.level' in attributes),
    );
    const less = requests.filter(({ attributes }) => attributes['goidspan.level'] === 'spans');
    expect(less.length).toBeGreaterThan(1_000);
    expect(less.filter(({ attributes }) => 'goidspan.breakdown' in attributes)).toEqual([]);
    expect(bare.length).toBeLessThan(0.02 * asked + 100);
  });
});

/** Asks so many at a time, each with a pause; returns how often. */
async function load(waits: WaitsServer, atOnce: number, pauseMs: number, forMs: number): Promise<number> {
  const end = performance.now() + forMs;
  let asked = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      asked++;
      await waits.server.get('/cpu?ms=1');
      if (pauseMs > 0) await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return asked;
}

/** Whether the kernel measures BPF programs for all. */
const STATISTICS = '/proc/sys/kernel/bpf_stats_enabled';

/** Time that BPF programs of this process have run, as `/proc/self/fdinfo` has it of each. */
class RunTimes {
  readonly #before = readText(STATISTICS);

  constructor() {
    writeFileSync(STATISTICS, '1');
  }

  close(): void {
    writeFileSync(STATISTICS, this.#before);
  }

  read(): number {
    const byProgram = new Map<string, number>();
    for (const fd of readdirSync('/proc/self/fdinfo')) {
      const text = readText(`/proc/self/fdinfo/${fd}`);
      const id = /^prog_id:\t(\d+)$/m.exec(text)?.[1];
      const ns = /^run_time_ns:\t(\d+)$/m.exec(text)?.[1];
      if (id !== undefined && ns !== undefined) byProgram.set(id, Number(ns));
    }
    return [...byProgram.values()].reduce((sum, ns) => sum + ns, 0);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
