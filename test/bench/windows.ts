/** Windows of load that take turns, so that all variants see the same machine: A B C, A B C, … */
import type { Summary } from '../../src/cli/summary.ts';
import type { ProbeLevel } from '../../src/probes/hook.ts';
import { Agent } from './agent.ts';
import type { Core } from './cores.ts';
import type { Load } from './load.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { cpuMs } from './usage.ts';

/** One window. */
export interface Window extends Load {
  /** CPU of the service, probes included. */
  readonly cpuUsPerRequest: number;
  /** Of the agent that was attached, if one was. */
  readonly traced?: { readonly summary: Summary; readonly agentCpuUsPerRequest: number };
}

/** How a window is spent: puts in place what is compared, measures, takes it away. */
export type Variant = (measure: () => Promise<Window>) => Promise<Window>;

export const bare: Variant = (measure) => measure();

interface TracedOptions {
  /** Of the agent: where it exports to. */
  readonly env: Readonly<Record<string, string>>;
  readonly core?: Core;
  readonly held?: boolean;
  readonly level?: ProbeLevel;
  /** Windows before the one that counts: an agent lives long, and its code is compiled in the first seconds. */
  readonly warmUp?: number;
}

/** With the real agent attached; `held` while it does nothing, so that it takes no core from the generator. */
export function traced(
  pid: number,
  { env, core = 'agent', held = false, warmUp = 0, level = 'spans' }: TracedOptions,
): Variant {
  return async (measure) => {
    const agent = await Agent.attach([pid], { core, env, level });
    let window: Window;
    let agentCpuMs: number;
    try {
      for (let window = 0; window < warmUp; window++) await measure();
      const before = cpuMs(agent.pid);
      if (held) agent.hold();
      window = await measure();
      agentCpuMs = cpuMs(agent.pid) - before;
    } catch (error) {
      agent.release();
      await agent.detach();
      throw error;
    }
    agent.release();
    const summary = await agent.detach();
    return { ...window, traced: { summary, agentCpuUsPerRequest: (agentCpuMs * 1000) / window.requests } };
  };
}

/** The windows of each variant by its name, in the order of the rounds. */
export type Windows<Name extends string> = Readonly<Record<Name, readonly Window[]>>;

export interface Rounds {
  readonly rounds: number;
  /** The process whose CPU is counted. */
  readonly pid: number;
  readonly load: () => Promise<Load>;
}

/** One window without anything, which is not counted, then the rounds. @throws Error when a request fails. */
export async function alternate<Name extends string>(
  variants: Readonly<Record<Name, Variant>>,
  { rounds, pid, load }: Rounds,
): Promise<Windows<Name>> {
  const names = Object.keys(variants) as Name[];
  const windows = Object.fromEntries(names.map((name) => [name, [] as Window[]])) as Record<Name, Window[]>;
  const measure = async (): Promise<Window> => {
    const before = cpuMs(pid);
    const window = await load();
    if (window.failed > 0 || window.requests === 0) {
      throw new Error(`cannot measure: ${window.failed} of ${window.requests} requests failed`);
    }
    return { ...window, cpuUsPerRequest: ((cpuMs(pid) - before) * 1000) / window.requests };
  };
  await measure();
  for (let round = 0; round < rounds; round++) {
    for (const name of names) windows[name].push(await variants[name](measure));
  }
  return windows;
}

/** One number of each window. */
export function valuesOf(windows: readonly Window[], key: Exclude<keyof Window, 'traced'>): number[] {
  return windows.map((window) => window[key]);
}

/** Median of one number over the windows. */
export const medianOf = (windows: readonly Window[], key: Exclude<keyof Window, 'traced'>): number =>
  spreadOf(valuesOf(windows, key)).median;

/** Something about the agent in each traced window. */
export function tracedOf(
  windows: readonly Window[],
  what: (traced: NonNullable<Window['traced']>, window: Window) => number,
): Spread {
  return spreadOf(windows.flatMap((window) => (window.traced ? [what(window.traced, window)] : [])));
}
