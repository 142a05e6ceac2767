/** How the BPF object is loaded: which of its programs, and how large its maps are. */
import { familiesOf, isWithin, programsOf } from '../probes/families.ts';
import { DEFAULT_LEVEL, type ProbeLevel } from '../probes/hook.ts';
import { wireLimit } from '../wire/wire.gen.ts';
import { type Native, nativePath } from './native.ts';

/** Sizes of the kernel side; each has a default. */
export interface KernelOptions {
  /** Bytes of the ring buffer, a power of two. Default 32 MiB: a one-second stall at 100,000 spans/s. */
  readonly ringBytes?: number;
  /** Spans that may be open at once, over all targets (1.7 kB of kernel memory each). Default 10,240. */
  readonly openSpansMax?: number;
  /** Live goroutines that inherited a span, over all targets (0.1 kB each). Default 65,536. */
  readonly inheritedMax?: number;
  /** How deep to look: what a level does not need is not loaded. Default `spans`. */
  readonly level?: ProbeLevel;
  /** Attach as on kernels without uprobe_multi links (before 6.10). Default false. */
  readonly forcePerfLinks?: boolean;
  /** Load the programs' form for kernels without `bpf_loop` or attach cookies (before 5.17). Default false. */
  readonly forceLegacy?: boolean;
}

/** Names of the programs that a level needs before it has any target. */
export const firstProgramsOf = ({ level = DEFAULT_LEVEL }: KernelOptions): readonly string[] =>
  familiesOf(level)
    .filter(({ isLate }) => !isLate)
    .flatMap(programsOf);

/** Goroutines with open spans, those that work for them, values in buffers of channels, threads off their processor, readers of sockets: over all targets, by their maps; and the targets. */
const TIME_MAPS = {
  time_by_g: 12_288,
  turns_by_g: 10_240,
  handed_by_slot: 8_192,
  off_by_thread: 4_096,
  reader_by_sock: 8_192,
  run_delays_by_slot: wireLimit.TARGETS_MAX,
} as const;

/** Targets, and threads that are on a slow way to memory: hardly more than there are processors. */
const ALLOC_MAPS = { slow_allocs_by_slot: wireLimit.TARGETS_MAX, allocs_by_thread: 1_024 } as const;

/** Stacks that are known to have been told. */
const STACK_MAPS = { told_by_stack: 16_384 } as const;

/** Maps that no program of the level uses have one place all the same. */
const unused = (sizes: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.keys(sizes).map((map) => [map, 1]));

/** Of the ring buffer, unless it is to be of another size. */
export const RING_BYTES = 32 << 20;

/** As the shim takes them, with the names of the programs that are to be loaded. */
export function openOptionsOf(
  options: KernelOptions,
  programs: readonly string[],
): Parameters<Native['kernelOpen']>[0] {
  const level = options.level ?? DEFAULT_LEVEL;
  return {
    objectPath: nativePath('goidspan.bpfel.o'),
    programs: programs.join(' '),
    // For arm64 there is none: Linux ≥ 6.1 is needed there.
    ...(process.arch === 'x64' && { legacyObjectPath: nativePath('goidspan-legacy.bpfel.o') }),
    mapSizes: {
      records: options.ringBytes ?? RING_BYTES,
      open_by_goroutine: options.openSpansMax ?? 10_240,
      inherited_by_goroutine: options.inheritedMax ?? 65_536,
      ...(level === 'spans' ? unused(TIME_MAPS) : TIME_MAPS),
      ...(isWithin('runtime', level) ? ALLOC_MAPS : unused(ALLOC_MAPS)),
      ...(isWithin('cpu', level) ? STACK_MAPS : unused(STACK_MAPS)),
    },
    forcePerfLinks: options.forcePerfLinks ?? false,
    forceLegacy: options.forceLegacy ?? false,
  };
}
