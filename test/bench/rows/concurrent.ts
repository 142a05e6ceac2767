/** 2,000 requests at once, each of half a second. */
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { generate } from '../load.ts';
import { Service } from '../service.ts';
import { lossText, missingSpans } from './missing.ts';

export async function concurrent({ quick, target, generator }: Bench): Promise<Figure[]> {
  const connections = quick ? 500 : 2000;
  const service = await Service.start(target);
  try {
    const agent = await Agent.attach([service.pid]);
    const load = await generate(generator, [`${service.url}/sleep`], { seconds: quick ? 1 : 3, connections });
    const summary = await agent.detach();
    const answered = load.requests - load.failed;
    return [
      figureOf(
        {
          row: 'concurrent',
          what: `${numberText(connections)} concurrent 500 ms requests: spans missing`,
          goal: { atMost: 0 },
          detail: `${numberText(answered)} requests, ${numberText(summary.spans.ended)} spans, ${lossText(summary)}`,
        },
        missingSpans(answered, summary),
      ),
    ];
  } finally {
    await service.stop();
  }
}
