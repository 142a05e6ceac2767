/**
 * How deep programs may be looked at for what that costs: a step down when it is above the budget, one up when it will fit.
 * Pure: it is told what was measured, and when.
 */
import { LEVELS, type ProbeLevel } from '../probes/hook.ts';

/** What was measured since the one before. */
export interface BudgetSample {
  readonly nowMs: number;
  /** Time that probes took. */
  readonly probeNs: number;
  /** Time of processors that the targets might use. */
  readonly capacityNs: number;
  /** By how much was done: hits of the probes that every level has. */
  readonly work: number;
}

/** No two changes follow each other faster. */
const CHANGE_MIN_MS = 3_000;
/** Above the budget for so many samples, or once for so many times the budget, is too much. */
const OVER_SAMPLES = 2;
const OVER_ONCE = 1.5;
/** So long it must fit, and with that to spare. */
const FIT_SAMPLES = 5;
const FIT_SHARE = 0.7;
/** After a level had to go soon after it came, it stays away, longer each time. */
const SOON_MS = 30_000;
const BACK_OFF_MS = { first: 10_000, most: 300_000 } as const;
/** Less work tells nothing of what it costs. */
const WORK_MIN = 200;
/** Of new costs what counts at once. */
const SMOOTHING = 0.5;
/** So long above the budget at the level that always is, before that is said. */
const EXCEEDS_SAMPLES = 5;
/** What levels cost as long as it was not seen: about the hits of a plain request. */
const USUAL_COSTS: Readonly<Record<ProbeLevel, number>> = { spans: 3, waits: 10, runtime: 11, cpu: 12 };

export class BudgetController {
  readonly #share: number;
  #asked: ProbeLevel;
  #level: ProbeLevel;
  #changedAtMs = Number.NEGATIVE_INFINITY;
  #raisedAtMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #backOffMs: number = BACK_OFF_MS.first;
  #over = 0;
  #fits = 0;
  #exceeds = 0;
  #used = 0;
  /** Nanoseconds for each hit that counts as work. */
  readonly #costs = new Map<ProbeLevel, number>();

  /** @param share  of the targets' processors, above 0 */
  constructor(share: number, asked: ProbeLevel) {
    this.#share = share;
    this.#asked = asked;
    this.#level = asked;
  }

  get level(): ProbeLevel {
    return this.#level;
  }

  /** Of the targets' processors, what probes took by the last sample. */
  get used(): number {
    return this.#used;
  }

  /** The least that there is takes more than the budget, and has for a while. */
  get isExceeded(): boolean {
    return this.#exceeds >= EXCEEDS_SAMPLES;
  }

  /** As deep is wanted from now on, and is, or is less deep. */
  ask(asked: ProbeLevel, level = asked): void {
    this.#asked = asked;
    this.#level = level;
    this.#over = 0;
    this.#fits = 0;
  }

  /** The change that `take` asked for was not to be had. */
  refused(level: ProbeLevel): void {
    this.#level = level;
  }

  /** Takes a sample in; returns the level to change to, if any. */
  take(sample: BudgetSample): ProbeLevel | undefined {
    const { nowMs, probeNs, capacityNs, work } = sample;
    if (!(capacityNs > 0)) return undefined;
    this.#used = probeNs / capacityNs;
    // Some of it was of the level before.
    if (nowMs - this.#changedAtMs < CHANGE_MIN_MS) return undefined;
    if (work >= WORK_MIN) this.#learn(probeNs / work);
    const isOver = this.#used > this.#share;
    this.#over = isOver ? this.#over + 1 : 0;
    this.#exceeds = isOver && this.#level === 'spans' ? this.#exceeds + 1 : 0;
    if (this.#level !== 'spans' && (this.#over >= OVER_SAMPLES || this.#used > OVER_ONCE * this.#share)) {
      return this.#lower(sample);
    }
    return this.#raise(sample);
  }

  #lower({ nowMs }: BudgetSample): ProbeLevel {
    if (nowMs - this.#raisedAtMs < SOON_MS) {
      this.#backOffMs = Math.min(2 * this.#backOffMs, BACK_OFF_MS.most);
    } else this.#backOffMs = BACK_OFF_MS.first;
    this.#notBeforeMs = nowMs + this.#backOffMs;
    const below = LEVELS.slice(0, LEVELS.indexOf(this.#level)).reverse();
    return this.#change(below.find((level) => this.#expected(level) <= this.#share) ?? 'spans', nowMs);
  }

  #raise({ nowMs }: BudgetSample): ProbeLevel | undefined {
    const next = LEVELS[LEVELS.indexOf(this.#level) + 1];
    const isBelow = LEVELS.indexOf(this.#level) < LEVELS.indexOf(this.#asked);
    if (next === undefined || !isBelow || this.#expected(next) > FIT_SHARE * this.#share) {
      this.#fits = 0;
      return undefined;
    }
    if (++this.#fits < FIT_SAMPLES || nowMs < this.#notBeforeMs) return undefined;
    this.#raisedAtMs = nowMs;
    return this.#change(next, nowMs);
  }

  #change(level: ProbeLevel, nowMs: number): ProbeLevel {
    this.#level = level;
    this.#changedAtMs = nowMs;
    this.#over = 0;
    this.#fits = 0;
    return level;
  }

  #learn(cost: number): void {
    const known = this.#costs.get(this.#level);
    this.#costs.set(this.#level, known === undefined ? cost : known + SMOOTHING * (cost - known));
  }

  /** What probes would take at another level. */
  #expected(level: ProbeLevel): number {
    const [here, there] = [this.#costs.get(this.#level), this.#costs.get(level)];
    const ratio =
      here !== undefined && there !== undefined
        ? there / here
        : USUAL_COSTS[level] / USUAL_COSTS[this.#level];
    return this.#used * ratio;
  }
}
