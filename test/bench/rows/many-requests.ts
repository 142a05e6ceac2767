/** A million requests under one agent: hits and probe time of one, and whether memory and cost stay where they were. */
import type { Summary } from '../../../src/cli/summary.ts';
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { saturate } from '../load.ts';
import { Service } from '../service.ts';
import { cpuMs, rssMb } from '../usage.ts';
import { lossText, missingSpans } from './missing.ts';

/** Requests, and the windows in which cost and memory are looked at. */
const sizes = { full: { requests: 1_000_000, seconds: 4 }, quick: { requests: 30_000, seconds: 3 } };
/** A machine that is busy otherwise must not make the bench endless. */
const windowsMax = 20;

const row = 'many-requests';

export async function manyRequests({ quick, target }: Bench): Promise<Figure[]> {
  const size = quick ? sizes.quick : sizes.full;
  const service = await Service.start(target);
  try {
    await saturate(`${service.url}/`, 1);
    const agent = await Agent.attach([service.pid]);
    const costs: number[] = [];
    const memory: number[] = [];
    let requests = 0;
    const agentBefore = cpuMs(agent.pid);
    for (let window = 0; window < windowsMax && (requests < size.requests || window < 2); window++) {
      const before = cpuMs(service.pid);
      const load = await saturate(`${service.url}/`, size.seconds);
      costs.push(((cpuMs(service.pid) - before) * 1000) / load.requests);
      memory.push(rssMb(agent.pid));
      requests += load.requests;
    }
    const agentUs = ((cpuMs(agent.pid) - agentBefore) * 1000) / requests;
    const summary = await agent.detach();
    return [
      ...perRequest(summary),
      figureOf(
        { row, what: 'agent: CPU per span', unit: 'µs', detail: 'spans made and counted, none exported' },
        agentUs,
      ),
      ...atScale(requests, summary, costs, memory),
    ];
  } finally {
    await service.stop();
  }
}

/** Of server spans, since the generator does not count its last requests. */
function perRequest({ hits, spans }: Summary): Figure[] {
  const programNs = Object.entries(hits.byProbe).reduce(
    (sum, [probe, count]) => sum + count * (hits.meanNsByProbe[probe] ?? 0),
    0,
  );
  const means = Object.entries(hits.meanNsByProbe)
    .filter(([probe]) => (hits.byProbe[probe] ?? 0) > spans.ended / 2)
    .map(([probe, meanNs]) => `${probe} ${numberText(meanNs)}`);
  return [
    figureOf(
      { row, what: 'plain request: probe hits', goal: { atMost: 3 } },
      Math.round((hits.total / spans.ended) * 100) / 100,
    ),
    figureOf(
      {
        row,
        what: 'plain request: time in probe programs',
        unit: 'µs',
        detail: `${means.join(', ')} ns a hit; without the kernel's part of a hit`,
      },
      programNs / spans.ended / 1000,
    ),
  ];
}

function atScale(
  requests: number,
  summary: Summary,
  costs: readonly number[],
  memory: readonly number[],
): Figure[] {
  const growth = (values: readonly number[]) => (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);
  const series = (values: readonly number[]) => values.map(numberText).join(', ');
  const name = `${numberText(requests)} requests`;
  return [
    figureOf(
      { row, what: `${name}: spans missing`, goal: { atMost: 0 }, detail: lossText(summary) },
      missingSpans(requests, summary),
    ),
    figureOf(
      {
        row,
        what: `${name}: cost of a request, last ÷ first window`,
        goal: { atMost: 1.1 },
        detail: `${series(costs)} µs CPU`,
      },
      growth(costs),
    ),
    figureOf(
      {
        row,
        what: `${name}: agent's memory, last ÷ first window`,
        goal: { atMost: 1.1 },
        detail: `${series(memory)} MB`,
      },
      growth(memory),
    ),
  ];
}
