/**
 * One process that is traced: its program, its row and probes in the kernel, its resource. Owns attaching and
 * detaching; which processes become targets is decided in `src/tracer`.
 */
import { existsSync } from 'node:fs';
import { GoidspanError } from '../errors.ts';
import type { Kernel, Link } from '../kernel/kernel.ts';
import { nowKtime } from '../kernel/ktime.ts';
import { allocTime } from '../probes/alloc-time.ts';
import { families, isWithin, levelOf, programsFor } from '../probes/families.ts';
import type { Hook, HookPhase, ProbeFamily, ProbeLevel } from '../probes/hook.ts';
import type { HookPlan, Site } from '../probes/site.ts';
import { pathsInLayers } from '../process/overlay.ts';
import { PROC_ROOT, readProcFile } from '../process/proc-file.ts';
import type { ProcessFacts } from '../process/process.ts';
import type { TargetFrame } from '../recording/format.ts';
import type { SpanFamily, SpanKindName, TargetRow } from '../wire/wire.gen.ts';
import { findForeignCode, sitesWithoutProbe } from './code-check.ts';
import { bucketsSince, type DurationBucket, DurationWatch } from './durations.ts';
import type { Program } from './program.ts';
import { QuietTarget } from './quiet-target.ts';
import { detachingRow, rowWithTime, type TimeWatch, targetRow } from './row.ts';
import { type RuntimeFacts, readRuntimeFacts } from './runtime-facts.ts';
import { type SlowAllocations, slowAllocationsSince } from './slow-allocations.ts';
import type { TargetInfo } from './target-info.ts';

export class Target {
  readonly info: TargetInfo;
  readonly attachedAt = new Date();
  endedAt: Date | undefined;
  /** Every hook has been attached, at least once. */
  wasAttached = false;
  /** The process has not yet replaced itself by this program (`goidspan run`). */
  awaitsExec = false;
  /** The execution of its program that it was last seen in. */
  execution: string | undefined;
  /** It was attached before it ran: nothing it did can be missing. */
  wasHeld = false;
  readonly quiet: QuietTarget;
  /** It may never do so: it is a shell, of which only a guess says what it will execute. */
  isGuess = false;
  readonly slot: number;
  readonly facts: ProcessFacts;
  readonly program: Program;
  /** Of its resource. */
  readonly attributes: TargetFrame['attributes'];
  readonly #kernel: Kernel;
  readonly #warn: (message: string) => void;
  #links: AttachedHook[] = [];
  #loadBias = 0;
  #row: TargetRow | undefined;
  #level: ProbeLevel;
  /** Where its probes went in. */
  #path: string | undefined;
  #timeWatch: TimeWatch | undefined;
  readonly #runDelays: DurationWatch<DurationBucket[]>;
  readonly #slowAllocations: DurationWatch<SlowAllocations>;
  /** Levels are changed one after the other. */
  #changing: Promise<void> = Promise.resolve();

  constructor(
    kernel: Kernel,
    slot: number,
    facts: ProcessFacts,
    program: Program,
    info: TargetInfo,
    attributes: TargetFrame['attributes'],
    level: ProbeLevel,
    warn: (message: string) => void = () => {},
  ) {
    this.#warn = warn;
    this.#kernel = kernel;
    this.#level = level;
    this.slot = slot;
    this.facts = facts;
    this.quiet = new QuietTarget(facts.pid);
    this.program = program;
    this.info = info;
    this.attributes = attributes;
    this.#runDelays = new DurationWatch(() => kernel.runDelays(slot), bucketsSince);
    this.#slowAllocations = new DurationWatch(() => kernel.slowAllocations(slot), slowAllocationsSince);
  }

  /** How long goroutines with spans, or that worked for one, have waited for their turn; undefined if that was never watched. */
  get runDelays(): readonly DurationBucket[] | undefined {
    return this.#runDelays.current();
  }

  /** How long the slow ways to memory have taken; undefined if that was never watched. */
  get slowAllocations(): SlowAllocations | undefined {
    return this.#slowAllocations.current();
  }

  /** What the Go runtime of the process says of itself now; nothing before it runs its program, or after it has ended. */
  runtimeFacts(): RuntimeFacts {
    if (this.awaitsExec || this.endedAt) return {};
    return readRuntimeFacts(this.info.pid, this.#loadBias, this.program.plan.runtime);
  }

  /** Go type (`*net.OpError`) at an address of the process; undefined when not known. */
  errorTypeName(address: number): string | undefined {
    return this.program.typeNameAt(address - this.#loadBias);
  }

  /**
   * Attaches every hook of the plan: ends before births before starts, so that nothing can begin whose end is not
   * yet watched. Throws what the kernel refuses, and if a running process has other code than its file, or runs
   * another file than the one that its path leads to; then nothing stays attached.
   */
  async attach(): Promise<void> {
    const { openPath } = this.facts;
    if (this.awaitsExec) return this.#attachTo(openPath);
    this.locate();
    const foreign = this.#foreignCodeOf(openPath);
    if (foreign) throw this.#refusal(`its code in ${foreign.symbol} is not that of ${this.info.exe}`);
    // Where somebody's probe is already, ours will not be told from it.
    const bare = this.#sitesWithoutProbe(sitesOf(this.#hooksWithin(this.#level)));
    for (const path of this.#openPaths()) {
      await this.#attachTo(path);
      if (this.#sitesWithoutProbe(bare).length === 0) return;
      this.wasAttached = false;
      await this.detach();
    }
    throw this.#unreached();
  }

  /** After the exec that was awaited: has it brought what the probes were put into? */
  refuseUnreached(): void {
    if (this.#sitesWithoutProbe(sitesOf(this.#hooksWithin(this.#level))).length === 0) return;
    throw this.#unreached();
  }

  async #attachTo(path: string): Promise<void> {
    this.locate();
    await this.#load();
    this.#kernel.followProcess(this.info.pid, this.slot);
    try {
      for (const hooks of byRank(this.#hooksWithin(this.#level))) {
        await this.#attachHooks(hooks, path);
        // Before the first span can begin.
        this.#watchTime();
      }
      this.#path = path;
      this.wasAttached = true;
    } catch (error) {
      await this.detach();
      throw error;
    }
  }

  /** What is attached must be loaded; a family as a whole, so that no other target loads a part of it once more. */
  async #load(): Promise<void> {
    const hooks = this.#hooksWithin(this.#level).filter(({ sites }) => sites.length > 0);
    await this.#kernel.load(programsFor(hooks.map(({ hook }) => hook.name)));
  }

  async #attachHooks(hooks: readonly HookPlan[], path: string): Promise<void> {
    const links = await Promise.allSettled(hooks.map((hook) => this.#attachHook(hook, path)));
    for (const [index, link] of links.entries()) {
      const hook = hooks[index]?.hook;
      if (hook && link.status === 'fulfilled') this.#links.push({ hook, link: link.value });
    }
    for (const link of links) if (link.status === 'rejected') throw link.reason;
  }

  /** What is attached at a level. */
  #hooksWithin(level: ProbeLevel): readonly HookPlan[] {
    return this.program.plan.hooks.filter(({ hook }) => isOfLevel(hook, level));
  }

  /**
   * Looks deeper, or less deep, at a target that is attached; spans go on, and those that are open have no breakdown. As deep
   * as its program allows. Throws what the kernel refuses: it then stays at the level that it had.
   */
  setLevel(level: ProbeLevel): Promise<void> {
    this.#changing = this.#changing.catch(() => {}).then(() => this.#setLevel(level));
    return this.#changing;
  }

  async #setLevel(level: ProbeLevel): Promise<void> {
    const before = this.#level;
    this.#level = level;
    if (this.#path === undefined) return;
    try {
      await this.#attachMissing(this.#path);
      this.#watchTime();
    } catch (error) {
      this.#level = before;
      // As before, if it was told half of it.
      this.#watchTime();
      await this.#detachNeedless();
      throw error;
    }
    await this.#detachNeedless();
  }

  /** Attaches what its level has and is not attached yet. */
  async #attachMissing(path: string): Promise<void> {
    await this.#load();
    const attached = new Set(this.#links.map(({ hook }) => hook.name));
    const missing = this.#hooksWithin(this.#level).filter(
      ({ hook, sites }) => sites.length > 0 && !attached.has(hook.name),
    );
    await this.#attachHooks(missing, path);
  }

  /** Detaches what its level does not have. */
  async #detachNeedless(): Promise<void> {
    const needless = this.#links.filter(({ hook }) => !isOfLevel(hook, this.#level));
    this.#links = this.#links.filter((link) => !needless.includes(link));
    await this.#kernel.detach(needless.map(({ link }) => link));
  }

  /** Tells the kernel to keep accounts of goroutines' time if all that this needs is attached, and else not to. */
  #watchTime(): void {
    const watches = (level: ProbeLevel) =>
      isWithin(level, this.#level) && this.#links.some(({ hook }) => levelOf(hook.name) === level);
    const before = this.#timeWatch;
    const isWatched = before !== undefined;
    const wasRuntime = before?.runtime !== undefined;
    const sawStacks = before?.seesStacks === true;
    const seesStacks =
      watches('waits') && isWithin('cpu', this.#level) && isWithin('cpu', this.program.plan.level);
    if (
      !this.#row ||
      (watches('waits') === isWatched && watches('runtime') === wasRuntime && seesStacks === sawStacks)
    )
      return;
    if (watches('waits') && !isWatched) {
      this.#kernel.followThreads(true);
      this.#runDelays.begin();
    }
    const allocHooks = hooksOf([allocTime]);
    const seesAllocations = this.#links.some(({ hook }) => allocHooks.has(hook.name));
    if (watches('runtime') && !wasRuntime && seesAllocations) this.#slowAllocations.begin();
    const now = nowKtime();
    const runtime = watches('runtime') ? (before?.runtime ?? { slot: this.slot, since: now }) : undefined;
    if (seesStacks && !sawStacks) this.#beginToSample();
    this.#timeWatch = watches('waits') ? { since: before?.since ?? now, runtime, seesStacks } : undefined;
    this.#row = rowWithTime(this.#row, this.#timeWatch);
    this.#kernel.setTarget(this.slot, this.#row);
    if (!seesStacks && sawStacks) this.#kernel.sample(false);
    if (!this.#timeWatch && isWatched) this.#kernel.followThreads(false);
  }

  /** Without it the level still tells where goroutines wait. */
  #beginToSample(): void {
    try {
      this.#kernel.sample(true);
    } catch (error) {
      this.#warn(`${(error as Error).message}; of level cpu only where goroutines wait is told`);
    }
  }

  /** Finds where the program was loaded and tells the kernel; also after the exec that was awaited. */
  locate(): void {
    const { plan, codeStart, codeEnd } = this.program;
    const loadBias = this.awaitsExec
      ? undefined
      : this.program.loadBias(readProcFile(this.info.pid, 'maps', PROC_ROOT) ?? '', this.facts.exeLink);
    const located = targetRow(plan, this.info.targetId, this.info.pid, { loadBias, codeStart, codeEnd });
    const row = rowWithTime(located, this.#timeWatch);
    // The kernel copies a row byte by byte under the eyes of its readers: the new bias must stand before it is used.
    if (this.#row) this.#kernel.setTarget(this.slot, { ...row, flags: this.#row.flags });
    this.#kernel.setTarget(this.slot, row);
    this.#loadBias = loadBias ?? 0;
    this.#row = row;
  }

  /** Detaches everything in one grace period of the kernel, and empties the slot. Idempotent. */
  async detach(): Promise<void> {
    const links = this.#links.map(({ link }) => link);
    this.#links = [];
    this.#path = undefined;
    this.#watchTime();
    // At once: a process that has replaced its program may be a new target before the links are closed.
    this.#kernel.forgetProcess(this.info.pid);
    // No link goes before another for certain, so that nothing may begin now whose end would not be seen.
    if (this.#row) this.#kernel.setTarget(this.slot, detachingRow(this.#row));
    await this.#kernel.detach(links);
    this.#runDelays.end();
    this.#slowAllocations.end();
    this.#kernel.setTarget(this.slot, undefined);
  }

  /** Detaches the hooks that make such spans, and with the last that make any, those that serve them. */
  async detachFamily(family: SpanFamily, spanKind: SpanKindName): Promise<void> {
    const isOf = ({ makes }: ProbeFamily) => makes?.family === family && makes.spanKind === spanKind;
    const failed = hooksOf(families.filter(isOf));
    const others = this.#links.filter(({ hook }) => !failed.has(hook.name));
    const making = hooksOf(families.filter(({ makes }) => makes !== undefined));
    const kept = others.some(({ hook }) => making.has(hook.name)) ? others : [];
    const links = this.#links.filter((attached) => !kept.includes(attached));
    this.#links = kept;
    this.#watchTime();
    await this.#close(links);
  }

  /** Starts before the rest, so that what has begun still meets its end. Two grace periods of the kernel. */
  async #close(links: readonly AttachedHook[]): Promise<void> {
    const started = (wanted: boolean) =>
      links.filter(({ hook }) => (hook.phase === 'start') === wanted).map(({ link }) => link);
    await this.#kernel.detach(started(true));
    await this.#kernel.detach(started(false));
  }

  /** Where the file may lie that the process runs, the likeliest first. */
  *#openPaths(): Generator<string> {
    yield this.facts.openPath;
    const layers = pathsInLayers(readProcFile(this.info.pid, 'mountinfo', PROC_ROOT) ?? '', this.facts.exe);
    // As they are named here, or where this process has another root than the host.
    for (const path of [...layers, ...layers.map((layer) => `/proc/1/root${layer}`)]) {
      if (existsSync(path) && this.#foreignCodeOf(path) === undefined) yield path;
    }
  }

  #foreignCodeOf(path: string): Site | undefined {
    return findForeignCode(this.info.pid, path, this.#loadBias, sitesOf(this.program.plan.hooks));
  }

  #sitesWithoutProbe(sites: readonly Site[]): Site[] {
    return sitesWithoutProbe(this.info.pid, this.#loadBias, sites);
  }

  #unreached(): GoidspanError {
    return this.#refusal(`it does not run the file that ${this.info.exe} leads to, so no probe gets into it`);
  }

  #refusal(what: string): GoidspanError {
    return new GoidspanError(
      'not_supported_binary',
      `cannot attach to pid ${this.info.pid}: ${what} (something has changed the running program or its file, or an overlay file system has copied it: restart it)`,
    );
  }

  #attachHook({ hook, sites }: HookPlan, path: string): Promise<Link> {
    return this.#kernel.attach(
      hook.name,
      path,
      this.info.pid,
      this.slot,
      sites.map((site) => ({
        fileOffset: site.fileOffset,
        codeOffset: site.vaddr - this.program.codeStart,
        register: site.arg,
        variant: site.variant,
        ifStackSuffices: site.guard === 'stack_suffices',
        returnSlot: site.returnSlot,
      })),
    );
  }
}

interface AttachedHook {
  readonly hook: Hook;
  readonly link: Link;
}

const isOfLevel = (hook: Hook, level: ProbeLevel): boolean => isWithin(levelOf(hook.name) ?? 'spans', level);

const hooksOf = (of: readonly ProbeFamily[]): Set<string> =>
  new Set(of.flatMap(({ hooks }) => hooks.map(({ name }) => name)));

/** In the order of attaching. */
const RANKS: Readonly<Record<HookPhase, number>> = { end: 0, during: 0, birth: 1, start: 2 };

/** Found hooks by rank. */
function byRank(hooks: readonly HookPlan[]): HookPlan[][] {
  const ranks: HookPlan[][] = [[], [], []];
  for (const hook of hooks) if (hook.sites.length > 0) ranks[RANKS[hook.hook.phase]]?.push(hook);
  return ranks;
}

const sitesOf = (hooks: readonly HookPlan[]): Site[] => hooks.flatMap((hook) => hook.sites);
