/**
 * The one seam to the native library: finds it, declares its functions to koffi, checks that it was built from
 * the same wire.h. Nothing else in the project imports koffi.
 */
import { promisify } from 'node:util';
import type * as Koffi from 'koffi';
import { GoidspanError, remedyOf } from '../errors.ts';
import { installedPath, requireInstalled } from '../installation.ts';
import { WIRE_HASH } from '../wire/wire.gen.ts';
import { Turns } from './turns.ts';

/** Address of a native object. */
export type Handle = bigint;

/** `native/goidspan.h`, function by function; results below 0 are `-errno`. */
export interface Native {
  kernelOpen(options: KernelOpenOptions, out: BigUint64Array, error: Uint8Array): number;
  /** The same on another thread: it takes a third of a second and more. */
  kernelOpenAsync(options: KernelOpenOptions, out: BigUint64Array, error: Uint8Array): Promise<number>;
  /** The members of `struct kernel_facts` behind its size. */
  kernelFacts(kernel: Handle): KernelFacts;
  kernelClose(kernel: Handle): void;
  setSettings(kernel: Handle, settings: Uint8Array): number;
  setTarget(kernel: Handle, slot: number, row: Uint8Array): number;
  followProcess(kernel: Handle, tgid: number, slot: number): number;
  forgetProcess(kernel: Handle, tgid: number): number;
  followThreads(kernel: Handle, on: boolean): number;
  sample(kernel: Handle, periodNs: number): number;
  forgetStacks(kernel: Handle): Promise<number>;
  kernelLoad(kernel: Handle, options: KernelOpenOptions, error: Uint8Array): Promise<number>;
  attach(kernel: Handle, options: AttachOptions, out: BigUint64Array): Promise<number>;
  closeLinks(links: BigUint64Array): Promise<void>;
  drain(kernel: Handle, batch: Uint8Array): number;
  /** Of the calling thread. */
  drainWhenIdle(kernel: Handle): number;
  drainUrgently(kernel: Handle, on: boolean): void;
  counts(kernel: Handle, counts: BigUint64Array): number;
  runDelays(kernel: Handle, slot: number, out: BigUint64Array): number;
  slowAllocations(kernel: Handle, slot: number, out: BigUint64Array): number;
  programNames(kernel: Handle): string[];
  programStats(kernel: Handle, index: number, out: BigUint64Array): number;
  measure(kernel: Handle, on: boolean): number;
  copyOpen(kernel: Handle, targetId: number, startedBeforeNs: bigint, batch: Uint8Array): Promise<number>;
  removeOpen(kernel: Handle, targetId: number, goid: number, depth: number): number;
  forgetTarget(kernel: Handle, targetId: number): Promise<number>;
  sweep(kernel: Handle, graceNs: bigint, out: BigUint64Array): Promise<number>;
  measureClock(offsetNs: BigInt64Array, errorNs: BigUint64Array): void;
  giveMemoryBack(): number;
  trimMemory(): Promise<unknown>;
  libbpfVersion(): string;
  probeProgram(type: number): number;
  probeHelper(type: number, helper: number): number;
  probeRingBuffer(): number;
  probeRawTracepoint(tracepoint: string): number;
  probeTypedTracepoint(tracepoint: string): number;
  probeClock(): number;
  probeRunStatistics(): number;
  probeUprobe(multi: boolean): number;
  probeIdlePriority(): number;
}

/** What was found by trying when the programs were loaded. */
export interface KernelFacts {
  /** The form of the programs for kernels without `bpf_loop` or attach cookies is loaded. */
  readonly isLegacy: boolean;
  /** Probes are attached by uprobe_multi links, else each by a perf event. */
  readonly hasMultiLinks: boolean;
}

/** `struct kernel_options` without its size. */
interface KernelOpenOptions {
  readonly objectPath: string;
  readonly legacyObjectPath?: string;
  readonly programs?: string;
  /** Entries by the name of the map; of `records`, bytes. */
  readonly mapSizes: Readonly<Record<string, number>>;
  readonly forcePerfLinks: boolean;
  readonly forceLegacy?: boolean;
}

/** `struct attach_options` without its size. */
interface AttachOptions {
  readonly program: string;
  readonly path: string;
  readonly offsets: BigUint64Array;
  readonly codeOffsets: BigUint64Array;
  readonly cookies: BigUint64Array;
  readonly pid: number;
}

/** Processors that the package holds native files for, as Node names them. */
const processors: readonly string[] = ['x64', 'arm64'];

/** Where the native files for this processor are. Throws `shim_unusable`. */
export function nativePath(name: string): string {
  return installedPath('dist', 'native', `linux-${process.arch}`, name);
}

/** On other threads: koffi refuses more than 256, and libuv has four threads for them. */
const CALLS_AT_ONCE = 64;

let loaded: Native | undefined;

/** Loads the library once per thread. Throws `shim_unusable`. */
export function loadNative(): Native {
  if (process.platform !== 'linux' || !processors.includes(process.arch)) {
    throw new GoidspanError(
      'shim_unusable',
      `cannot trace on ${process.platform}-${process.arch}: this package is built for ${processors.map((name) => `linux-${name}`).join(' and ')} (run it there)`,
    );
  }
  loaded ??= declare(nativePath('libgoidspan.so'));
  return loaded;
}

/** Not when this module is loaded: an application that only imports the package must not fail without it. */
function loadKoffi(): typeof Koffi {
  try {
    return requireInstalled('koffi') as typeof Koffi;
  } catch (cause) {
    if (cause instanceof GoidspanError) throw cause;
    throw new GoidspanError(
      'shim_unusable',
      `cannot load koffi: ${(cause as Error).message} (${remedyOf((cause as Error).message, "install with optional dependencies: koffi's binaries are among them")})`,
      { cause },
    );
  }
}

function declare(path: string): Native {
  const koffi = loadKoffi();
  let library: Koffi.LibraryHandle;
  try {
    library = koffi.load(path);
  } catch (cause) {
    throw new GoidspanError(
      'shim_unusable',
      `cannot load ${path}: ${cause instanceof Error ? cause.message : cause} (${remedyOf(String(cause), 'glibc 2.34 or newer and libz.so.1 are needed')})`,
      { cause },
    );
  }
  const wireHash = BigInt(library.func('uint64_t shim__wire_hash()')() as number | bigint);
  if (wireHash !== WIRE_HASH) {
    throw new GoidspanError(
      'shim_unusable',
      `cannot use ${path}: it was built from another wire.h (${wireHash.toString(16)}, not ${WIRE_HASH.toString(16)}; rebuild it with \`npm run build\`)`,
    );
  }
  const mapSize = koffi.struct({ map: 'const char *', entries: 'uint32_t' });
  const kernelOptions = koffi.struct({
    size: 'uint64_t',
    objectPath: 'const char *',
    legacyObjectPath: 'const char *',
    programs: 'const char *',
    mapSizes: koffi.pointer(mapSize),
    mapSizeCount: 'uint32_t',
    forcePerfLinks: 'uint32_t',
    forceLegacy: 'uint32_t',
    reserved: 'uint32_t',
  });
  const attachOptions = koffi.struct({
    size: 'uint64_t',
    program: 'const char *',
    path: 'const char *',
    offsets: 'void *',
    codeOffsets: 'void *',
    cookies: 'void *',
    count: 'uint32_t',
    pid: 'uint32_t',
  });
  const bind = (name: string, result: string, ...parameters: (string | ReturnType<typeof Koffi.pointer>)[]) =>
    library.func(name, result, parameters);
  const open = bind('kernel__open', 'int', koffi.pointer(kernelOptions), 'void *', 'void *', 'size_t');
  const load = bind('kernel__load', 'int', 'uintptr_t', koffi.pointer(kernelOptions), 'void *', 'size_t');
  const facts = bind('kernel__facts', 'int', 'uintptr_t', 'void *');
  const attach = bind('kernel__attach', 'int', 'uintptr_t', koffi.pointer(attachOptions), 'void *');
  const closeLinks = bind('links__close', 'void', 'void *', 'size_t');
  const drain = bind('kernel__drain', 'int64_t', 'uintptr_t', 'void *', 'size_t');
  const followThreads = bind('kernel__follow_threads', 'int', 'uintptr_t', 'int');
  const drainUrgently = bind('kernel__drain_urgently', 'void', 'uintptr_t', 'int');
  const counts = bind('kernel__counts', 'int', 'uintptr_t', 'void *', 'size_t');
  const runDelays = bind('kernel__run_delays', 'int', 'uintptr_t', 'uint32_t', 'void *', 'size_t');
  const slowAllocations = bind('kernel__slow_allocs', 'int', 'uintptr_t', 'uint32_t', 'void *', 'size_t');
  const programCount = bind('kernel__program_count', 'int', 'uintptr_t');
  const programName = bind('kernel__program_name', 'const char *', 'uintptr_t', 'uint32_t');
  const measure = bind('kernel__measure', 'int', 'uintptr_t', 'int');
  const copyOpen = bind(
    'kernel__copy_open',
    'int64_t',
    'uintptr_t',
    'uint32_t',
    'uint64_t',
    'void *',
    'size_t',
  );
  const forget = bind('kernel__forget_target', 'int64_t', 'uintptr_t', 'uint32_t');
  const forgetStacks = bind('kernel__forget_stacks', 'int64_t', 'uintptr_t');
  const sweep = bind('kernel__sweep', 'int', 'uintptr_t', 'uint64_t', 'void *');
  const probeUprobe = bind('probe__uprobe', 'int', 'int');
  const turns = new Turns(CALLS_AT_ONCE);
  const asynchronous = (fn: { async: (...args: never[]) => void }) => {
    const call = promisify(fn.async as (...args: unknown[]) => void) as (
      ...args: unknown[]
    ) => Promise<number>;
    return (...args: unknown[]): Promise<number> => turns.take(() => call(...args));
  };
  const openAsync = asynchronous(open);
  const loadAsync = asynchronous(load);
  const attachAsync = asynchronous(attach);
  const closeLinksAsync = asynchronous(closeLinks);
  const copyOpenAsync = asynchronous(copyOpen);
  const forgetAsync = asynchronous(forget);
  const forgetStacksAsync = asynchronous(forgetStacks);
  const sweepAsync = asynchronous(sweep);
  const openOptions = ({ mapSizes, ...options }: KernelOpenOptions) => ({
    ...options,
    mapSizes: Object.entries(mapSizes).map(([map, entries]) => ({ map, entries })),
    mapSizeCount: Object.keys(mapSizes).length,
    forcePerfLinks: Number(options.forcePerfLinks),
    legacyObjectPath: options.legacyObjectPath ?? null,
    programs: options.programs ?? null,
    forceLegacy: Number(options.forceLegacy ?? false),
    reserved: 0,
    size: koffi.sizeof(kernelOptions),
  });
  return {
    kernelOpen: (options, out, error) => open(openOptions(options), out, error, error.length),
    kernelOpenAsync: (options, out, error) => openAsync(openOptions(options), out, error, error.length),
    kernelLoad: (kernel, options, error) => loadAsync(kernel, openOptions(options), error, error.length),
    kernelFacts: (kernel) => {
      const out = new BigUint64Array(2);
      out[0] = BigInt(out.byteLength);
      facts(kernel, out);
      const [legacy, multiLinks] = new Uint32Array(out.buffer, 8);
      return { isLegacy: legacy === 1, hasMultiLinks: multiLinks === 1 };
    },
    kernelClose: bind('kernel__close', 'void', 'uintptr_t'),
    setSettings: bind('kernel__set_settings', 'int', 'uintptr_t', 'void *'),
    setTarget: bind('kernel__set_target', 'int', 'uintptr_t', 'uint32_t', 'void *'),
    followProcess: bind('kernel__follow_process', 'int', 'uintptr_t', 'uint32_t', 'uint32_t'),
    forgetProcess: bind('kernel__forget_process', 'int', 'uintptr_t', 'uint32_t'),
    sample: bind('kernel__sample', 'int', 'uintptr_t', 'uint64_t'),
    forgetStacks: async (kernel) => Number(await forgetStacksAsync(kernel)),
    followThreads: (kernel, on) => followThreads(kernel, Number(on)),
    attach: (kernel, options, out) =>
      attachAsync(
        kernel,
        { ...options, count: options.offsets.length, size: koffi.sizeof(attachOptions) },
        out,
      ),
    closeLinks: async (links) => {
      await closeLinksAsync(links, links.length);
    },
    drain: (kernel, batch) => Number(drain(kernel, batch, batch.length)),
    drainWhenIdle: bind('kernel__drain_when_idle', 'int', 'uintptr_t'),
    drainUrgently: (kernel, on) => drainUrgently(kernel, Number(on)),
    counts: (kernel, out) => counts(kernel, out, out.length),
    runDelays: (kernel, slot, out) => runDelays(kernel, slot, out, out.byteLength),
    slowAllocations: (kernel, slot, out) => slowAllocations(kernel, slot, out, out.byteLength),
    programNames: (kernel) =>
      Array.from({ length: programCount(kernel) }, (_, index) => programName(kernel, index) as string),
    programStats: bind('kernel__program_stats', 'int', 'uintptr_t', 'uint32_t', 'void *'),
    measure: (kernel, on) => measure(kernel, Number(on)),
    copyOpen: async (kernel, targetId, before, batch) =>
      Number(await copyOpenAsync(kernel, targetId, before, batch, batch.length)),
    removeOpen: bind('kernel__remove_open', 'int', 'uintptr_t', 'uint32_t', 'uint64_t', 'uint32_t'),
    forgetTarget: async (kernel, targetId) => Number(await forgetAsync(kernel, targetId)),
    sweep: (kernel, graceNs, out) => sweepAsync(kernel, graceNs, out),
    measureClock: bind('clock__measure', 'void', 'void *', 'void *'),
    giveMemoryBack: bind('memory__give_back', 'int'),
    trimMemory: asynchronous(bind('memory__trim', 'void')),
    libbpfVersion: bind('probe__libbpf_version', 'const char *'),
    probeProgram: bind('probe__program', 'int', 'uint32_t'),
    probeHelper: bind('probe__helper', 'int', 'uint32_t', 'uint32_t'),
    probeRingBuffer: bind('probe__ring_buffer', 'int'),
    probeRawTracepoint: bind('probe__raw_tracepoint', 'int', 'const char *'),
    probeTypedTracepoint: bind('probe__typed_tracepoint', 'int', 'const char *'),
    probeClock: bind('probe__clock', 'int'),
    probeRunStatistics: bind('probe__run_statistics', 'int'),
    probeUprobe: (multi) => probeUprobe(Number(multi)),
    probeIdlePriority: bind('probe__idle_priority', 'int'),
  };
}
