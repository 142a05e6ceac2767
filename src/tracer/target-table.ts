/** The targets that live and, for their statistics, the last of those that have ended. Owns the table, not their life. */
import { missingHooks } from '../attach/missing-hooks.ts';
import type { Target } from '../attach/target.ts';
import { breakdownOf } from '../correlate/time-spent.ts';
import type { Cause } from '../correlate/verdict.ts';
import type { TargetReport } from '../stage/span-stage.ts';
import type { TargetStats } from './api.ts';

/** Ended targets that are kept. */
const ENDED_MAX = 1024;

export class TargetTable {
  readonly #byId = new Map<number, Target>();
  readonly #onForget: (targetId: number) => void;

  /** `onForget` is told of each target that leaves the table. */
  constructor(onForget: (targetId: number) => void) {
    this.#onForget = onForget;
  }

  add(target: Target): void {
    this.#byId.set(target.info.targetId, target);
  }

  get(targetId: number): Target | undefined {
    return this.#byId.get(targetId);
  }

  live(): Target[] {
    return [...this.#byId.values()].filter((target) => target.endedAt === undefined);
  }

  /** The target that this process is. */
  liveAt(pid: number): Target | undefined {
    return this.live().find((target) => target.info.pid === pid && !target.isGuess);
  }

  /** The target that this process, a shell, may become. */
  guessAt(pid: number): Target | undefined {
    return this.live().find((target) => target.info.pid === pid && target.isGuess);
  }

  forget({ info: { targetId } }: Target): void {
    this.#byId.delete(targetId);
    this.#onForget(targetId);
  }

  /** Keeps no more than the last of the ended ones. */
  forgetOld(): void {
    const ended = [...this.#byId.values()].filter((target) => target.endedAt !== undefined);
    for (const target of ended.slice(0, -ENDED_MAX)) this.forget(target);
  }

  /** Of those that were attached, at least once. */
  stats(counts: ReadonlyMap<number, TargetReport>): TargetStats[] {
    const attached = [...this.#byId.values()].filter((target) => target.wasAttached && !target.isGuess);
    return attached.map((target) => ({
      ...statsOf(target),
      spans: counts.get(target.info.targetId)?.spans ?? 0,
      ...requestsOf(counts.get(target.info.targetId)),
    }));
  }
}

function statsOf(target: Target): Omit<TargetStats, 'spans'> {
  const { info, attachedAt, endedAt, runDelays, slowAllocations, program } = target;
  const missing = missingHooks(program.plan.hooks).filter(({ without }) => without !== undefined);
  return {
    ...info,
    attachedAt: attachedAt.toISOString(),
    ...(endedAt ? { endedAt: endedAt.toISOString() } : { runtime: target.runtimeFacts() }),
    ...(runDelays && { runDelays }),
    ...(slowAllocations && { slowAllocations }),
    ...(missing.length > 0 && { missingHooks: missing.map(({ hook }) => hook) }),
  };
}

/** Only of a target whose requests were looked at as deep. */
function requestsOf(
  report: TargetReport | undefined,
): Pick<TargetStats, 'verdicts' | 'requestTime' | 'routes'> {
  if (!report?.routes.some(({ requestNs }) => requestNs.length > 0)) return {};
  const verdicts: Partial<Record<Cause, number>> = {};
  const ns: number[] = [];
  for (const route of report.routes) {
    for (const [cause, count] of Object.entries(route.verdicts) as [Cause, number][])
      verdicts[cause] = (verdicts[cause] ?? 0) + count;
    route.requestNs.forEach((spent, use) => {
      ns[use] = (ns[use] ?? 0) + spent;
    });
  }
  return {
    verdicts,
    requestTime: breakdownOf({ ns }),
    routes: report.routes.map(({ attributes, verdicts: ofRoute, requestNs }) => ({
      attributes,
      verdicts: ofRoute,
      requestTime: breakdownOf({ ns: requestNs }),
    })),
  };
}
