/** What the agent uses while its target does nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf } from '../figure.ts';
import { Service } from '../service.ts';
import { cpuMs, rssMb } from '../usage.ts';

const row = 'idle';

export async function idle({ quick, target }: Bench): Promise<Figure[]> {
  const service = await Service.start(target);
  try {
    const agent = await Agent.attach([service.pid]);
    await sleep(quick ? 500 : 3000);
    const [before, began] = [cpuMs(agent.pid), performance.now()];
    await sleep(quick ? 2000 : 20_000);
    const percent = ((cpuMs(agent.pid) - before) / (performance.now() - began)) * 100;
    const memory = rssMb(agent.pid);
    await agent.detach();
    return [
      figureOf({ row, what: 'idle agent: CPU', unit: '%', goal: { atMost: 0.5 } }, percent),
      figureOf({ row, what: 'idle agent: resident memory', unit: 'MB', goal: { atMost: 90 } }, memory),
    ];
  } finally {
    await service.stop();
  }
}
