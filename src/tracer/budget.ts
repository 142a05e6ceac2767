/**
 * Keeps what probes take within a budget: measures it once a second, and has the level changed. Owns the timers and the windows
 * in which the kernel's run statistics are on.
 */
import { availableParallelism } from 'node:os';
import type { Target } from '../attach/target.ts';
import type { TargetFacts } from '../correlate/target-facts.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { families } from '../probes/families.ts';
import { COST_BY_CLASS, costOf } from '../probes/hit-cost.ts';
import type { ProbeLevel } from '../probes/hook.ts';
import { BudgetController } from './budget-controller.ts';
import type { BudgetStats } from './budget-stats.ts';
import { countsOf } from './kernel-counts.ts';
import { ProbeTime } from './probe-time.ts';

const TICK_MS = 1_000;
/** Run statistics cost every BPF program on the host, so they are on for a part of the time only. */
const WINDOW_MS = 100;

const PROBES: ReadonlySet<string> = new Set(families.flatMap(({ hooks }) => hooks.map(({ name }) => name)));
/** Those that are there at every level: by their hits what is done is known. */
const ALWAYS: readonly string[] = families
  .filter(({ level }) => level === 'spans')
  .flatMap(({ hooks }) => hooks.map(({ name }) => name));

export interface BudgetOptions {
  readonly share: number;
  readonly asked: ProbeLevel;
  readonly kernel: Kernel;
  readonly hasFastNop5: boolean;
  readonly targets: () => readonly Target[];
  readonly factsOf: (target: Target) => TargetFacts;
  /** Throws what the kernel refuses. */
  readonly change: (level: ProbeLevel) => Promise<void>;
  readonly onChange: (stats: BudgetStats) => void;
  /** Once: the least that there is takes more than the budget. */
  readonly onExceeded: (stats: BudgetStats) => void;
  readonly warn: (message: string) => void;
}

export class Budget {
  readonly #of: BudgetOptions;
  readonly #controller: BudgetController;
  readonly #time = new ProbeTime();
  readonly #timer: NodeJS.Timeout;
  #asked: ProbeLevel;
  #window: NodeJS.Timeout | undefined;
  #hits: Readonly<Record<string, number>>;
  #tickedAtMs = performance.now();
  #busy: Promise<void> = Promise.resolve();
  #isChanging = false;
  #wasExceeded = false;
  #saysEstimate = true;

  /** Starts; keeps no process alive. */
  constructor(options: BudgetOptions) {
    this.#of = options;
    this.#asked = options.asked;
    this.#controller = new BudgetController(options.share, options.asked);
    this.#hits = this.#readHits();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    this.#measure();
  }

  get stats(): BudgetStats {
    const { level, used } = this.#controller;
    return { limit: this.#of.share, used, level, asked: this.#asked, isMeasured: this.#time.isMeasured };
  }

  /** As deep is wanted from now on, and is, or is less deep. */
  ask(asked: ProbeLevel, level = asked): void {
    this.#asked = asked;
    this.#controller.ask(asked, level);
  }

  /** Stops, and resolves when nothing is under way any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#window);
    this.#of.kernel.measure(false);
    await this.#busy;
  }

  #tick(): void {
    const nowMs = performance.now();
    const hits = this.#readHits();
    const lastedMs = nowMs - this.#tickedAtMs;
    const done = Object.fromEntries(
      Object.entries(hits).map(([probe, count]) => [probe, count - (this.#hits[probe] ?? 0)]),
    );
    this.#hits = hits;
    this.#tickedAtMs = nowMs;
    if (!this.#isChanging) this.#take(done, nowMs, lastedMs);
    this.#measure();
  }

  #take(done: Readonly<Record<string, number>>, nowMs: number, lastedMs: number): void {
    const targets = this.#of.targets();
    const before = this.#controller.level;
    const next = this.#controller.take({
      nowMs,
      probeNs: this.#time.timeNs(done, lastedMs, (probe) => this.#trapNs(probe, targets)),
      capacityNs: this.#processors(targets) * lastedMs * 1e6,
      work: ALWAYS.reduce((sum, probe) => sum + (done[probe] ?? 0), 0),
    });
    if (this.#controller.isExceeded && !this.#wasExceeded) {
      this.#wasExceeded = true;
      this.#of.onExceeded(this.stats);
    }
    if (next !== undefined) this.#busy = this.#change(next, before);
  }

  async #change(level: ProbeLevel, before: ProbeLevel): Promise<void> {
    this.#isChanging = true;
    try {
      await this.#of.change(level);
      this.#of.onChange(this.stats);
    } catch (error) {
      this.#controller.refused(before);
      this.#of.warn((error as Error).message);
    } finally {
      this.#isChanging = false;
    }
  }

  #measure(): void {
    const { kernel, targets, warn } = this.#of;
    if (targets().length === 0) return;
    if (!kernel.measure(true)) {
      if (this.#saysEstimate) {
        warn(
          'the kernel does not measure what probes take: it is estimated by their number (CAP_SYS_ADMIN, Linux 5.8)',
        );
      }
      this.#saysEstimate = false;
      return;
    }
    const before = kernel.programStats();
    const beganAtMs = performance.now();
    this.#window = setTimeout(() => {
      this.#time.takeWindow(before, kernel.programStats(), PROBES, performance.now() - beganAtMs);
      kernel.measure(false);
    }, WINDOW_MS).unref();
  }

  #readHits(): Readonly<Record<string, number>> {
    return countsOf('HIT', this.#of.kernel.counts());
  }

  /** The dearest of its places counts. */
  #trapNs(probe: string, targets: readonly Target[]): number {
    const sites = targets.flatMap(
      ({ program }) => program.plan.hooks.find(({ hook }) => hook.name === probe)?.sites ?? [],
    );
    const costs = sites.map((site) => costOf(site.class, this.#of.hasFastNop5));
    const { min, max } = costs.sort((a, b) => b.max - a.max)[0] ?? COST_BY_CLASS.emulated;
    return (min + max) / 2;
  }

  /** As many as the targets may use, of those that there are. */
  #processors(targets: readonly Target[]): number {
    const all = availableParallelism();
    const used = targets.map((target) => {
      const { gomaxprocs = all, cpuLimit = all } = this.#of.factsOf(target);
      return Math.min(gomaxprocs, cpuLimit);
    });
    return Math.min(
      all,
      used.reduce((sum, count) => sum + count, 0),
    );
  }
}
