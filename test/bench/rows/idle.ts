/** What the agent uses while its target does nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { Service } from '../service.ts';
import { cpuMs, rssMb } from '../usage.ts';

const row = 'idle';

export async function idle({ quick, target }: Bench): Promise<Figure[]> {
  const service = await Service.start(target);
  try {
    const agent = await Agent.attach([service.pid]);
    await sleep(quick ? 500 : 3000);
    // Once after the start, V8 tidies up what starting has left behind.
    const first = await cpuPercent(agent.pid, quick ? 1 : 20);
    const percent = await cpuPercent(agent.pid, quick ? 1 : 20);
    const detail = `${numberText(first)} % in the 20 s before, in which V8 tidies up`;
    const memory = rssMb(agent.pid);
    await agent.detach();
    return [
      figureOf({ row, what: 'idle agent: CPU', unit: '%', goal: { atMost: 0.5 }, detail }, percent),
      figureOf({ row, what: 'idle agent: resident memory', unit: 'MB', goal: { atMost: 90 } }, memory),
    ];
  } finally {
    await service.stop();
  }
}

async function cpuPercent(pid: number, seconds: number): Promise<number> {
  const [before, began] = [cpuMs(pid), performance.now()];
  await sleep(seconds * 1000);
  return ((cpuMs(pid) - before) / (performance.now() - began)) * 100;
}
