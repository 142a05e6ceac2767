/** CPU of a span from the ring to the collector's answer, and how many one core carries. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { flood } from '../flood.ts';
import { floodAgent, PACE, quiet, SETTLE_MS, warmUpOf } from '../flooded-agent.ts';
import {
  ask,
  exportTo,
  queue,
  startCollector,
  startProgram,
  startSwallow,
  type Taker,
  withRecording,
} from '../program.ts';
import { Service } from '../service.ts';
import { ratioOf, spreadOf } from '../statistics.ts';
import { cpuMs } from '../usage.ts';
import { lossText } from './missing.ts';

const row = 'export-cpu';
/** More than anybody takes: the ring stays full. */
const ALL = 400_000;

export async function exportCpu(bench: Bench): Promise<Figure[]> {
  const rounds = Math.min(bench.rounds, 3);
  const collector = await startCollector();
  const swallow = await startSwallow();
  try {
    return [...(await paced(bench, rounds, collector)), ...(await saturated(bench, rounds, swallow))];
  } finally {
    await collector.stop();
    await swallow.stop();
  }
}

async function paced(bench: Bench, rounds: number, { name, url }: Taker): Promise<Figure[]> {
  const [ours, injected, stock]: [number[], number[], number[]] = [[], [], []];
  await withRecording(bench, 4_096, async (path) => {
    for (let round = 0; round < rounds; round++) {
      ours.push((await agentUnder(bench, PACE, url)).cpuUsPerSpan);
      injected.push((await injectedUnder(bench, PACE, url)).cpuUsPerSpan);
      stock.push((await queue<Run>(['speed', 'stock', path, spansOf(bench)], url)).cpuUsPerSpan);
    }
  });
  const detail =
    `the agent at ${numberText(PACE)} spans/s, ${name}; stock from ready spans ` +
    `${numberText(spreadOf(stock).median)}, our agent with the stock exporter ${numberText(spreadOf(injected).median)}`;
  return [
    figureOf(
      { row, what: 'CPU per span, ring → accepted', unit: 'µs', goal: { atMost: 6 }, detail },
      spreadOf(ours),
    ),
    figureOf({ row, what: '… stock from ready spans ÷ ours' }, ratioOf(stock, ours)),
    figureOf({ row, what: '… our agent with the stock exporter ÷ ours' }, ratioOf(injected, ours)),
  ];
}

async function saturated(bench: Bench, rounds: number, { name, url }: Taker): Promise<Figure[]> {
  const [ours, injected, stock]: [Run[], Run[], Run[]] = [[], [], []];
  const own: Run[] = [];
  await withRecording(bench, 4_096, async (path) => {
    for (let round = 0; round < rounds; round++) {
      ours.push(await agentUnder(bench, ALL, url));
      injected.push(await injectedUnder(bench, ALL, url));
      stock.push(await queue<Run>(['speed', 'stock', path, spansOf(bench)], url));
      own.push(await queue<Run>(['speed', 'ours', path, spansOf(bench)], url));
    }
  });
  const perSecond = (runs: readonly Run[]) => runs.map((run) => run.perSecond);
  const text = (runs: readonly Run[]) => {
    const cpu = spreadOf(runs.map((run) => run.cpuUsPerSpan)).median;
    return `${numberText(spreadOf(perSecond(runs)).median)}/s at ${numberText(cpu)} µs CPU`;
  };
  const detail = `ours ${text(ours)} (${ours.at(-1)?.loss}); stock from ready spans ${text(stock)}; our agent with the stock exporter ${text(injected)}; ${name}`;
  return [
    figureOf(
      { row, what: 'spans/s on one core, ring → accepted', goal: { atLeast: 150_000 }, detail },
      spreadOf(perSecond(ours)),
    ),
    figureOf({ row, what: '… ours ÷ stock from ready spans' }, ratioOf(perSecond(ours), perSecond(stock))),
    figureOf(
      { row, what: 'GoidBatchSpanProcessor ÷ stock, spans/s from ready spans', detail: `ours ${text(own)}` },
      ratioOf(perSecond(own), perSecond(stock)),
    ),
  ];
}

/** What a pipeline did, after the compiler has had its part. */
interface Run {
  readonly perSecond: number;
  readonly cpuUsPerSpan: number;
  /** Of an agent. */
  readonly loss?: string;
}

const spansOf = ({ quick }: Bench): number => 512 * (quick ? 40 : 400);

const windowOf = ({ quick }: Bench, rate: number) => ({ rate, seconds: quick ? 1 : 4 });

/** The agent as users run it, on a core of its own. */
async function agentUnder(bench: Bench, rate: number, url: string): Promise<Run> {
  const {
    exported,
    seconds,
    cpuMs: cpuUsed,
    summary,
  } = await floodAgent(bench, windowOf(bench, rate), { env: exportTo(url) });
  return {
    perSecond: exported / seconds,
    cpuUsPerSpan: (cpuUsed * 1000) / exported,
    loss: lossText(summary),
  };
}

interface Counts {
  readonly exported: number;
}

/** A tracer in a process of the user, with the stock exporter. What it cannot follow it loses, and counts. */
async function injectedUnder(bench: Bench, rate: number, url: string): Promise<Run> {
  const service = await Service.start(bench.target);
  const host = startProgram('plug-in', [String(service.pid), 'stock'], { env: exportTo(url) });
  const exported = async (): Promise<number> => (await ask<Counts>(host, 'count', 'counts')).exported;
  try {
    await host.output(/^tracing/m);
    await flood(bench.floodTools, host.pid, warmUpOf(bench));
    await sleep(SETTLE_MS);
    const before = await exported();
    const [cpu, began] = [cpuMs(host.pid), performance.now()];
    await flood(bench.floodTools, host.pid, windowOf(bench, rate));
    const { seconds, cpuUsed } = await quiet(host.pid, began, cpu);
    const spans = (await exported()) - before;
    return { perSecond: spans / seconds, cpuUsPerSpan: (cpuUsed * 1000) / spans };
  } finally {
    await host.stop('SIGKILL');
    await service.stop();
  }
}
