/** 64 processes under one agent. */
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { generate } from '../load.ts';
import { Service } from '../service.ts';
import { rssMb } from '../usage.ts';
import { lossText, missingSpans } from './missing.ts';

const count = 64;

export async function manyTargets({ seconds, target, generator }: Bench): Promise<Figure[]> {
  const services: Service[] = [];
  try {
    for (let i = 0; i < count; i++) services.push(await Service.start(target));
    const agent = await Agent.attach(services.map(({ pid }) => pid));
    const urls = services.map(({ url }) => `${url}/`);
    const load = await generate(generator, urls, { rate: 2000, seconds, connections: 2 * count });
    const memory = rssMb(agent.pid);
    const summary = await agent.detach();
    const answered = load.requests - load.failed;
    const spansOf = summary.targets.map(({ spans }) => spans);
    return [
      figureOf(
        {
          row: 'many-targets',
          what: `${count} targets: spans missing`,
          goal: { atMost: 0 },
          detail:
            `${numberText(answered)} requests, ${Math.min(...spansOf)}–${Math.max(...spansOf)} spans a target, ` +
            `${lossText(summary)}, agent ${numberText(memory)} MB`,
        },
        missingSpans(answered, summary),
      ),
    ];
  } finally {
    for (const service of services) await service.stop();
  }
}
