/**
 * The tracer: sees all stages. Decides which processes are targets, hands records from the kernel through
 * correlate and span to the processors, and keeps house. One at a time per process is enough: one loaded BPF object
 * serves all targets.
 */
import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, Programs } from '../attach/program.ts';
import type { Target } from '../attach/target.ts';
import { TargetMaker } from '../attach/target-maker.ts';
import { GoidspanError } from '../errors.ts';
import { DEFAULT_SAMPLER } from '../export/sampler.ts';
import { StageHost } from '../ingest/stage-host.ts';
import { Clock } from '../kernel/clock.ts';
import { degradationsOf } from '../kernel/degradations.ts';
import { Kernel } from '../kernel/kernel.ts';
import { executionOf } from '../process/execution.ts';
import { hasFastNop5 } from '../process/kernel-release.ts';
import { isAlive, type ProcessFacts, readProcess, requireProcess } from '../process/process.ts';
import { hasSockets } from '../process/sockets.ts';
import { Losses } from '../stage/counters.ts';
import type { FamilyFailure } from '../stage/live-check.ts';
import type { StageMessage } from '../stage/record-stage.ts';
import { VERSION } from '../version.ts';
import type { Ktime } from '../wire/batch.ts';
import type { EvProcessExec, EvProcessExit } from '../wire/wire.gen.ts';
import type { TargetInfo, TracerEvent, TracerOptions, TracerStats } from './api.ts';
import { Follower } from './follower.ts';
import { Housekeeping } from './housekeeping.ts';
import { OpenSpans } from './open-spans.ts';
import { tracerStats } from './tracer-stats.ts';

/** Ended targets whose statistics are kept. */
const ENDED_TARGETS_MAX = 1024;
/** So long a process may do nothing that is traced before that is said. */
const QUIET_MS = 10_000;
/** An inherited context serves as a link for so long after its span has ended. */
const LINK_GRACE_NS = 10_000_000_000n;

export class Tracer {
  readonly #options: TracerOptions;
  readonly #kernel: Kernel;
  readonly #clock = new Clock();
  readonly #stage: StageHost;
  readonly #programs: Programs;
  readonly #follower: Follower;
  readonly #housekeeping: Housekeeping;
  readonly #losses = new Losses();
  #attachedLate = 0;
  readonly #openSpans: OpenSpans;
  /** Live targets and, for their statistics, the last of the ended ones. */
  readonly #targets = new Map<number, Target>();
  readonly #targetMaker: TargetMaker;
  /** What a held shell may execute. */
  readonly #prepared: Program[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<TracerStats> | undefined;
  #finalStats: TracerStats | undefined;

  /** Loads the BPF programs; attaches nothing yet. Throws `GoidspanError`. Linux ≥ 5.10 with BTF. */
  static async open(options: TracerOptions): Promise<Tracer> {
    const kernel = await Kernel.openAside(options.kernel);
    for (const { missing, without } of degradationsOf(kernel.facts)) {
      options.onEvent?.({ kind: 'degraded', missing, without });
    }
    return new Tracer(options, kernel);
  }

  private constructor(options: TracerOptions, kernel: Kernel) {
    this.#options = options;
    this.#kernel = kernel;
    this.#programs = new Programs({ preferNop5: hasFastNop5(release(), process.arch) });
    const { serviceName } = options;
    this.#targetMaker = new TargetMaker({
      kernel,
      serviceName,
      warn: (message) => this.#tell({ kind: 'warning', message }),
    });
    this.#follower = new Follower({
      attach: (pid, executedAt) => this.#track(this.#attachFound(pid, executedAt)),
      isTarget: (pid) => this.#liveTarget(pid) !== undefined,
    });
    this.#applySettings(false);
    this.#stage = new StageHost(kernel, {
      processors: options.processors,
      settings: { scope: { name: 'goidspan', version: VERSION }, dbStatement: options.dbStatement },
      recorder: options.recorder,
      onMessage: this.#guarded((message) => this.#follow(message)),
      onFailure: (error) => this.#tell({ kind: 'warning', message: error.message }),
    });
    this.#openSpans = new OpenSpans(kernel, this.#losses, (span) => this.#stage.take(span));
    this.#tellClock();
    this.#housekeeping = new Housekeeping({
      clock: () => {
        this.#clock.measure();
        this.#tellClock();
      },
      sweep: () => this.#sweep(),
      measure: (on) => this.#kernel.measure(on),
      onFailure: (error) => this.#tell({ kind: 'warning', message: error.message }),
    });
  }

  /** Attaches to a running process. Throws `GoidspanError`. */
  attachPid(pid: number): Promise<TargetInfo> {
    return this.#hold(this.#attachPid(pid));
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
    return this.#hold(this.#attachCommand(pid, command, guesses));
  }

  async #attachPid(pid: number): Promise<TargetInfo> {
    const known = this.#liveTarget(pid);
    if (known) return known.info;
    const facts = requireProcess(pid);
    const program = await this.#programOf(facts);
    const execution = await settledExecutionOf(pid);
    const now = readProcess(pid);
    const isSame =
      now?.startTicks === facts.startTicks && now.exe === facts.exe && execution === executionOf(pid);
    const guess = this.#guess(pid);
    // It has turned out to run a Go program: the one that was expected, or another one.
    if (isSame && guess) {
      this.#programs.release(program);
      if (this.#hasArrived(guess)) return guess.info;
      await this.#end(guess, nowKtime());
      return this.#attachPid(pid);
    }
    if (isSame && this.#liveTarget(pid) === undefined) {
      return (await this.#attach(facts, program, { execution })).info;
    }
    // While its program was planned, it was attached by another call, or has replaced its program, or ended.
    this.#programs.release(program);
    return this.#attachPid(pid);
  }

  /** Of a process that runs: what is wrong with its program names both. */
  async #programOf({ pid, exe, openPath }: ProcessFacts): Promise<Program> {
    try {
      return await this.#programs.acquire(openPath);
    } catch (error) {
      if (!(error instanceof GoidspanError)) throw error;
      const message = error.message.replace(openPath, `${exe} (pid ${pid})`);
      throw new GoidspanError(error.code, message, { cause: error });
    }
  }

  async #attachCommand(
    pid: number,
    command: string,
    guesses: readonly string[],
  ): Promise<TargetInfo | undefined> {
    this.#follower.followTree(pid);
    this.#applySettings(true);
    const program = await this.#goProgramAt(command);
    if (program !== undefined) return (await this.#attachHeld(pid, command, program)).info;
    await this.#prepare(pid, guesses);
    // Whatever it starts: each moment counts until there is something to trace.
    this.#stage.hurry(true);
    return undefined;
  }

  async #attachHeld(pid: number, exe: string, program: Program, isGuess = false): Promise<Target> {
    const facts: ProcessFacts = { ...requireProcess(pid), exe, exeLink: exe, openPath: exe };
    return this.#attach(facts, program, { awaitsExec: true, isGuess });
  }

  /** Plans what a held shell may execute, and attaches to it if there is one choice: it may execute it in its own place. */
  async #prepare(pid: number, guesses: readonly string[]): Promise<void> {
    const programs = await Promise.all(guesses.map((path) => this.#goProgramAt(path).catch(() => undefined)));
    const found = programs.filter((program) => program !== undefined);
    // Kept open, and so planned, until the end.
    this.#prepared.push(...found);
    const [only, ...others] = found;
    if (only === undefined || others.length > 0) return;
    await this.#attachHeld(pid, only.path, await this.#programs.acquire(only.path), true);
  }

  /** Undefined if the file is no Go program. */
  async #goProgramAt(path: string): Promise<Program | undefined> {
    try {
      return await this.#programs.acquire(path);
    } catch (error) {
      if (error instanceof GoidspanError && ['not_go', 'bad_binary'].includes(error.code)) return undefined;
      throw error;
    }
  }

  /** Attaches to what runs a matching executable now or later. Returns how many are attached now. */
  async followExecutables(globs: readonly string[]): Promise<number> {
    this.#follower.followGlobs(globs);
    this.#applySettings(true);
    await Promise.all(this.#follower.running().map((pid) => this.#track(this.#attachFound(pid))));
    return this.#live().length;
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

  #follow(message: StageMessage): void {
    switch (message.kind) {
      case 'exec':
        this.#onProcessExec(message.record);
        return;
      case 'exit':
        this.#onProcessExit(message.record);
        return;
      case 'implausible':
        this.#detachFailed(message.targetId, message.failure);
        return;
      case 'type_name_wanted':
        this.#tellTypeName(message.targetId, message.address);
    }
  }

  #tellTypeName(targetId: number, address: number): void {
    const name = this.#targets.get(targetId)?.errorTypeName(address) ?? null;
    this.#stage.take({ kind: 'type_name', targetId, address, name });
  }

  #onProcessExec(record: EvProcessExec): void {
    const target = this.#liveTarget(record.tgid) ?? this.#guess(record.tgid);
    // Of what it was seen to run already, before the record came.
    if (target?.execution !== undefined && target.execution === executionOf(record.tgid)) return;
    if (target && this.#hasArrived(target)) return;
    if (target && !target.isGuess) this.#track(this.#end(target, record.ktimeNs));
    if (this.#closing === undefined) {
      this.#follower.onExec(record.tgid, record.parentTgid, record.ktimeNs);
    }
  }

  /** What goes wrong on a record must not stop the others. */
  #guarded<T>(act: (record: T) => void): (record: T) => void {
    return (record) => {
      try {
        act(record);
      } catch (error) {
        this.#tell({ kind: 'warning', message: error instanceof Error ? error.message : String(error) });
      }
    };
  }

  /** Does a process that was held run its program now? It is told once. */
  #hasArrived(target: Target): boolean {
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
      this.#tell({ kind: 'refused', pid, exe, error: error as GoidspanError });
      this.#track(this.#end(target, nowKtime()));
    }
    return true;
  }

  #onProcessExit(record: EvProcessExit): void {
    const target = this.#liveTarget(record.tgid) ?? this.#guess(record.tgid);
    if (target) this.#track(this.#end(target, record.ktimeNs));
    this.#follower.onExit(record.tgid);
  }

  async #attach(
    facts: ProcessFacts,
    program: Program,
    state: Partial<Pick<Target, 'awaitsExec' | 'isGuess' | 'execution'>>,
  ): Promise<Target> {
    const target = Object.assign(this.#targetOf(facts, program), state, {
      wasHeld: state.awaitsExec === true,
    });
    this.#targets.set(target.info.targetId, target);
    this.#stage.take({ kind: 'target', ...target.info, attributes: target.attributes });
    try {
      await target.attach();
      if (readProcess(facts.pid)?.startTicks !== facts.startTicks) {
        throw new GoidspanError('no_such_process', `cannot attach to pid ${facts.pid}: it ended meanwhile`);
      }
    } catch (error) {
      await this.#end(target, nowKtime(), false);
      this.#forget(target);
      throw error;
    }
    if (!target.isGuess) this.#tellAttached(target);
    return target;
  }

  #tellAttached({ info, program }: Target): void {
    this.#stage.hurry(false);
    const { untraced } = program.plan;
    this.#tell({
      ...(untraced.length > 0 && { untraced }),
      kind: 'attached',
      target: info,
      hooks: program.plan.hooks.filter((h) => h.sites.length > 0).map((h) => h.hook.name),
      missing: program.plan.hooks
        .filter((h) => h.missing !== undefined)
        .map((h) => ({
          hook: h.hook.name,
          why: h.missing as string,
          ...(h.isUnlinked ? {} : { without: h.hook.without }),
        })),
    });
  }

  #targetOf(facts: ProcessFacts, program: Program): Target {
    try {
      return this.#targetMaker.make(facts, program);
    } catch (error) {
      this.#programs.release(program);
      throw error;
    }
  }

  /** A process that turned up by itself: what cannot be attached is told, not thrown. */
  async #attachFound(pid: number, executedAt?: Ktime): Promise<void> {
    const facts = readProcess(pid);
    if (facts === undefined || this.#closing !== undefined) return;
    try {
      const { exe } = await this.attachPid(pid);
      if (!executedAt || this.#liveTarget(pid)?.wasHeld !== false || !hasSockets(pid)) return;
      this.#tellLate(pid, exe, executedAt);
    } catch (error) {
      if (!(error instanceof GoidspanError)) throw error;
      // In a tree that we run, shells and tools are no surprise.
      if (error.code === 'not_go' && !this.#follower.matches(pid, facts.exe)) return;
      this.#tell({ kind: 'refused', pid, exe: facts.exe, error });
    }
  }

  /** Without a socket nothing can have been served or asked for before. */
  #tellLate(pid: number, exe: string, executedAt: Ktime): void {
    this.#attachedLate++;
    const ms = Math.round(millisecondsBetween(executedAt, nowKtime()));
    this.#tell({
      kind: 'warning',
      message: `pid ${pid} (${exe}) had opened sockets when it was attached, ${ms} ms after it was started: requests of that time are missing (start it as the command of goidspan run to have them)`,
    });
  }

  /** The process has ended or runs another program: its open spans end with it. */
  async #end(target: Target, at: Ktime, tell = true): Promise<void> {
    if (target.endedAt) return;
    target.endedAt = new Date();
    const { targetId } = target.info;
    try {
      await target.detach();
      await this.#openSpans.endWithProcess(targetId, at);
    } catch (error) {
      this.#losses.lose('open_unreadable');
      this.#tell({ kind: 'warning', message: (error as Error).message });
    }
    this.#programs.release(target.program);
    this.#targetMaker.release(target);
    if (target.isGuess) this.#forget(target);
    else if (tell) this.#tell({ kind: 'ended', target: target.info });
    this.#forgetOldTargets();
  }

  async #close(): Promise<TracerStats> {
    await this.#housekeeping.close();
    await Promise.allSettled(this.#underWay);
    const live = this.#live();
    await Promise.allSettled(live.map((target) => target.detach()));
    await this.#stage.drain();
    await Promise.allSettled(this.#underWay);
    this.#hintAtQuiet(this.#live(), 0);
    for (const target of this.#live()) {
      target.endedAt = new Date();
      await this.#openSpans.countAsLost(target.info.targetId);
      this.#programs.release(target.program);
      if (!target.isGuess) this.#tell({ kind: 'ended', target: target.info });
    }
    for (const program of this.#prepared) this.#programs.release(program);
    await Promise.all([this.#stage.close(), this.#programs.close()]);
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

  /** The live check has failed: rather no spans than wrong ones. */
  #detachFailed(targetId: number, { family, spanKind, why, spans }: FamilyFailure): void {
    const target = this.#targets.get(targetId);
    if (target === undefined || target.endedAt) return;
    this.#track(target.detachFamily(family, spanKind));
    const { pid, exe } = target.info;
    this.#tell({
      kind: 'warning',
      message: `cannot go on tracing ${family}_${spanKind} of pid ${pid} (${exe}): its first ${spans} spans make no sense: ${why} (the program does not match its own type data; please report it with the output of goidspan inspect)`,
    });
  }

  #tellClock(): void {
    this.#stage.take({ kind: 'clock', offset: this.#clock.offset });
  }

  async #sweep(): Promise<void> {
    await this.#kernel.sweep(LINK_GRACE_NS);
    for (const target of this.#live()) {
      if (!isAlive(target.facts)) await this.#end(target, nowKtime());
    }
    await this.#openSpans.endWithGoroutines(this.#live());
    this.#hintAtQuiet(this.#live(), QUIET_MS);
  }

  /** Spans that the sampler did not want are no silence. */
  #hintAtQuiet(targets: readonly Target[], afterMs: number): void {
    const stats = this.#readStats();
    if (stats.notes['unsampled'] ?? 0) return;
    const silent = new Set(stats.targets.filter(({ spans }) => spans === 0).map(({ targetId }) => targetId));
    for (const { info, quiet, program } of targets) {
      if (!silent.has(info.targetId)) continue;
      const message = quiet.hint(info.exe, program.plan.untraced, afterMs);
      if (message !== undefined) this.#tell({ kind: 'warning', message });
    }
  }

  #readStats(): TracerStats {
    const stage = this.#stage.report();
    const attached = [...this.#targets.values()].filter((target) => target.wasAttached && !target.isGuess);
    const targets = attached.map((target) => ({
      ...target.info,
      attachedAt: target.attachedAt.toISOString(),
      ...(target.endedAt ? { endedAt: target.endedAt.toISOString() } : {}),
      spans: stage.spansByTarget.get(target.info.targetId) ?? 0,
    }));
    return tracerStats({
      stage,
      losses: this.#losses,
      kernel: this.#kernel.counts(),
      runs: this.#kernel.programStats(),
      attachedLate: this.#attachedLate,
      targets,
    });
  }

  #applySettings(followExec: boolean): void {
    const { parentBased, rejectBelow } = this.#options.sampler ?? DEFAULT_SAMPLER;
    this.#kernel.setSettings({
      samplerRejectBelow: rejectBelow,
      samplerParentBased: Number(parentBased),
      followExec: Number(followExec),
    });
  }

  #live(): Target[] {
    return [...this.#targets.values()].filter((target) => target.endedAt === undefined);
  }

  #liveTarget(pid: number): Target | undefined {
    return this.#live().find((target) => target.info.pid === pid && !target.isGuess);
  }

  #guess(pid: number): Target | undefined {
    return this.#live().find((target) => target.info.pid === pid && target.isGuess);
  }

  #forgetOldTargets(): void {
    const ended = [...this.#targets.values()].filter((target) => target.endedAt !== undefined);
    for (const target of ended.slice(0, -ENDED_TARGETS_MAX)) this.#forget(target);
  }

  #forget({ info: { targetId } }: Target): void {
    this.#targets.delete(targetId);
    this.#stage.take({ kind: 'forget', targetId });
  }

  #track(work: Promise<unknown>): Promise<void> {
    return this.#hold(
      work.then(
        () => {},
        (error: unknown) => this.#tell({ kind: 'warning', message: String(error) }),
      ),
    );
  }

  /** Work that uses the kernel's handle: closing waits for it. */
  #hold<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    return work.finally(() => this.#underWay.delete(work));
  }

  #tell(event: TracerEvent): void {
    this.#options.onEvent?.(event);
  }
}

const resourceVariables = ['OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES'] as const;

function hasSameResource({ environment }: ProcessFacts, before: ProcessFacts): boolean {
  return resourceVariables.every((name) => environment.get(name) === before.environment.get(name));
}

/** While a program is being executed that cannot be told yet. */
async function settledExecutionOf(pid: number): Promise<string | undefined> {
  for (let tries = 0; tries < 10; tries++) {
    const execution = executionOf(pid);
    if (execution !== undefined) return execution;
    await sleep(5);
  }
  return undefined;
}

function millisecondsBetween([seconds, nanos]: Ktime, [laterSeconds, laterNanos]: Ktime): number {
  return (laterSeconds - seconds) * 1e3 + (laterNanos - nanos) / 1e6;
}

/** Kernel time now: `process.hrtime` reads the same clock. */
function nowKtime(): Ktime {
  return process.hrtime();
}
