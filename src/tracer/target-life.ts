/**
 * The life of a target: attached, told of, come to run its program, ended. Owns what is told and what becomes of its
 * spans; which processes get one is decided by others.
 */
import { isDeepStrictEqual } from 'node:util';
import { missingHooks } from '../attach/missing-hooks.ts';
import type { Program, Programs } from '../attach/program.ts';
import type { Target } from '../attach/target.ts';
import type { TargetMaker } from '../attach/target-maker.ts';
import type { TargetFacts } from '../correlate/target-facts.ts';
import { GoidspanError } from '../errors.ts';
import type { StageHost } from '../ingest/stage-host.ts';
import { nowKtime } from '../kernel/ktime.ts';
import type { ProbeLevel } from '../probes/hook.ts';
import { type CgroupLimits, readCgroupLimits } from '../process/cgroup-limits.ts';
import { executionOf } from '../process/execution.ts';
import { type ProcessFacts, readProcess } from '../process/process.ts';
import type { TargetFrame } from '../recording/format.ts';
import type { Losses } from '../stage/counters.ts';
import type { FamilyFailure } from '../stage/live-check.ts';
import type { Ktime } from '../wire/batch.ts';
import type { TracerEvent } from './api.ts';
import type { OpenSpans } from './open-spans.ts';
import type { TargetTable } from './target-table.ts';
import type { UnderWay } from './under-way.ts';

export interface TargetLifeOptions {
  readonly table: TargetTable;
  readonly maker: TargetMaker;
  readonly programs: Programs;
  readonly stage: StageHost;
  readonly openSpans: OpenSpans;
  readonly losses: Losses;
  readonly underWay: UnderWay;
  /** Waits as long are spans of their own; 0: none is. */
  readonly waitMinNs: number;
  readonly tell: (event: TracerEvent) => void;
  /** How deep targets are looked at, where that is not what was asked for. */
  readonly levelNotAsked: () => ProbeLevel | undefined;
}

/** What is known of the process when its target begins. */
export type Beginning = Partial<Pick<Target, 'awaitsExec' | 'isGuess' | 'execution'>>;

export class TargetLife {
  readonly #of: TargetLifeOptions;
  readonly #known = new WeakMap<Target, TargetFacts>();

  constructor(options: TargetLifeOptions) {
    this.#of = options;
  }

  /** Attaches. Throws `GoidspanError`; the program is released then. */
  async begin(facts: ProcessFacts, program: Program, beginning: Beginning): Promise<Target> {
    const { table, stage } = this.#of;
    const target = Object.assign(this.#make(facts, program), beginning, {
      wasHeld: beginning.awaitsExec === true,
    });
    table.add(target);
    stage.take(this.#frameOf(target));
    try {
      await target.attach();
      if (readProcess(facts.pid)?.startTicks !== facts.startTicks) {
        throw new GoidspanError('no_such_process', `cannot attach to pid ${facts.pid}: it ended meanwhile`);
      }
    } catch (error) {
      if (!target.endedAt) await this.#end(target, nowKtime());
      table.forget(target);
      throw error;
    }
    this.observe(target);
    if (!target.isGuess) this.#tellAttached(target);
    return target;
  }

  /** Tells the stage what has become known of a target beside its records, if that has changed. */
  observe(target: Target): void {
    const facts = targetFacts(target, this.#of.levelNotAsked());
    if (facts === undefined || isDeepStrictEqual(facts, this.#known.get(target))) return;
    this.#known.set(target, facts);
    this.#of.stage.take(this.#frameOf(target));
  }

  /** What is known of a target, by the last look. */
  factsOf(target: Target): TargetFacts {
    return this.#known.get(target) ?? {};
  }

  #frameOf(target: Target): TargetFrame {
    const facts = this.#known.get(target);
    const { info, attributes } = target;
    return { kind: 'target', ...info, waitMinNs: this.#of.waitMinNs, ...(facts && { facts }), attributes };
  }

  /** Its process has executed a program; false if that is not the one which is traced: the target then ends. */
  hasExecuted(target: Target, at: Ktime): boolean {
    // Of what it was seen to run already, before the record came.
    if (target.execution !== undefined && target.execution === executionOf(target.info.pid)) return true;
    if (this.hasArrived(target)) return true;
    if (!target.isGuess) void this.#of.underWay.track(this.end(target, at));
    return false;
  }

  /** Does a process that was held run its program now? It is told once. */
  hasArrived(target: Target): boolean {
    if (!target.awaitsExec) return false;
    const { pid, exe } = target.info;
    const execution = executionOf(pid);
    const now = readProcess(pid);
    // In the midst of an exec both change, one after the other; then its record is still to come.
    if (now?.exe !== exe || execution === undefined || execution !== executionOf(pid)) return false;
    // A shell may have changed what the program says of itself.
    if (target.isGuess && !hasSameResource(now, target.facts)) return false;
    const { isGuess } = target;
    Object.assign(target, { awaitsExec: false, isGuess: false, execution });
    target.locate();
    try {
      target.refuseUnreached();
      if (isGuess) this.#tellAttached(target);
    } catch (error) {
      this.#of.tell({ kind: 'refused', pid, exe, error: error as GoidspanError });
      void this.#of.underWay.track(this.end(target, nowKtime()));
    }
    return true;
  }

  /** The live check has failed: rather no spans than wrong ones. */
  fail(target: Target, { family, spanKind, why, spans }: FamilyFailure): void {
    if (target.endedAt) return;
    void this.#of.underWay.track(target.detachFamily(family, spanKind));
    const { pid, exe } = target.info;
    this.#warn(
      `cannot go on tracing ${family}_${spanKind} of pid ${pid} (${exe}): its first ${spans} spans make no sense: ${why} (the program does not match its own type data; please report it with the output of goidspan inspect)`,
    );
  }

  /** The process has ended or runs another program: its open spans end with it. */
  async end(target: Target, at: Ktime): Promise<void> {
    if (target.endedAt) return;
    await this.#end(target, at);
    if (target.isGuess) this.#of.table.forget(target);
    else this.#of.tell({ kind: 'ended', target: target.info });
    this.#of.table.forgetOld();
  }

  /** Tracing stops, and the target is detached already: what is still open is lost. */
  async leave(target: Target): Promise<void> {
    target.endedAt = new Date();
    await this.#of.openSpans.countAsLost(target.info.targetId);
    this.#of.programs.release(target.program);
    if (!target.isGuess) this.#of.tell({ kind: 'ended', target: target.info });
  }

  async #end(target: Target, at: Ktime): Promise<void> {
    const { openSpans, losses, programs, maker } = this.#of;
    target.endedAt = new Date();
    try {
      await target.detach();
      await openSpans.endWithProcess(target.info.targetId, at);
    } catch (error) {
      losses.lose('open_unreadable');
      this.#warn((error as Error).message);
    }
    programs.release(target.program);
    maker.release(target);
  }

  #make(facts: ProcessFacts, program: Program): Target {
    try {
      return this.#of.maker.make(facts, program);
    } catch (error) {
      this.#of.programs.release(program);
      throw error;
    }
  }

  #tellAttached({ info, program }: Target): void {
    const { stage, tell } = this.#of;
    stage.hurry(false);
    const { untraced, notDeeper, hooks } = program.plan;
    tell({
      ...(untraced.length > 0 && { untraced }),
      ...(notDeeper !== undefined && { notDeeper }),
      kind: 'attached',
      target: info,
      hooks: hooks.filter(({ sites }) => sites.length > 0).map(({ hook }) => hook.name),
      missing: missingHooks(hooks),
    });
  }

  #warn(message: string): void {
    this.#of.tell({ kind: 'warning', message });
  }
}

const resourceVariables = ['OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES'] as const;

function hasSameResource({ environment }: ProcessFacts, before: ProcessFacts): boolean {
  return resourceVariables.every((name) => environment.get(name) === before.environment.get(name));
}

/** Undefined before it runs its program. */
function targetFacts(target: Target, level: ProbeLevel | undefined): TargetFacts | undefined {
  if (target.awaitsExec || target.endedAt) return undefined;
  const { gomaxprocs } = target.runtimeFacts();
  const { cpus } = cgroupLimits(target.info.pid);
  return {
    ...(gomaxprocs !== undefined && { gomaxprocs }),
    ...(cpus && { cpuLimit: cpus }),
    ...(level && { level }),
  };
}

/** Nothing of a process that has gone, or may not be read. */
function cgroupLimits(pid: number): CgroupLimits {
  try {
    return readCgroupLimits(pid);
  } catch {
    return {};
  }
}
