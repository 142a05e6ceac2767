/**
 * The target of the tests of where time goes (`test/fixtures/waits`) and the other end of its network routes, as running
 * processes; what its handlers say of their time, and what Go's own execution tracer says.
 */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';
import type { TracerOptions } from '../../src/tracer/api.ts';
import { Child } from './child.ts';
import { CpuQuota, cpuQuotas } from './cpu-quota.ts';
import { buildGo, type GoBuild } from './go-build.ts';
import { GoServer } from './go-server.ts';
import { buildOrSkip } from './skip.ts';
import { type SpanDestination, TracedServer } from './traced-server.ts';
import type { Circumstance } from './waits-faults.ts';

/** On a disk, unlike the directory for temporary files of some hosts. */
const dataDir = fileURLToPath(new URL('../../.cache/waits', import.meta.url));
/** What `taskset` wants for the processor that a crowd shares. */
const oneCpu = ['-c', '0'];
const traceBytesMax = 256 << 20;

/** The target, built with that Go and in that way. */
export function waitsBuild(name: string, build: Partial<GoBuild> = {}): GoBuild {
  return { dir: 'test/fixtures/waits', name: `waits-${name}`, ...build };
}

/** How a request was answered: nanoseconds by key of a breakdown (several keys with spaces between), as its handler saw it. */
export interface Answer {
  readonly id: string;
  readonly status: number;
  readonly truth: Readonly<Record<string, number>>;
}

/** What an execution trace says of a request, in nanoseconds. */
export interface TracedRequest {
  readonly Total: number;
  readonly Running: number;
  readonly Runnable: number;
  readonly Syscall: number;
  /** By the reason of the trace. */
  readonly Waiting: Readonly<Record<string, number>>;
  /** Of all these: while it helped the collector. */
  readonly Assist: number;
  /** … and while it had the world stopped, or was about to. */
  readonly Stop: number;
}

/** Of goroutines that waited for a turn: how often, how long in total, and how often about how long, in nanoseconds. */
export interface Latencies {
  readonly Count: number;
  readonly Total: number;
  readonly Buckets: readonly { readonly Ns: number; readonly Count: number }[];
}

export class WaitsServer {
  readonly server: GoServer;
  readonly #data: string;
  readonly #others: readonly Child[];
  readonly #quota: CpuQuota | undefined;
  #asked = 0;

  private constructor(server: GoServer, data: string, others: readonly Child[], quota: CpuQuota | undefined) {
    this.server = server;
    this.#data = data;
    this.#others = others;
    this.#quota = quota;
  }

  /** Until the test that runs has finished, however that is. */
  static async during(test: TestContext, build: GoBuild, circumstance: Circumstance): Promise<WaitsServer> {
    const missing = circumstance.tenths === undefined ? undefined : cpuQuotas();
    if (missing !== undefined) test.skip(missing);
    const waits = await WaitsServer.start(await buildOrSkip(test, build), circumstance);
    test.onTestFinished(() => waits.stop());
    return waits;
  }

  /** Traces it, until the test that runs has finished. */
  async traceDuring(
    test: TestContext,
    options: Partial<TracerOptions>,
    by?: () => Promise<SpanDestination>,
  ): Promise<TracedServer> {
    const traced = await TracedServer.of(this.server, options, by);
    test.onTestFinished(() => traced.tracer.close().then(() => {}));
    return traced;
  }

  static async start(binary: string, circumstance: Circumstance): Promise<WaitsServer> {
    const { env = {}, isCrowded = false, isBatch = false, tenths, hogs = 0 } = circumstance;
    await mkdir(dataDir, { recursive: true });
    const data = await mkdtemp(join(dataDir, 'data-'));
    const upstream = await GoServer.of(new Child(binary, ['upstream']));
    const options = { env: { ...env, UPSTREAM: new URL(upstream.url).host, DATA: data } };
    const others = [upstream.child];
    if (isCrowded)
      others.push(new Child('taskset', [...oneCpu, 'timeout', '60', 'sh', '-c', 'while :; do :; done']));
    const command = [
      ...(isCrowded ? ['taskset', ...oneCpu] : []),
      ...(isBatch ? ['chrt', '-b', '0'] : []),
      binary,
    ];
    const child = new Child(command[0] as string, command.slice(1), options);
    const server = await GoServer.of(child);
    await expectOk(server, `/hogs?n=${hogs}`);
    const quota = tenths === undefined ? undefined : new CpuQuota(server.pid, tenths);
    return new WaitsServer(server, data, others, quota);
  }

  /** Sends a request, after the one, if any, that keeps from it what it wants. */
  async ask(path: string, held?: string): Promise<Answer> {
    const holder = held === undefined ? undefined : this.server.get(held);
    if (holder !== undefined) await this.server.get('/held');
    const id = `w${this.#asked++}`;
    const reply = await this.server.get(`${path}${path.includes('?') ? '&' : '?'}id=${id}`);
    await holder;
    return { id, status: reply.status, truth: reply.status === 200 ? JSON.parse(reply.body) : {} };
  }

  /** What Go's execution tracer says of the requests that are made meanwhile, by their ids. */
  async executionTrace(ask: () => Promise<void>): Promise<Readonly<Record<string, TracedRequest>>> {
    const path = join(this.#data, 'trace');
    const reader = await buildGo({ dir: 'test/fixtures/waits/tracecmp', name: 'tracecmp' });
    await expectOk(this.server, `/trace?to=${encodeURIComponent(path)}`);
    await ask();
    await expectOk(this.server, '/trace');
    const run = promisify(execFile)(reader, { maxBuffer: traceBytesMax });
    run.child.stdin?.end(await readFile(path));
    return JSON.parse((await run).stdout);
  }

  /** What the runtime has seen of its goroutines' waiting for a turn since the start: how often, and nanoseconds. */
  async latencies(): Promise<Latencies> {
    return JSON.parse((await this.server.get('/latencies')).body);
  }

  async stop(): Promise<void> {
    await Promise.all([this.server.stop(), ...this.#others.map((other) => other.stop())]);
    this.#quota?.remove();
    await rm(this.#data, { recursive: true, force: true });
  }
}

async function expectOk(server: GoServer, path: string): Promise<void> {
  const { status, body } = await server.get(path);
  if (status !== 200) throw new Error(`${path} answered ${status}: ${body}\n${server.child.stderr}`);
}
