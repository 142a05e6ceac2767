/**
 * The kernel side with real targets and nothing after `correlate`: what is drained is decoded and kept. Drains on the
 * test's own thread when asked to, so that a test decides what the ring holds.
 */
import { fileURLToPath } from 'node:url';
import { Programs } from '../../src/attach/program.ts';
import { Target } from '../../src/attach/target.ts';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import type { KernelOptions } from '../../src/kernel/kernel-options.ts';
import { loadNative } from '../../src/kernel/native.ts';
import { requireProcess } from '../../src/process/process.ts';
import { type Batch, batchOf } from '../../src/wire/batch.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import type { EvProcessExec, EvProcessExit, EvSpanEnd } from '../../src/wire/wire.gen.ts';
import { Child } from '../support/child.ts';
import { buildGo } from '../support/go-build.ts';
import { type HttpFact, httpFact } from '../support/http-fact.ts';
import { validSpanOf } from '../support/valid-span.ts';
import { validate } from '../support/validator.ts';

/** See there. */
export const loadScript = fileURLToPath(new URL('../support/load.mjs', import.meta.url));

/** The plainest HTTP service: one route, no goroutines of its own. */
export const buildHello = (): Promise<string> =>
  buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' });

/** The target of the acceptance tests: a route for each way in which requests start goroutines and calls. */
export const buildServer = (): Promise<string> =>
  buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });

/** Sends that many requests from another process; fails if one is not answered. */
export async function load(url: string, requests: number, connections = 8): Promise<void> {
  const child = new Child(process.execPath, [loadScript, url, String(requests), String(connections)]);
  await child.output(new RegExp(`answered ${requests}\\b`), 60_000);
  await child.ended;
}

export class Attached {
  readonly kernel: Kernel;
  readonly spans: HttpFact[] = [];
  readonly execs: EvProcessExec[] = [];
  readonly exits: EvProcessExit[] = [];
  bad = 0;
  readonly #programs = new Programs();
  readonly #targets: Target[] = [];
  #drainBatch: Uint8Array;

  constructor(options: KernelOptions = {}, batchBytes = 1 << 20) {
    this.kernel = Kernel.open({ ringBytes: 8 << 20, ...options });
    this.kernel.setSettings({
      samplerRejectBelow: 0n,
      samplerParentBased: 1,
      followExec: 0,
      waitMinNs: 0,
      samplePeriodNs: 0,
      countsUnsampled: 0,
      grpcHealth: 0,
      tellsArguments: 0,
    });
    this.#drainBatch = new Uint8Array(batchBytes);
  }

  /** Attaches every hook to a running process. */
  async attach(pid: number): Promise<Target> {
    const facts = requireProcess(pid);
    const program = await this.#programs.acquire(facts.openPath);
    const targetId = this.#targets.length + 1;
    const info = { targetId, pid, exe: facts.exe, serviceName: 'test' };
    const target = new Target(this.kernel, targetId, facts, program, info, {}, 'spans');
    this.#targets.push(target);
    await target.attach();
    return target;
  }

  /** Takes everything that the ring holds; returns how many batches that took. */
  drain(): number {
    const native = loadNative();
    for (let batches = 0; ; batches++) {
      const bytes = native.drain(this.kernel.handle, this.#drainBatch);
      if (bytes < 0) throw new Error(`drain: ${bytes}`);
      if (bytes === 0) return batches;
      this.take(batchOf(this.#drainBatch.slice(0, bytes).buffer));
    }
  }

  /** Decodes a batch. */
  take(batch: Batch): void {
    decodeBatch(batch, {
      spanEnd: (record: EvSpanEnd) => this.spans.push(httpFact(spanFact(record))),
      processExec: (record) => this.execs.push(record),
      processExit: (record) => this.exits.push(record),
      bad: () => this.bad++,
    });
  }

  /** Losses of the kernel that are not zero. */
  losses(): string[] {
    return Object.entries(this.kernel.counts())
      .filter(([name, value]) => name.startsWith('LOST_') && value > 0)
      .map(([name, value]) => `${name} ${value}`);
  }

  /** What breaks an invariant among the spans that were drained. */
  violations(incomplete = false): string[] {
    return validate(this.spans.map(validSpanOf), { raceNs: 1_000_000n, incomplete });
  }

  async close(): Promise<void> {
    for (const target of this.#targets) {
      await target.detach();
      this.#programs.release(target.program);
    }
    this.kernel.close();
  }
}
