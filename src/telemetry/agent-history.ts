/**
 * What a tracer tells the page of its own process: how deep it looks and what that takes, now and during the last hour. Owns the points
 * over time, of which there are so many and no more.
 */
import type { KeepRules } from '../export/keep-rules.ts';
import { DEFAULT_SAMPLER, type SamplerSettings } from '../export/sampler.ts';
import type { AgentState, AgentTarget } from '../page-api/agent-state.ts';
import { LEVELS, type ProbeLevel } from '../probes/hook.ts';
import type { TracerEvent, TracerStats } from '../tracer/api.ts';
import { budgetText } from '../tracer/budget-text.ts';
import { degradedText } from '../tracer/degraded-text.ts';
import { raiseText } from '../tracer/raise-text.ts';

const EVERY_MS = 5_000;
/** An hour of these. */
const POINTS_MAX = 720;
const EVENTS_MAX = 50;
const TARGETS_MAX = 100;
/** Of a message; of hooks of one target. */
const TEXT_MAX = 500;
const HOOKS_MAX = 200;

export interface AgentFacts {
  /** Undefined as long as there is no tracer. May throw. */
  readonly stats: () => TracerStats | undefined;
  readonly sampler?: SamplerSettings | undefined;
  readonly keep?: KeepRules | undefined;
}

interface Point {
  readonly atUs: number;
  readonly used: number | null;
  readonly limit: number | null;
  readonly level: ProbeLevel;
  readonly lost: number;
}

type Attached = Pick<AgentTarget, 'missing' | 'moreMissing' | 'absent' | 'notDeeper'>;

const NOT_ATTACHED_YET: Attached = { missing: [], moreMissing: 0, absent: 0 };

export class AgentHistory {
  readonly #of: AgentFacts;
  readonly #timer: NodeJS.Timeout;
  readonly #points: Point[] = [];
  readonly #events: { readonly atUs: number; readonly text: string }[] = [];
  readonly #attached = new Map<number, Attached>();
  #lost = 0;

  /** Starts; keeps no process alive. */
  constructor(facts: AgentFacts) {
    this.#of = facts;
    this.#timer = setInterval(() => this.#add(this.#read()), EVERY_MS).unref();
  }

  /** To be told of every event of the tracer. Never throws. */
  follow(event: TracerEvent): void {
    if (event.kind === 'attached') this.#attach(event);
    const text = textOf(event);
    if (text === undefined) return;
    this.#events.push({ atUs: Date.now() * 1_000, text: text.slice(0, TEXT_MAX) });
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
    if (changesLevel(event)) this.#add(this.#read());
  }

  /** Undefined as long as there is no tracer. Never throws. */
  state(): AgentState | undefined {
    const stats = this.#read();
    if (!stats) return undefined;
    if (this.#points.length === 0) this.#add(stats);
    const { budget, notes, lost } = stats;
    const { parentBased, rejectBelow } = this.#of.sampler ?? DEFAULT_SAMPLER;
    const points = this.#points;
    const targets = stats.targets.slice(-TARGETS_MAX);
    return {
      levels: LEVELS,
      level: levelOf(stats),
      ...(budget && {
        budget: { limit: budget.limit, used: budget.used, isMeasured: budget.isMeasured },
      }),
      sampler: { share: 1 - Number(rejectBelow) / 2 ** 56, parentBased },
      ...(this.#of.keep && { keep: this.#of.keep }),
      targets: targets.map(({ targetId, serviceName, pid, exe, endedAt, spans }) => ({
        ...{ service: serviceName, pid, exe, isEnded: endedAt !== undefined, spans },
        ...(this.#attached.get(targetId) ?? NOT_ATTACHED_YET),
      })),
      moreTargets: stats.targets.length - targets.length,
      losses: withoutZeros(lost.byReason),
      notes: withoutZeros(notes),
      events: [...this.#events],
      series: {
        everyMs: EVERY_MS,
        atUs: points.map(({ atUs }) => atUs),
        used: points.map(({ used }) => used),
        limit: points.map(({ limit }) => limit),
        level: points.map(({ level }) => LEVELS.indexOf(level)),
        lost: points.map(({ lost: count }) => count),
      },
    };
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#timer);
  }

  #add(stats: TracerStats | undefined): void {
    if (!stats) return;
    const { budget, lost } = stats;
    this.#points.push({
      atUs: Date.now() * 1_000,
      used: budget?.used ?? null,
      limit: budget?.limit ?? null,
      level: levelOf(stats).now,
      lost: lost.total - this.#lost,
    });
    this.#lost = lost.total;
    if (this.#points.length > POINTS_MAX) this.#points.shift();
  }

  #attach({ target, missing, notDeeper }: Extract<TracerEvent, { kind: 'attached' }>): void {
    const lost = missing.flatMap(({ hook, why, without }) => (without ? [{ hook, why, without }] : []));
    this.#attached.set(target.targetId, {
      missing: lost.slice(0, HOOKS_MAX),
      moreMissing: Math.max(0, lost.length - HOOKS_MAX),
      absent: missing.length - lost.length,
      ...(notDeeper !== undefined && { notDeeper }),
    });
    if (this.#attached.size <= TARGETS_MAX) return;
    const [oldest] = this.#attached.keys();
    this.#attached.delete(oldest as number);
  }

  #read(): TracerStats | undefined {
    try {
      return this.#of.stats();
    } catch {
      return undefined;
    }
  }
}

const levelOf = ({ level, budget }: TracerStats): { now: ProbeLevel; asked: ProbeLevel } =>
  level ?? { now: budget?.level ?? 'spans', asked: budget?.asked ?? 'spans' };

const withoutZeros = (counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

const changesLevel = ({ kind }: TracerEvent): boolean => /^(level|raise)/.test(kind);

/** Of what the page tells in the order of time. */
function textOf(event: TracerEvent): string | undefined {
  switch (event.kind) {
    case 'level':
    case 'budget_exceeded':
      return budgetText(event);
    case 'raised':
    case 'raise_ended':
      return raiseText(event);
    case 'refused':
      return event.error.message;
    case 'attached':
      return `attached to ${event.target.serviceName} (pid ${event.target.pid})`;
    case 'ended':
      return `no longer tracing ${event.target.serviceName} (pid ${event.target.pid})`;
    case 'degraded':
      return degradedText(event);
    case 'warning':
      return event.message;
  }
}
