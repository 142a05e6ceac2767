/**
 * The tracer: sees all stages. Owns what the others are joined to: a loaded kernel, the stage, the targets, those who
 * attach them. One at a time per process is enough: one loaded BPF object serves all targets.
 */
import { release } from 'node:os';
import { Programs } from '../attach/program.ts';
import type { Target } from '../attach/target.ts';
import { TargetMaker } from '../attach/target-maker.ts';
import { type CodeFrame, type CodePlace, KERNEL_ID } from '../correlate/code-place.ts';
import { DEFAULT_SAMPLER } from '../export/sampler.ts';
import { StageHost } from '../ingest/stage-host.ts';
import { Clock } from '../kernel/clock.ts';
import { degradationsOf } from '../kernel/degradations.ts';
import { Kernel } from '../kernel/kernel.ts';
import { RING_BYTES } from '../kernel/kernel-options.ts';
import { nowKtime } from '../kernel/ktime.ts';
import { isWithin } from '../probes/families.ts';
import { DEFAULT_LEVEL, type ProbeLevel } from '../probes/hook.ts';
import { hasFastNop5 } from '../process/kernel-release.ts';
import { isAlive } from '../process/process.ts';
import { ROUTE_PATTERN_FORM, routePatternsFault } from '../span/route-pattern.ts';
import type { CallSeries } from '../stage/call-counts.ts';
import { Losses } from '../stage/counters.ts';
import type { StageMessage } from '../stage/record-stage.ts';
import { Symbols } from '../symbols/symbols.ts';
import { VERSION } from '../version.ts';
import type { Ktime } from '../wire/batch.ts';
import type { EvProcessExec, EvProcessExit } from '../wire/wire.gen.ts';
import type { TargetInfo, TracerEvent, TracerOptions, TracerStats } from './api.ts';
import { Attacher } from './attacher.ts';
import { Budget, type BudgetOptions } from './budget.ts';
import { Follower } from './follower.ts';
import { Housekeeping } from './housekeeping.ts';
import { Levels } from './levels.ts';
import { OpenSpans } from './open-spans.ts';
import { TargetLife } from './target-life.ts';
import { TargetTable } from './target-table.ts';
import { tracerStats } from './tracer-stats.ts';
import { UnderWay } from './under-way.ts';

/** So long a process may do nothing that is traced before that is said. */
const QUIET_MS = 10_000;
/** Where no larger share of all traces is drawn, nearly no spans are made. */
const LITTLE = 0.1;
/** Waits as long as this are spans of their own. */
const WAIT_MIN_MILLIS = 1;
/** No multiple of what programs do in a round number of times a second. */
const PROFILE_HZ = 99;
/** An inherited context serves as a link for so long after its span has ended. */
const LINK_GRACE_NS = 10_000_000_000n;

export class Tracer {
  readonly #options: TracerOptions;
  readonly #kernel: Kernel;
  readonly #clock = new Clock();
  readonly #stage: StageHost;
  readonly #programs: Programs;
  readonly #symbols = new Symbols((message) => this.#warn(message));
  readonly #losses = new Losses();
  readonly #openSpans: OpenSpans;
  readonly #targets: TargetTable;
  readonly #life: TargetLife;
  readonly #attacher: Attacher;
  readonly #follower: Follower;
  readonly #housekeeping: Housekeeping;
  /** Waits as long are spans of their own; 0: none is. */
  readonly #waitMinNs: number;
  readonly #underWay = new UnderWay((error) => this.#warn(String(error)));
  readonly #levels: Levels;
  #stacksFull = 0;
  #followsExec = false;
  #countsCalls = false;
  #closing: Promise<TracerStats> | undefined;
  #finalStats: TracerStats | undefined;

  /** Loads the BPF programs; attaches nothing yet. Throws `GoidspanError`, and a `RangeError` for `routes` that are none. Linux ≥ 5.10 with BTF. */
  static async open(options: TracerOptions): Promise<Tracer> {
    const fault = options.routes && routePatternsFault(options.routes);
    if (fault !== undefined)
      throw new RangeError(`routes must be patterns, each ${ROUTE_PATTERN_FORM}; ${fault}`);
    const kernel = await Kernel.openAsync({ ...options.kernel, level: loadedLevelOf(options) });
    for (const { missing, without } of degradationsOf(kernel.facts)) {
      options.onEvent?.({ kind: 'degraded', missing, without });
    }
    return new Tracer(options, kernel);
  }

  private constructor(options: TracerOptions, kernel: Kernel) {
    const { processors, recorder, codeSink, dbStatement, telemetryExports, waits, slowMillis, routes } =
      options;
    const { keep, serviceName } = options;
    const { level = DEFAULT_LEVEL, raise = 'none' } = options;
    const tell = (event: TracerEvent): void => options.onEvent?.(event);
    this.#options = options;
    this.#kernel = kernel;
    this.#waitMinNs = waitMinNsOf(options);
    this.#applySettings();
    this.#stage = new StageHost(kernel, {
      processors,
      recorder,
      codeSink,
      idlePriority: options.idlePriority ?? false,
      makesLittle: makesLittle(options),
      settings: {
        scope: { name: 'goidspan', version: VERSION },
        dbStatement,
        telemetryExports,
        waits,
        slowMillis,
        routes,
        keep: keep && { rules: keep, sampler: options.sampler ?? DEFAULT_SAMPLER },
        tellsSlowRoutes: raise !== 'none',
      },
      onMessage: (message) => this.#receive(message),
      onRequest: options.onRequest,
      onFailure: (error) => this.#warn(error.message),
    });
    this.#tellClock();
    this.#programs = new Programs({
      preferNop5: hasFastNop5(release(), process.arch),
      level: loadedLevelOf(options),
      sdk: options.sdk,
    });
    this.#openSpans = new OpenSpans(kernel, this.#losses, (span) => this.#stage.take(span));
    this.#targets = new TargetTable((targetId) => this.#stage.take({ kind: 'forget', targetId }));
    this.#life = new TargetLife({
      table: this.#targets,
      maker: new TargetMaker({
        kernel,
        serviceName,
        warn: (message) => this.#warn(message),
        level: () => this.#levels.current,
      }),
      programs: this.#programs,
      stage: this.#stage,
      openSpans: this.#openSpans,
      losses: this.#losses,
      underWay: this.#underWay,
      waitMinNs: this.#waitMinNs,
      levelNotAsked: () => this.#levels.notAsked,
      tell,
    });
    this.#attacher = new Attacher({
      programs: this.#programs,
      table: this.#targets,
      life: this.#life,
      isNamed: (pid, exe) => this.#follower.matches(pid, exe),
      tell,
    });
    this.#follower = new Follower({
      attach: (pid, executedAt) => void this.#attachFound(pid, executedAt),
      isTarget: (pid) => this.#targets.liveAt(pid) !== undefined,
    });
    this.#housekeeping = new Housekeeping({
      clock: () => {
        if (this.#clock.measure()) this.#tellClock();
      },
      sweep: () => this.#sweep(),
      // The budget does so by itself, more often.
      measure: (on) => !this.#levels.budget && this.#kernel.measure(on),
      onFailure: (error) => this.#warn(error.message),
    });
    this.#levels = new Levels({
      asked: level,
      loaded: loadedLevelOf(options),
      raise,
      targets: () => this.#targets.live(),
      observe: () => {
        for (const target of this.#targets.live()) this.#life.observe(target);
      },
      openBudget: (change) => this.#openBudget(level, change),
      hold: (work) => this.#underWay.hold(work),
      tell,
    });
  }

  /** Undefined where there is none to be kept, or nothing that could be left out. */
  #openBudget(asked: ProbeLevel, change: BudgetOptions['change']): Budget | undefined {
    const { budget: share, onEvent } = this.#options;
    if (share === undefined || loadedLevelOf(this.#options) === 'spans') return undefined;
    return new Budget({
      share,
      asked,
      kernel: this.#kernel,
      hasFastNop5: hasFastNop5(release(), process.arch),
      targets: () => this.#targets.live(),
      factsOf: (target) => this.#life.factsOf(target),
      change,
      onChange: (budget) => onEvent?.({ kind: 'level', budget }),
      onExceeded: (budget) => onEvent?.({ kind: 'budget_exceeded', budget }),
      warn: (message) => this.#warn(message),
    });
  }

  /** Attaches to a running process. Throws `GoidspanError`. */
  attachPid(pid: number): Promise<TargetInfo> {
    return this.#underWay.hold(this.#attacher.attachPid(pid));
  }

  /**
   * Attaches to a process that is held before it executes `command` (an executable file), so that nothing it does is
   * missed; and follows what it and its descendants execute. Undefined if `command` itself is no Go program: a shell
   * may execute one of `guesses`, for which all is prepared then.
   */
  attachCommand(
    pid: number,
    command: string,
    guesses: readonly string[] = [],
  ): Promise<TargetInfo | undefined> {
    return this.#underWay.hold(this.#attachCommand(pid, command, guesses));
  }

  /**
   * Attaches to what runs a matching executable now or later; with `sameNetwork` only in the network namespace of this
   * process. Returns how many are attached now.
   */
  async followExecutables(globs: readonly string[], { sameNetwork = false } = {}): Promise<number> {
    this.#follower.followGlobs(globs, sameNetwork);
    this.#applySettings(true);
    await Promise.all(this.#follower.running().map((pid) => this.#attachFound(pid)));
    return this.#targets.live().length;
  }

  /**
   * How deep targets are looked at from now on, those of now and later ones: as deep as was loaded (`kernel.level`), whatever
   * `raise` would have. Spans go on;
   * those that are open meanwhile have no breakdown. Throws what the kernel refuses.
   */
  setLevel(level: ProbeLevel): Promise<void> {
    return this.#levels.ask(level);
  }

  /** Calls are counted from now on, those that are not sampled too, and how long they took; or they are not. */
  countCalls(on: boolean): void {
    if (this.#closing !== undefined || this.#countsCalls === on) return;
    this.#countsCalls = on;
    this.#stage.countCalls(on);
    this.#applySettings();
  }

  /** How long calls took that were counted, of targets that are known still: as old as the statistics. */
  callCounts(): readonly CallSeries[] {
    return this.#stage.calls();
  }

  /** Everything that is counted, once what the ring holds now has been taken in and handed to the processors. */
  async stats(): Promise<TracerStats> {
    await this.#stage.drain();
    return this.currentStats();
  }

  /** Everything that has been counted so far; after `close`, the final numbers. */
  currentStats(): TracerStats {
    return this.#finalStats ?? this.#readStats();
  }

  /** Detaches, drains, reports what was still open, flushes the processors. Idempotent; never throws. */
  close(): Promise<TracerStats> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #attachCommand(
    pid: number,
    command: string,
    guesses: readonly string[],
  ): Promise<TargetInfo | undefined> {
    this.#follower.followTree(pid);
    this.#applySettings(true);
    const info = await this.#attacher.attachHeld(pid, command);
    if (info) return info;
    await this.#attacher.prepare(pid, guesses);
    // Whatever it starts: each moment counts until there is something to trace.
    this.#stage.hurry(true);
    return undefined;
  }

  #attachFound(pid: number, executedAt?: Ktime): Promise<void> {
    if (this.#closing !== undefined) return Promise.resolve();
    return this.#underWay.track(this.#attacher.attachFound(pid, executedAt));
  }

  /** What goes wrong on a message must not stop the others. */
  #receive(message: StageMessage): void {
    try {
      this.#follow(message);
    } catch (error) {
      this.#warn(error instanceof Error ? error.message : String(error));
    }
  }

  #follow(message: StageMessage): void {
    switch (message.kind) {
      case 'exec':
        this.#onProcessExec(message.record);
        return;
      case 'exit':
        this.#onProcessExit(message.record);
        return;
      case 'implausible': {
        const target = this.#targets.get(message.targetId);
        if (target) this.#life.fail(target, message.failure);
        return;
      }
      case 'stop': {
        const target = this.#targets.get(message.stop.targetId);
        if (target) this.#options.onWorldStop?.(message.stop, target.info);
        return;
      }
      case 'slow_route': {
        const target = this.#targets.get(message.of.targetId);
        if (target && this.#closing === undefined)
          void this.#underWay.track(this.#levels.onSlowRoute(message.of, target.info));
        return;
      }
      case 'code_wanted':
        void this.#underWay.track(this.#tellCode(message.place, message.pcs));
        return;
      case 'type_name_wanted': {
        const { targetId, address } = message;
        const name = this.#targets.get(targetId)?.errorTypeName(address) ?? null;
        this.#stage.take({ kind: 'type_name', targetId, address, name });
      }
    }
  }

  async #tellCode(place: CodePlace, pcs: readonly number[]): Promise<void> {
    this.#stage.take({ kind: 'code', place, frames: await this.#codeAt(place, pcs) });
  }

  async #codeAt(place: CodePlace, pcs: readonly number[]): Promise<readonly CodeFrame[]> {
    if (place.targetId === KERNEL_ID) return this.#symbols.kernelFramesOf(pcs);
    const program = this.#targets.get(place.targetId)?.program;
    if (program === undefined) return [];
    return (
      (await this.#programs.during(program, () => this.#symbols.framesOf(program, { place, pcs }))) ?? []
    );
  }

  #onProcessExec({ tgid, parentTgid, ktimeNs }: EvProcessExec): void {
    const target = this.#targets.liveAt(tgid) ?? this.#targets.guessAt(tgid);
    if (target && this.#life.hasExecuted(target, ktimeNs)) return;
    if (this.#closing === undefined) this.#follower.onExec(tgid, parentTgid, ktimeNs);
  }

  #onProcessExit({ tgid, ktimeNs }: EvProcessExit): void {
    const target = this.#targets.liveAt(tgid) ?? this.#targets.guessAt(tgid);
    if (target) void this.#underWay.track(this.#life.end(target, ktimeNs));
    this.#follower.onExit(tgid);
  }

  async #close(): Promise<TracerStats> {
    await Promise.all([this.#housekeeping.close(), this.#levels.close()]);
    await this.#underWay.settled();
    await Promise.allSettled(this.#targets.live().map((target) => target.detach()));
    await this.#stage.drain();
    await this.#underWay.settled();
    this.#hintAtQuiet(this.#targets.live(), 0);
    for (const target of this.#targets.live()) await this.#life.leave(target);
    this.#attacher.close();
    await Promise.all([this.#stage.close(), this.#programs.close()]);
    // What the last records have asked for.
    await this.#underWay.settled();
    await this.#symbols.close();
    this.#finalStats = this.#readStats();
    this.#options.recorder?.write({
      kind: 'end',
      endedAt: new Date().toISOString(),
      stats: { ...this.#finalStats },
    });
    this.#kernel.close();
    if (this.#options.flushesProcessors ?? true) {
      await Promise.allSettled(this.#options.processors.map((processor) => processor.forceFlush()));
    }
    return this.#finalStats;
  }

  async #sweep(): Promise<void> {
    await this.#kernel.sweep(LINK_GRACE_NS);
    await this.#makeRoomForStacks();
    for (const target of this.#targets.live()) {
      if (!isAlive(target.facts)) await this.#life.end(target, nowKtime());
      else this.#life.observe(target);
    }
    await this.#openSpans.endWithGoroutines(this.#targets.live());
    this.#hintAtQuiet(this.#targets.live(), QUIET_MS);
  }

  /** Stacks for which there is no room are told each time that they are met. */
  async #makeRoomForStacks(): Promise<void> {
    const { NOTE_STACKS_FULL: full = 0 } = this.#kernel.counts();
    if (full > this.#stacksFull) await this.#kernel.forgetStacks();
    this.#stacksFull = full;
  }

  /** Spans that were not wanted are no silence. */
  #hintAtQuiet(targets: readonly Target[], afterMs: number): void {
    const stats = this.#readStats();
    if (stats.notes['unsampled'] || stats.notes['not_kept']) return;
    const silent = new Set(stats.targets.filter(({ spans }) => spans === 0).map(({ targetId }) => targetId));
    for (const { info, quiet, program } of targets) {
      if (!silent.has(info.targetId)) continue;
      const message = quiet.hint(info.exe, program.plan.untraced, afterMs);
      if (message !== undefined) this.#warn(message);
    }
  }

  #readStats(): TracerStats {
    const stage = this.#stage.report();
    return tracerStats({
      stage,
      losses: this.#losses,
      kernel: this.#kernel.counts(),
      runs: this.#kernel.programStats(),
      attachedLate: this.#attacher.late,
      refused: this.#attacher.refused,
      targets: this.#targets.stats(stage.countsByTarget),
      budget: this.#levels.budget?.stats,
      level: this.#levels.stats,
    });
  }

  #applySettings(followExec = this.#followsExec): void {
    this.#followsExec = followExec;
    const { parentBased, rejectBelow } = this.#options.sampler ?? DEFAULT_SAMPLER;
    this.#kernel.setSettings({
      samplerRejectBelow: rejectBelow,
      samplerParentBased: Number(parentBased),
      followExec: Number(followExec),
      waitMinNs: this.#waitMinNs,
      samplePeriodNs: Math.round(1e9 / (this.#options.profileHz ?? PROFILE_HZ)),
      countsUnsampled: Number(this.#countsCalls),
      grpcHealth: Number(this.#options.grpcHealth ?? false),
      tellsArguments: Number(this.#options.dbStatement === 'raw'),
    });
  }

  #tellClock(): void {
    this.#stage.take({ kind: 'clock', offset: this.#clock.offset });
  }

  #warn(message: string): void {
    this.#options.onEvent?.({ kind: 'warning', message });
  }
}

/** Nearly nothing is made of the records, and the ring takes many meanwhile. */
function makesLittle({ keep, kernel }: TracerOptions): boolean {
  return keep !== undefined && keep.ratio <= LITTLE && (kernel?.ringBytes ?? RING_BYTES) >= RING_BYTES / 4;
}

/** The deepest that can be chosen, or comes by itself. */
function loadedLevelOf({ kernel, level = DEFAULT_LEVEL, raise = 'none' }: TracerOptions): ProbeLevel {
  const chosen = kernel?.level ?? level;
  return raise === 'none' || isWithin(raise, chosen) ? chosen : raise;
}

function waitMinNsOf({ waits = 'spans', waitMinMillis = WAIT_MIN_MILLIS }: TracerOptions): number {
  return waits === 'spans' || waits === 'events' ? Math.max(1, Math.round(waitMinMillis * 1e6)) : 0;
}
