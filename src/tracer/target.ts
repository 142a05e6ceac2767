/**
 * One process that is traced: its program, its row and probes in the kernel, its resource. Owns attaching and
 * detaching; which processes become targets is decided by `tracer.ts`.
 */
import { readFileSync } from 'node:fs';
import type { Kernel, Link } from '../kernel/kernel.ts';
import type { HookPlan } from '../probes/plan.ts';
import type { SpanSource } from '../span/to-span.ts';
import type { ProcessFacts } from '../target/process.ts';
import type { TargetInfo } from './api.ts';
import type { Program } from './program.ts';
import { targetRow } from './row.ts';

export class Target {
  readonly info: TargetInfo;
  readonly attachedAt = new Date();
  endedAt: Date | undefined;
  spans = 0;
  /** Every hook has been attached, at least once. */
  wasAttached = false;
  /** The process has not yet replaced itself by this program (`goidspan run`). */
  awaitsExec = false;
  readonly slot: number;
  readonly facts: ProcessFacts;
  readonly program: Program;
  readonly source: SpanSource;
  readonly #kernel: Kernel;
  #links: Link[] = [];
  #loadBias = 0;

  constructor(
    kernel: Kernel,
    slot: number,
    facts: ProcessFacts,
    program: Program,
    info: TargetInfo,
    source: Omit<SpanSource, 'errorTypeName'>,
  ) {
    this.#kernel = kernel;
    this.slot = slot;
    this.facts = facts;
    this.program = program;
    this.info = info;
    this.source = { ...source, errorTypeName: (addr) => program.typeNameAt(addr - this.#loadBias) };
  }

  /**
   * Attaches every hook of the plan: ends before births before starts, so that nothing can begin whose end is not
   * yet watched. Throws what the kernel refuses; then nothing stays attached.
   */
  async attach(): Promise<void> {
    const { pid } = this.info;
    this.locate();
    this.#kernel.followProcess(pid, this.info.targetId);
    try {
      for (const hooks of byRank(this.program.plan.hooks)) {
        const links = await Promise.allSettled(hooks.map((hook) => this.#attachHook(hook)));
        for (const link of links) if (link.status === 'fulfilled') this.#links.push(link.value);
        for (const link of links) if (link.status === 'rejected') throw link.reason;
      }
      this.wasAttached = true;
    } catch (error) {
      await this.detach();
      throw error;
    }
  }

  /** Finds where the program was loaded and tells the kernel; also after the exec that was awaited. */
  locate(): void {
    const { plan } = this.program;
    this.#loadBias = this.awaitsExec ? 0 : this.program.loadBias(readMaps(this.info.pid), this.facts.exeLink);
    this.#kernel.setTarget(this.slot, targetRow(plan, this.info.targetId, this.info.pid, this.#loadBias));
  }

  /** Detaches starts, births and ends, and empties the slot. Idempotent. */
  async detach(): Promise<void> {
    const links = this.#links.reverse();
    this.#links = [];
    // At once: a process that has replaced its program may be a new target before the links are closed.
    this.#kernel.followProcess(this.info.pid, 0);
    await this.#kernel.detach(links);
    this.#kernel.setTarget(this.slot, undefined);
  }

  #attachHook({ hook, sites }: HookPlan): Promise<Link> {
    return this.#kernel.attach(
      hook.name,
      this.facts.openPath,
      this.info.pid,
      this.slot,
      sites.map((site) => ({
        fileOffset: site.fileOffset,
        register: site.arg,
        ifStackSuffices: site.guard === 'stack_suffices',
        frameStands: site.entrySp === 'bp_plus_8',
      })),
    );
  }
}

/** Found hooks in the order of attaching. */
function byRank(hooks: readonly HookPlan[]): HookPlan[][] {
  const ranks: HookPlan[][] = [[], [], []];
  for (const hook of hooks) {
    if (hook.sites.length === 0) continue;
    const { name } = hook.hook;
    const rank = /_start(_|$)/.test(name) ? 2 : name.endsWith('_birth') ? 1 : 0;
    ranks[rank]?.push(hook);
  }
  return ranks;
}

/** `/proc/<pid>/maps`; empty if the process has gone. */
function readMaps(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return '';
  }
}
