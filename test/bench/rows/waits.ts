/** What it costs to know where the time goes: levels `waits` and `runtime`. */
import { readdirSync, readFileSync } from 'node:fs';
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { start } from '../cores.ts';
import { EmptyProbes, findEmptySites } from '../empty-probes.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { generate, saturate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf, type Spread, spreadOf } from '../statistics.ts';
import { alternate, bare, medianOf, traced, tracedOf, valuesOf, type Window } from '../windows.ts';
import { absoluteOf, cpuRatioOf, cpuText } from './saturated.ts';

const row = 'waits';
/** Of one window at saturation: what the ring buffer takes while the agent is held. */
const SECONDS = 1;
const RATE = 2_000;
const SWITCHES = 200_000;

export async function waits(bench: Bench): Promise<Figure[]> {
  const service = await Service.start(bench.target);
  try {
    return [
      ...(await saturatedAt(bench, service)),
      ...(await working(bench, service)),
      ...(await atRate(bench, service)),
      ...(await switching(bench, service)),
      await kernelMemory(service),
    ];
  } finally {
    await service.stop();
  }
}

async function saturatedAt(
  { rounds, warmUp, target, emptyObject, exporting: env }: Bench,
  { pid, url }: Service,
): Promise<Figure[]> {
  const empty = new EmptyProbes(emptyObject);
  try {
    const windows = await alternate(
      {
        bare,
        floor: empty.at(findEmptySites(target, 'waits').ours, target, pid),
        held: traced(pid, { env, held: true, level: 'waits' }),
        spans: traced(pid, { env, warmUp }),
        waits: traced(pid, { env, warmUp, level: 'waits' }),
      },
      { rounds, pid, load: () => saturate(`${url}/`, SECONDS) },
    );
    const perSecond = (name: keyof typeof windows) => valuesOf(windows[name], 'perSecond');
    const agentUs = (name: 'spans' | 'waits') =>
      tracedOf(windows[name], ({ agentCpuUsPerRequest }) => agentCpuUsPerRequest);
    return [
      figureOf(
        { row, what: 'level waits: hits per plain request', goal: { atMost: 9 } },
        tracedOf(windows.waits, ({ summary }) => summary.hits.total / summary.spans.ended),
      ),
      figureOf(
        {
          row,
          what: '… trivial handler, agent held ÷ empty programs at the same places',
          goal: { atLeast: 0.93 },
          detail: `bare ${absoluteOf(windows.bare)}; empty ${absoluteOf(windows.floor)}; held ${absoluteOf(windows.held)}`,
        },
        ratioOf(perSecond('held'), perSecond('floor')),
      ),
      figureOf({ row, what: cpuText }, cpuRatioOf(windows.floor, windows.held)),
      figureOf(
        {
          row,
          what: '… requests/s, level waits ÷ level spans',
          detail: `${absoluteOf(windows.waits)}; spans ${absoluteOf(windows.spans)}`,
        },
        ratioOf(perSecond('waits'), perSecond('spans')),
      ),
      figureOf(
        {
          row,
          what: '… agent CPU per span, waits ÷ spans',
          goal: { atMost: 1.3 },
          detail: `${numberText(agentUs('waits').median)} and ${numberText(agentUs('spans').median)} µs`,
        },
        agentRatioOf(windows.waits, windows.spans),
      ),
    ];
  } finally {
    empty.close();
  }
}

function agentRatioOf(above: readonly Window[], below: readonly Window[]): Spread {
  const values = (windows: readonly Window[]) =>
    windows.map((window) => window.traced?.agentCpuUsPerRequest ?? Number.NaN);
  return ratioOf(values(above), values(below));
}

async function working({ rounds, seconds, exporting: env }: Bench, { pid, url }: Service): Promise<Figure[]> {
  const windows = await alternate(
    { bare, traced: traced(pid, { env, level: 'runtime' }) },
    { rounds, pid, load: () => saturate(`${url}/cpu`, seconds) },
  );
  const detail = `bare ${absoluteOf(windows.bare)}; traced ${absoluteOf(windows.traced)}`;
  return [
    figureOf(
      {
        row,
        what: 'level runtime: handler of 200 µs CPU: requests/s kept',
        goal: { atLeast: 0.95 },
        detail,
      },
      ratioOf(valuesOf(windows.traced, 'perSecond'), valuesOf(windows.bare, 'perSecond')),
    ),
    figureOf({ row, what: cpuText }, cpuRatioOf(windows.bare, windows.traced)),
  ];
}

async function atRate(
  { rounds, seconds, warmUp, generator, exporting: env }: Bench,
  { pid, url }: Service,
): Promise<Figure[]> {
  const options = { env, core: 'any', warmUp } as const;
  const windows = await alternate(
    { spans: traced(pid, options), all: traced(pid, { ...options, level: 'runtime' }) },
    {
      rounds,
      pid,
      load: () => generate(generator, [`${url}/`], { rate: RATE, seconds, connections: 64 }),
    },
  );
  return (['p50', 'p99'] as const).map((key) =>
    figureOf(
      {
        row,
        what: `${numberText(RATE)} requests/s: ${key}, level runtime ÷ level spans`,
        detail: `${numberText(medianOf(windows.all, key))} and ${numberText(medianOf(windows.spans, key))} ms`,
        ...(key === 'p99' && { goal: { atMost: 1.1 } }),
      },
      ratioOf(valuesOf(windows.all, key), valuesOf(windows.spans, key)),
    ),
  );
}

/** What processes pay that are nobody's target, beside one that is. */
async function switching({ quick, rounds, switches }: Bench, { pid }: Service): Promise<Figure[]> {
  const [without, withIt]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    without.push(await nsPerSwitch(switches, quick));
    const agent = await Agent.attach([pid], { level: 'waits' });
    withIt.push(await nsPerSwitch(switches, quick));
    await agent.detach();
  }
  const detail = `${numberText(spreadOf(without).median)} ns without, ${numberText(spreadOf(withIt).median)} ns with`;
  return [
    figureOf(
      {
        row,
        what: 'a switch between other processes costs more by',
        unit: 'ns',
        goal: { atMost: 150 },
        detail,
      },
      spreadOf(withIt.map((ns, round) => ns - (without[round] as number))),
    ),
  ];
}

async function nsPerSwitch(switches: string, quick: boolean): Promise<number> {
  const child = start('service', switches, [String(quick ? SWITCHES / 20 : SWITCHES)]);
  const code = await child.ended;
  if (code !== 0) throw new Error(`cannot switch: ended with ${code}\n${child.stderr}`);
  return Number(child.stdout);
}

/** All maps of an agent, as the kernel accounts for them. */
async function kernelMemory({ pid }: Service): Promise<Figure> {
  const agent = await Agent.attach([pid], { level: 'runtime' });
  const byMap = mapBytes(agent.pid);
  await agent.detach();
  const megabytes = byMap.reduce((sum, bytes) => sum + bytes, 0) / 1e6;
  const detail = byMap
    .sort((a, b) => b - a)
    .slice(0, 8)
    .map((bytes) => numberText(bytes / 1e6))
    .join(', ');
  return figureOf(
    {
      row,
      what: 'kernel memory of all maps',
      unit: 'MB',
      goal: { atMost: 64 },
      detail: `largest: ${detail} MB`,
    },
    megabytes,
  );
}

/** Bytes of each map that the process holds. */
function mapBytes(pid: number): number[] {
  const byId = new Map<string, number>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    let info = '';
    try {
      info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    } catch {
      // Closed meanwhile.
    }
    const [, bytes, id] = /^memlock:\s+(\d+)$[\s\S]*^map_id:\s+(\d+)$/m.exec(info) ?? [];
    if (bytes !== undefined && id !== undefined) byId.set(id, Number(bytes));
  }
  return [...byId.values()];
}
