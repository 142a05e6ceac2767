/** The agent as users run it: a process `goidspan attach`. */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Summary } from '../../src/cli/summary.ts';
import type { ProbeLevel } from '../../src/probes/hook.ts';
import { type Child, eventually } from '../support/child.ts';
import { type Core, start } from './cores.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let lastSummary = 0;

export interface AgentOptions {
  readonly core?: Core;
  /** Where spans go. Without it they are made and counted, and go nowhere. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps the records in this file: `goidspan record`. */
  readonly recordTo?: string;
  /** Default `spans`. */
  readonly level?: ProbeLevel;
  /** Its `--keep`. */
  readonly keep?: string;
  /** Has a page, with its store in this folder; needs a Node with SQLite. */
  readonly store?: string | undefined;
  /** The executable; by default this one. */
  readonly node?: string;
}

/** Environment of an agent whose spans are counted and go nowhere. */
export const NOT_EXPORTING: Readonly<Record<string, string>> = { OTEL_TRACES_EXPORTER: 'none' };

export class Agent {
  readonly child: Child;
  readonly #summaryPath: string;

  private constructor(child: Child, summaryPath: string) {
    this.child = child;
    this.#summaryPath = summaryPath;
  }

  /** Starts it and waits until every process is attached. */
  static async attach(
    pids: readonly number[],
    {
      core = 'agent',
      env = NOT_EXPORTING,
      recordTo,
      level = 'spans',
      keep,
      store,
      node = process.execPath,
    }: AgentOptions = {},
  ): Promise<Agent> {
    const summaryPath = join(tmpdir(), `goidspan-bench-${process.pid}-${++lastSummary}.json`);
    const command = recordTo === undefined ? ['attach'] : ['record', '-o', recordTo];
    const args = [
      ...command,
      '--level',
      level,
      ...(keep === undefined ? [] : ['--keep', keep]),
      ...(store === undefined ? [] : ['--page', '--page-port', '0', '--store', store]),
      // It must hold the level.
      ...['--budget', 'none'],
      ...pids.flatMap((pid) => ['--pid', String(pid)]),
      '--summary',
      summaryPath,
    ];
    const child = start(core, node, [main, ...args], { env });
    const agent = new Agent(child, summaryPath);
    try {
      await eventually(`attachment to ${pids.length} processes`, 60_000, async () => {
        const end = await Promise.race([child.ended, undefined]);
        if (end !== undefined) throw new Error(`goidspan ended with ${end}: ${child.stderr.slice(-2_000)}`);
        return child.stderr.split('attached to ').length > pids.length || undefined;
      });
    } catch (error) {
      await child.stop('SIGKILL');
      throw error;
    }
    return agent;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Stops its work for a while: the ring buffer takes 32 MiB of spans meanwhile. */
  hold(): void {
    this.child.process.kill('SIGSTOP');
  }

  /** Lets it go on. */
  release(): void {
    this.child.process.kill('SIGCONT');
  }

  /** Ends it and returns its summary. */
  async detach(): Promise<Summary> {
    await this.child.stop('SIGINT', 30_000);
    const summary = JSON.parse(readFileSync(this.#summaryPath, 'utf8')) as Summary;
    await rm(this.#summaryPath, { force: true });
    return summary;
  }
}
