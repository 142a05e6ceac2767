/** The agent as users run it, on a core of its own, that exports what is written into its ring. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Summary } from '../../src/cli/summary.ts';
import { Agent, type AgentOptions } from './agent.ts';
import type { Bench } from './bench.ts';
import { type FloodOptions, flood } from './flood.ts';
import { Service } from './service.ts';
import { cpuMs, threadCpuMs } from './usage.ts';

/** Spans a second that the stock exporter can still follow, on a core that it has for itself. */
export const PACE = 20_000;
/** Long enough for the compiler, unless it is quick, and for the last whole batch to be accepted. */
export const warmUpOf = ({ quick }: Bench): FloodOptions => ({ rate: PACE, seconds: quick ? 0.3 : 1.5 });
export const SETTLE_MS = 500;
/** CPU in 200 ms of an agent that drains an empty ring. */
const QUIET_MS = 20;

/** As the kernel has it: 15 characters at most. */
const STORE_THREAD = 'goidspan-store';

export interface FloodedAgent {
  /** Spans that came into the ring, and that the exporter has handed over. */
  readonly taken: number;
  readonly exported: number;
  /** Until it had nothing to do any more. */
  readonly seconds: number;
  readonly cpuMs: number;
  /** Of it, what the thread has used that writes the store of its page, if it has one. */
  readonly storeMs: number;
  /** Warming up included. */
  readonly summary: Summary;
}

interface FloodAgentOptions extends Pick<AgentOptions, 'env' | 'keep' | 'store' | 'node'> {
  /** What it is given before. Default {@link warmUpOf}. */
  readonly warmUp?: FloodOptions;
}

/** What it has done in that window, after the compiler has had its part. */
export async function floodAgent(
  bench: Bench,
  window: FloodOptions,
  { warmUp = warmUpOf(bench), ...options }: FloodAgentOptions,
): Promise<FloodedAgent> {
  const { target, floodTools } = bench;
  const service = await Service.start(target);
  try {
    const agent = await Agent.attach([service.pid], options);
    const { taken: before } = await flood(floodTools, agent.pid, warmUp);
    await sleep(SETTLE_MS);
    const [cpu, began] = [cpuMs(agent.pid), performance.now()];
    const ofStore = threadCpuMs(agent.pid, STORE_THREAD);
    const { taken } = await flood(floodTools, agent.pid, window);
    const { seconds, cpuUsed } = await quiet(agent.pid, began, cpu);
    const storeMs = threadCpuMs(agent.pid, STORE_THREAD) - ofStore;
    const summary = await agent.detach();
    return { taken, exported: summary.spans.exported - before, seconds, cpuMs: cpuUsed, storeMs, summary };
  } finally {
    await service.stop();
  }
}

/** Waits until a process has nothing to do any more: the last of what it had was done then. */
export async function quiet(
  pid: number,
  began: number,
  cpuBefore: number,
): Promise<{ seconds: number; cpuUsed: number }> {
  for (let [last, at] = [cpuMs(pid), performance.now()]; ; ) {
    await sleep(200);
    const now = cpuMs(pid);
    if (now - last <= QUIET_MS) return { seconds: (at - began) / 1000, cpuUsed: last - cpuBefore };
    [last, at] = [now, performance.now()];
  }
}
