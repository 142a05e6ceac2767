/** Reads the facts that the checks look at. Owns all I/O of this room; what cannot be read is left out. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { arch, release, version } from 'node:os';
import { GoidspanError } from '../errors.ts';
import { Kernel } from '../kernel/kernel.ts';
import { loadNative } from '../kernel/native.ts';
import { familiesOf, programsOf } from '../probes/families.ts';
import { DEFAULT_LEVEL } from '../probes/hook.ts';
import { hasMemoryAccounting, runProbes } from './features.ts';
import type { HostFacts, NativeFacts } from './finding.ts';

/** Of the initial pid namespace, PROC_PID_INIT_INO of include/linux/proc_ns.h: a fixed part of the kernel's ABI. */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** @param root  where `/proc`, `/sys` and the rest are found, for tests */
export function readHostFacts(env: NodeJS.ProcessEnv, root = ''): HostFacts {
  const text = (path: string): string | undefined =>
    orUndefined(() => readFileSync(`${root}${path}`, 'utf8').trim());
  const number = (path: string): number | undefined => {
    const found = text(path);
    return found === undefined ? undefined : Number(found);
  };
  const namespace = orUndefined(() => readlinkSync(`${root}/proc/self/ns/pid`));
  const { native, nativeError } = readNative();
  return {
    release: release(),
    kernelVersion: version(),
    preemption: text('/sys/kernel/debug/sched/preempt') ?? preemptionOf(text('/proc/cmdline') ?? ''),
    arch: arch(),
    nodeVersion: process.version,
    hasBtf: existsSync(`${root}/sys/kernel/btf/vmlinux`),
    clockSource: text('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    capabilities: capabilitiesOf(text('/proc/self/status') ?? ''),
    limits: limitsOf(text('/proc/self/limits') ?? ''),
    lockdown: text('/sys/kernel/security/lockdown'),
    perfEventParanoid: number('/proc/sys/kernel/perf_event_paranoid'),
    unprivilegedBpfDisabled: number('/proc/sys/kernel/unprivileged_bpf_disabled'),
    isInitialPidNamespace: namespace === undefined ? undefined : namespace === INITIAL_PID_NAMESPACE,
    containerHints: [
      ...['/.dockerenv', '/run/.containerenv'].filter((path) => existsSync(`${root}${path}`)),
      ...(env['container'] ? [`container=${env['container']}`] : []),
      ...(env['KUBERNETES_SERVICE_HOST'] ? ['KUBERNETES_SERVICE_HOST'] : []),
    ],
    native,
    nativeError,
  };
}

/** What the kernel was booted with, as debugfs would write it; undefined where nothing was said. */
export function preemptionOf(commandLine: string): string | undefined {
  const chosen = /(?:^|\s)preempt=(\w+)/.exec(commandLine)?.[1];
  return chosen === undefined ? undefined : `(${chosen})`;
}

/** The bits of `CapEff` in the text of `/proc/self/status`. */
export function capabilitiesOf(status: string): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return hex === undefined ? 0n : BigInt(`0x${hex}`);
}

/** Soft limits by their names in the text of `/proc/self/limits`. */
export function limitsOf(text: string): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, soft] = /^(Max .+?) {2,}(\d+|unlimited)\s/.exec(line) ?? [];
    if (name && soft) limits.set(name, soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft));
  }
  return limits;
}

function readNative(): { native: NativeFacts | undefined; nativeError: string | undefined } {
  try {
    const native = loadNative();
    return {
      native: {
        libbpfVersion: native.libbpfVersion(),
        results: runProbes(native),
        hasMemoryAccounting: hasMemoryAccounting(native),
        ...ownPrograms(),
      },
      nativeError: undefined,
    };
  } catch (error) {
    if (!(error instanceof GoidspanError)) throw error;
    return { native: undefined, nativeError: error.message };
  }
}

function ownPrograms(): Pick<NativeFacts, 'programsError' | 'kernelFacts'> {
  try {
    const kernel = Kernel.open({}, familiesOf(DEFAULT_LEVEL).flatMap(programsOf));
    kernel.close();
    return { programsError: undefined, kernelFacts: kernel.facts };
  } catch (error) {
    if (!(error instanceof GoidspanError)) throw error;
    return { programsError: error.message, kernelFacts: undefined };
  }
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
