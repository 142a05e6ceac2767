/**
 * The loaded BPF object as the rest of the project sees it: settings, targets, probes, counters. Owns the native
 * handle; what leaves it as records goes through `Ingest`.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { GoidspanError, remedyOf } from '../errors.ts';
import { type Batch, batchOf } from '../wire/batch.ts';
import {
  count as countIndex,
  durationsLimit,
  type Settings,
  TARGET_ROW_BYTES,
  type TargetRow,
  writeSettings,
  writeTargetRow,
} from '../wire/wire.gen.ts';
import { type AttachSite, cookieOf } from './attach-site.ts';
import { errnoName } from './errno.ts';
import { fileLimitError } from './file-limit.ts';
import { attachError, openError } from './kernel-errors.ts';
import { firstProgramsOf, type KernelOptions, openOptionsOf } from './kernel-options.ts';
import { type Handle, type KernelFacts, loadNative, type Native } from './native.ts';

/** A set of attached probes; only {@link Kernel.detach} uses it. */
export interface Link {
  readonly handle: Handle;
}

/** What the sweep of inherited contexts found. */
export interface Swept {
  readonly kept: number;
  readonly removed: number;
}

const COUNTS = Object.keys(countIndex).slice(0, -1);
/** Count and time of each bucket. */
const DURATIONS_WORDS = 2 * durationsLimit.DURATION_BUCKETS_MAX;
const ERROR_BYTES = 512;
const VMLINUX_BTF = '/sys/kernel/btf/vmlinux';

export class Kernel {
  readonly #native: Native;
  readonly #handle: Handle;
  readonly #programs: readonly string[];
  readonly #options: KernelOptions;
  /** Names of programs. */
  readonly #loaded: Set<string>;
  /** What this kernel can do. */
  readonly facts: KernelFacts;
  #closed = false;
  #threadFollowers = 0;
  #samplers = 0;
  #samplePeriodNs = 0;
  readonly #detaching: Handle[] = [];
  #detached: Promise<void> | undefined;

  /**
   * Loads the programs with these names; by default those that the level needs before there is any target. Throws `no_btf`,
   * `not_permitted`, `kernel_refused` or `shim_unusable`. Linux ≥ 5.10.
   */
  static open(options: KernelOptions = {}, programs = firstProgramsOf(options)): Kernel {
    const native = nativeWithBtf();
    const { out, said } = openOutputs();
    const result = native.kernelOpen(openOptionsOf(options, programs), out, said);
    checkLoaded(result, said);
    return new Kernel(native, options, programs, out[0] as Handle);
  }

  /** The same without blocking this thread meanwhile. */
  static async openAsync(options: KernelOptions = {}): Promise<Kernel> {
    const native = nativeWithBtf();
    const { out, said } = openOutputs();
    const programs = firstProgramsOf(options);
    const result = await native.kernelOpenAsync(openOptionsOf(options, programs), out, said);
    checkLoaded(result, said);
    return new Kernel(native, options, programs, out[0] as Handle);
  }

  private constructor(native: Native, options: KernelOptions, loaded: readonly string[], handle: Handle) {
    this.#native = native;
    this.#options = options;
    this.#loaded = new Set(loaded);
    this.#handle = handle;
    this.#programs = native.programNames(handle);
    this.facts = native.kernelFacts(handle);
  }

  /** The native handle, for the thread that drains. */
  get handle(): Handle {
    return this.#handle;
  }

  setSettings(settings: Settings): void {
    this.#samplePeriodNs = settings.samplePeriodNs;
    this.#check(this.#native.setSettings(this.#handle, writeSettings(settings)), 'change settings');
  }

  /** Tells the programs of a target, or with `undefined` that the slot is empty. */
  setTarget(slot: number, row: TargetRow | undefined): void {
    const bytes = row ? writeTargetRow(row) : new Uint8Array(TARGET_ROW_BYTES);
    this.#check(this.#native.setTarget(this.#handle, slot, bytes), `set target slot ${slot}`);
  }

  /** Reports exec and exit of a process as those of the target in that slot. */
  followProcess(tgid: number, slot: number): void {
    this.#check(this.#native.followProcess(this.#handle, tgid, slot), `follow process ${tgid}`);
  }

  /** No longer; nothing happens if it is not followed. */
  forgetProcess(tgid: number): void {
    this.#native.forgetProcess(this.#handle, tgid);
  }

  /** One more wants the switches of threads to be followed, or one less; while nobody does, they are not. */
  followThreads(on: boolean): void {
    const followers = this.#threadFollowers + (on ? 1 : -1);
    if (!this.#closed && followers <= 1) {
      this.#check(this.#native.followThreads(this.#handle, followers > 0), 'follow the switches of threads');
    }
    this.#threadFollowers = followers;
  }

  /**
   * One more wants processors to be looked at, as often as the settings say, or one less; while nobody does, they are not. Throws
   * what the kernel refuses, as `perf_event_open` in a container; it counts all the same.
   */
  sample(on: boolean): void {
    this.#samplers += on ? 1 : -1;
    if (this.#closed || this.#samplers !== (on ? 1 : 0)) return;
    const periodNs = on ? this.#samplePeriodNs : 0;
    this.#check(this.#native.sample(this.#handle, periodNs), 'look at the processors');
  }

  /** Stacks that have been told are told again when they are met again. */
  async forgetStacks(): Promise<void> {
    this.#check(await this.#native.forgetStacks(this.#handle), 'forget the stacks that have been told');
  }

  /** Loads programs with these names that are not loaded yet. Throws as {@link Kernel.open}; those that were loaded stay. */
  async load(programs: readonly string[]): Promise<void> {
    const missing = programs.filter((name) => !this.#loaded.has(name));
    if (missing.length === 0) return;
    const said = new Uint8Array(ERROR_BYTES);
    checkLoaded(
      await this.#native.kernelLoad(this.#handle, openOptionsOf(this.#options, missing), said),
      said,
    );
    for (const name of missing) this.#loaded.add(name);
  }

  /** Attaches one program at a set of places of one file, in one process only. */
  async attach(
    program: string,
    path: string,
    pid: number,
    slot: number,
    sites: readonly AttachSite[],
  ): Promise<Link> {
    const out = new BigUint64Array(1);
    const result = await this.#native.attach(
      this.#handle,
      {
        program,
        path,
        pid,
        offsets: BigUint64Array.from(sites, (site) => BigInt(site.fileOffset)),
        codeOffsets: BigUint64Array.from(sites, (site) => BigInt(site.codeOffset)),
        cookies: BigUint64Array.from(sites, (site) => cookieOf(slot, site)),
      },
      out,
    );
    if (result < 0) throw attachError(result, program, path, pid);
    return { handle: out[0] as Handle };
  }

  /**
   * Detaches side by side: about one grace period of the kernel (50–100 ms) for all of them, and for all calls of the
   * same turn of the event loop.
   */
  async detach(links: readonly Link[]): Promise<void> {
    if (links.length === 0) return;
    this.#detaching.push(...links.map((link) => link.handle));
    this.#detached ??= Promise.resolve().then(() => {
      this.#detached = undefined;
      return this.#native.closeLinks(BigUint64Array.from(this.#detaching.splice(0)));
    });
    await this.#detached;
  }

  /** Whether somebody waits for what is drained: idle priority (see {@link DrainLoop.drainWhenIdle}) must not hold it. */
  drainUrgently(on: boolean): void {
    if (!this.#closed) this.#native.drainUrgently(this.#handle, on);
  }

  /** Every counter of `enum count` by its name, summed over CPUs. */
  counts(): Record<string, number> {
    const values = new BigUint64Array(COUNTS.length);
    this.#check(this.#native.counts(this.#handle, values), 'read counters');
    return Object.fromEntries(COUNTS.map((name, index) => [name, Number(values[index])]));
  }

  /** The `struct durations` of a slot: how long goroutines waited for their turn, whoever's they were; only from level `waits` on. */
  runDelays(slot: number): BigUint64Array {
    const words = new BigUint64Array(DURATIONS_WORDS);
    this.#check(this.#native.runDelays(this.#handle, slot, words), 'read how long goroutines wait');
    return words;
  }

  /** The `struct slow_allocs` of a slot, whoever's it was; only at level `runtime`. */
  slowAllocations(slot: number): BigUint64Array {
    const words = new BigUint64Array(2 * DURATIONS_WORDS);
    this.#check(this.#native.slowAllocations(this.#handle, slot, words), 'read the times of allocations');
    return words;
  }

  /** Runs and time of each program while {@link measure} was on. */
  programStats(): Record<string, { runs: number; runTimeNs: number }> {
    const out = new BigUint64Array(2);
    const stats: Record<string, { runs: number; runTimeNs: number }> = {};
    this.#programs.forEach((name, index) => {
      if (this.#native.programStats(this.#handle, index, out) === 0) {
        stats[name] = { runs: Number(out[0]), runTimeNs: Number(out[1]) };
      }
    });
    return stats;
  }

  /** Turns the kernel's run statistics on or off (Linux ≥ 5.8); false if it has none. */
  measure(on: boolean): boolean {
    return this.#native.measure(this.#handle, on) === 0;
  }

  /** Records of the spans that are open now: those of one target (0: of all) that started before a kernel time. */
  async copyOpen(targetId: number, startedBeforeNs: bigint = 2n ** 64n - 1n): Promise<Batch> {
    for (let bytes = 1 << 16; ; bytes *= 4) {
      const buffer = new ArrayBuffer(bytes);
      const used = await this.#native.copyOpen(
        this.#handle,
        targetId,
        startedBeforeNs,
        new Uint8Array(buffer),
      );
      if (used === -constants.errno.ENOSPC && bytes < 1 << 28) continue;
      this.#check(used, 'read the open spans');
      return batchOf(buffer.slice(0, used));
    }
  }

  /** Removes one open span; false if it has ended meanwhile. */
  removeOpen(targetId: number, goid: number, depth: number): boolean {
    return this.#native.removeOpen(this.#handle, targetId, goid, depth) === 0;
  }

  /** Removes all context of a target that has gone. */
  async forgetTarget(targetId: number): Promise<void> {
    this.#check(await this.#native.forgetTarget(this.#handle, targetId), `forget target ${targetId}`);
  }

  /** Removes inherited contexts that nobody can use any more. */
  async sweep(graceNs: bigint): Promise<Swept> {
    const out = new BigUint64Array(2);
    this.#check(await this.#native.sweep(this.#handle, graceNs, out), 'sweep the context maps');
    return { kept: Number(out[0]), removed: Number(out[1]) };
  }

  /** Unloads everything. Idempotent; no call may be under way. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#native.kernelClose(this.#handle);
  }

  #check(result: number, verb: string): void {
    if (result >= 0) return;
    const errno = errnoName(-result);
    const remedy = remedyOf(errno, '');
    throw new GoidspanError(
      'kernel_refused',
      `cannot ${verb}: the kernel says ${errno}${remedy && ` (${remedy})`}`,
    );
  }
}

/** What the library writes when it opens: the handle, and what went wrong. */
function openOutputs(): { readonly out: BigUint64Array; readonly said: Uint8Array } {
  return { out: new BigUint64Array(1), said: new Uint8Array(ERROR_BYTES) };
}

/** Throws if programs were not loaded. */
function checkLoaded(result: number, said: Uint8Array): void {
  if (result >= 0) return;
  throw (
    fileLimitError(result) ?? openError(result, new TextDecoder().decode(said.subarray(0, said.indexOf(0))))
  );
}

function nativeWithBtf(): Native {
  const native = loadNative();
  if (existsSync(VMLINUX_BTF)) return native;
  throw new GoidspanError(
    'no_btf',
    `cannot load BPF programs: ${VMLINUX_BTF} is missing (use a kernel built with CONFIG_DEBUG_INFO_BTF=y)`,
  );
}
