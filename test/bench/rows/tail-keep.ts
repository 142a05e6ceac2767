/** What a request costs the agent that keeps one trace in a hundred, beside one that exports all. */
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { floodAgent, PACE } from '../flooded-agent.ts';
import { generate } from '../load.ts';
import { exportTo, startCollector, type Taker } from '../program.ts';
import { Service } from '../service.ts';
import { ratioOf, spreadOf } from '../statistics.ts';
import { cpuMs } from '../usage.ts';

const row = 'tail-keep';
const KEEP = 'slow,error,ratio=0.01';
/** Requests of `/calls` a second, five spans each: a load that leaves the service half of its core. */
const RATE = 1_000;

/** Until the compiler has seen enough spans also where one in a hundred is kept; before that they take most of the agent's CPU. */
const WARM_UP = { rate: 2 * PACE, seconds: 8 };

/** `metrics`: of calls, for which each call is counted, kept or not. */
const envOf = (url: string, metrics = 'none') => ({ ...exportTo(url), OTEL_METRICS_EXPORTER: metrics });

/** Of the agent, by whether it keeps all. */
interface Costs {
  readonly all: number[];
  readonly kept: number[];
}

export async function tailKeep(bench: Bench): Promise<Figure[]> {
  const collector = await startCollector();
  try {
    return [
      await plainRequests(bench, collector),
      await plainRequests(bench, collector, 'otlp'),
      await fanOuts(bench, collector),
    ];
  } finally {
    await collector.stop();
  }
}

async function plainRequests(bench: Bench, { name, url }: Taker, metrics?: string): Promise<Figure> {
  const window = { rate: PACE, seconds: bench.quick ? 1 : 4 };
  const costOf = async (keep?: string): Promise<number> => {
    const { cpuMs: cpuUsed, taken } = await floodAgent(bench, window, {
      env: envOf(url, metrics),
      ...(keep && { keep }),
      ...(!bench.quick && { warmUp: WARM_UP }),
    });
    return (cpuUsed * 1000) / taken;
  };
  const costs = await alternating(bench, costOf);
  const detail = `${numberText(PACE)} requests/s of one span each, ${name}`;
  if (metrics) return ratioFigure(costs, '… with metrics of calls', { detail });
  const what = `agent CPU per request, --keep ${KEEP} ÷ exporting all`;
  return ratioFigure(costs, what, { goal: { atMost: 0.25 }, detail });
}

/** Requests whose calls wait for them. */
async function fanOuts(bench: Bench, { url }: Taker): Promise<Figure> {
  const { target, generator, quick } = bench;
  const seconds = quick ? 1 : 4;
  const costOf = async (keep?: string): Promise<number> => {
    const service = await Service.start(target);
    try {
      const agent = await Agent.attach([service.pid], { env: envOf(url), ...(keep && { keep }) });
      const load = (forSeconds: number) =>
        generate(generator, [`${service.url}/calls`], { seconds: forSeconds, rate: RATE, connections: 16 });
      await load(2);
      const before = cpuMs(agent.pid);
      const { requests } = await load(seconds);
      const cpuUsed = cpuMs(agent.pid) - before;
      await agent.detach();
      return (cpuUsed * 1000) / requests;
    } finally {
      await service.stop();
    }
  };
  const costs = await alternating(bench, costOf);
  return ratioFigure(costs, '… of a request of five spans', { detail: `${numberText(RATE)} requests/s` });
}

async function alternating({ rounds }: Bench, costOf: (keep?: string) => Promise<number>): Promise<Costs> {
  const costs: Costs = { all: [], kept: [] };
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    costs.all.push(await costOf());
    costs.kept.push(await costOf(KEEP));
  }
  return costs;
}

function ratioFigure(
  { all, kept }: Costs,
  what: string,
  { goal, detail }: Pick<Figure, 'goal'> & { readonly detail: string },
): Figure {
  const us = (costs: readonly number[]) => numberText(spreadOf(costs).median);
  return figureOf(
    { row, what, ...(goal && { goal }), detail: `${us(kept)} and ${us(all)} µs; ${detail}` },
    ratioOf(kept, all),
  );
}
