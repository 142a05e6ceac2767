/**
 * How deep targets are looked at: as deep as was asked for, less to keep a budget, and deeper for a while when a route has become
 * slow. Owns the one way in which that changes.
 */
import type { Target } from '../attach/target.ts';
import type { TargetInfo } from '../attach/target-info.ts';
import { isWithin } from '../probes/families.ts';
import { isLevel, type ProbeLevel } from '../probes/hook.ts';
import type { Raise } from '../probes/raise.ts';
import type { SlowRoute } from '../stage/slowdowns.ts';
import type { TracerEvent } from './api.ts';
import type { Budget } from './budget.ts';
import type { LevelStats } from './budget-stats.ts';
import { RAISE_MS, RaiseController } from './raise-controller.ts';

const TICK_MS = 1_000;

type KeptBudget = Pick<Budget, 'ask' | 'close' | 'stats'>;

export interface LevelsOptions {
  readonly asked: ProbeLevel;
  /** The deepest that there can be. */
  readonly loaded: ProbeLevel;
  /** As deep while a route is slow; within what is loaded. */
  readonly raise: Raise;
  readonly targets: () => readonly Pick<Target, 'setLevel'>[];
  /** How deep targets are looked at has changed, or is about to. */
  readonly observe: () => void;
  /** Undefined where none is to be kept; `change` is what it changes the level by. */
  readonly openBudget: (change: (level: ProbeLevel) => Promise<void>) => KeptBudget | undefined;
  /** Takes what must come to its end before the tracer closes. */
  readonly hold: <T>(work: Promise<T>) => Promise<T>;
  readonly tell: (event: TracerEvent) => void;
}

export class Levels {
  readonly #of: LevelsOptions;
  readonly budget: KeptBudget | undefined;
  readonly #raise = new RaiseController();
  #timer: NodeJS.Timeout | undefined;
  #asked: ProbeLevel;
  #level: ProbeLevel;
  /** What was asked for, or deeper while a route is slow. */
  #wanted: ProbeLevel;

  constructor(options: LevelsOptions) {
    this.#of = options;
    this.#asked = options.asked;
    this.#level = options.asked;
    this.#wanted = options.asked;
    this.budget = options.openBudget((level) => this.#change(level));
  }

  /** As deep are targets looked at. */
  get current(): ProbeLevel {
    return this.#level;
  }

  get stats(): LevelStats {
    return { now: this.#level, asked: this.#wanted };
  }

  /** The same where it is not what was asked for. */
  get notAsked(): ProbeLevel | undefined {
    return this.#level === this.#asked ? undefined : this.#level;
  }

  /** As deep is wanted from now on, and is, whatever is slow. Throws what the kernel refuses. */
  async ask(level: ProbeLevel): Promise<void> {
    const { loaded } = this.#of;
    if (!isLevel(level) || !isWithin(level, loaded))
      throw new RangeError(`level must be within ${loaded}, which was loaded, not ${level}`);
    const before = this.#asked;
    this.#asked = level;
    this.#endRaise();
    try {
      await this.#go(level);
    } catch (error) {
      this.#asked = before;
      await this.#goBack();
      throw error;
    }
  }

  /** A route of that target has become slow. */
  async onSlowRoute({ route, p99Ns, usualP99Ns }: SlowRoute, target: TargetInfo): Promise<void> {
    const { raise, tell } = this.#of;
    if (raise === 'none' || isWithin(raise, this.#asked)) return;
    // What was asked for does not fit into the budget already.
    if (this.#level !== this.#asked || !this.#raise.begin(performance.now())) return;
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    try {
      await this.#go(raise);
    } catch (error) {
      this.#endRaise();
      this.#warn(error);
      await this.#goBack();
      return;
    }
    // Somebody may have asked for another one meanwhile.
    if (!this.#raise.isRaised) return;
    const times = { p99Millis: p99Ns / 1e6, usualMillis: usualP99Ns / 1e6 };
    tell({ kind: 'raised', target, route, ...times, level: raise, seconds: RAISE_MS / 1_000 });
  }

  /** Stops, and resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#endRaise();
    await this.budget?.close();
  }

  #tick(): void {
    if (!this.#raise.isOver(performance.now())) return;
    this.#endRaise();
    void this.#of.hold(this.#goBack()).then(() => this.#of.tell({ kind: 'raise_ended', level: this.#level }));
  }

  #endRaise(): void {
    clearInterval(this.#timer);
    this.#raise.end(performance.now());
  }

  /** As deep as was asked for, or less if the budget has it so. */
  async #goBack(): Promise<void> {
    try {
      await this.#go(this.#asked, isWithin(this.#level, this.#asked) ? this.#level : this.#asked);
    } catch (error) {
      this.#warn(error);
    }
  }

  async #go(asked: ProbeLevel, level = asked): Promise<void> {
    this.#wanted = asked;
    this.budget?.ask(asked, level);
    await this.#change(level);
  }

  async #change(level: ProbeLevel): Promise<void> {
    const { targets, observe, hold } = this.#of;
    const before = this.#level;
    this.#level = level;
    // A span that ends meanwhile and says nothing of its time says why.
    if (isWithin(level, before)) observe();
    try {
      await hold(Promise.all(targets().map((target) => target.setLevel(level))));
    } catch (error) {
      if (this.#level === level) this.#level = before;
      throw error;
    } finally {
      observe();
    }
  }

  #warn(error: unknown): void {
    this.#of.tell({ kind: 'warning', message: error instanceof Error ? error.message : String(error) });
  }
}
