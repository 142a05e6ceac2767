/** The programs of `programs/`, which the bench runs as processes of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Child } from '../support/child.ts';
import { collectorBinary, freePorts, peers, plainCollectorArgs } from '../support/peers.ts';
import { Agent } from './agent.ts';
import type { Bench } from './bench.ts';
import { type Core, start } from './cores.ts';
import { flood } from './flood.ts';
import { Service } from './service.ts';

export type Program = 'swallow' | 'plug-in' | 'queue' | 'keep-stacks';

interface ProgramOptions {
  readonly core?: Core;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** Default: this one. */
  readonly node?: string;
}

/** Starts one of them; its standard input takes commands. */
export function startProgram(
  program: Program,
  args: readonly string[],
  { core = 'agent', env = {}, flags = [], node = process.execPath }: ProgramOptions = {},
): Child {
  const path = fileURLToPath(new URL(`./${program}.mjs`, import.meta.url));
  return start(core, node, [...flags, path, ...args], { env, input: true });
}

/** Sends a line and waits for the answer that begins with `word` and is JSON. */
export async function ask<T>(child: Child, line: string, word: string, timeoutMs = 60_000): Promise<T> {
  child.stdout = '';
  child.process.stdin?.write(`${line}\n`);
  const [, json = '""'] = await child.output(new RegExp(`^${word} (.*)$`, 'm'), timeoutMs);
  return JSON.parse(json) as T;
}

/** What a `queue` program says. */
export async function queue<T>(args: readonly (string | number)[], url: string): Promise<T> {
  const child = startProgram('queue', args.map(String), { env: exportTo(url), flags: ['--expose-gc'] });
  const code = await child.ended;
  if (code !== 0)
    throw new Error(`cannot run queue ${args.join(' ')}: ${code}\n${child.stderr.slice(-2_000)}`);
  return JSON.parse(child.stdout) as T;
}

/** The environment of a process that exports there, over gRPC. */
export const exportTo = (url: string): Record<string, string> => ({
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
});

/** A collector that somebody can export to, over gRPC. */
export interface Taker {
  readonly name: string;
  readonly url: string;
  readonly child: Child;
  stop(): Promise<void>;
}

/** The program `swallow`, by default on the core that the agent does not have. */
export async function startSwallow({ port = 0, core = 'service' as Core } = {}): Promise<Taker> {
  const child = startProgram('swallow', [String(port)], { core });
  const [, on] = await child.output(/^listening (\d+)$/m);
  const stop = async (): Promise<void> => void (await child.stop('SIGKILL'));
  return { name: 'a collector that reads nothing', url: `http://127.0.0.1:${on}`, child, stop };
}

/** The real collector with its debug exporter on that core; without one, {@link startSwallow}. */
export async function startCollector(): Promise<Taker> {
  if (peers() !== undefined) return startSwallow();
  const [port = 0, http = 0] = await freePorts(2);
  const child = start('service', collectorBinary, plainCollectorArgs(port, http));
  await child.output(/Everything is ready/);
  const stop = async (): Promise<void> => void (await child.stop());
  return { name: 'otelcol', url: `http://127.0.0.1:${port}`, child, stop };
}

/** Runs with the address of a server that accepts connections and never says a word. */
export async function withSilence<T>(run: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

/** Runs with a recording of so many spans of the flood. */
export async function withRecording<T>(
  { target, floodTools }: Bench,
  spans: number,
  run: (path: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-bench-'));
  const path = join(folder, 'flood.goidspan');
  const service = await Service.start(target);
  try {
    const agent = await Agent.attach([service.pid], { recordTo: path });
    await flood(floodTools, agent.pid, { rate: spans, seconds: 1 });
    await agent.detach();
    return await run(path);
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true });
  }
}
