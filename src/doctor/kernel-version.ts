/** The kernel itself: version, architecture, type information, clock, and versions that are known to misbehave. */
import { kernelAtLeast } from '../process/kernel-release.ts';
import type { CheckFamily, Finding, HostFacts } from './finding.ts';

/** A range of kernels in which something goes wrong that a tiny program cannot show. */
interface KnownBad {
  readonly what: string;
  /** First version that has it, and first that has it no more. */
  readonly from: readonly [number, number];
  readonly until?: readonly [number, number];
  readonly verdict: 'info' | 'degraded';
  readonly change: string;
  readonly source: string;
}

const KNOWN_BAD: readonly KnownBad[] = [
  {
    what: 'a profiler that samples user stacks by bpf_get_stack while uprobes are attached may crash the kernel (goidspan reads them itself)',
    from: [0, 0],
    until: [6, 13],
    verdict: 'info',
    change: 'run no eBPF profiler beside goidspan, or use Linux 6.13 or a stable kernel with b583ef82b671',
    source: 'https://github.com/siderolabs/talos/issues/9671',
  },
];

export const kernelVersion: CheckFamily = {
  name: 'kernel',
  check: (facts) => [
    architecture(facts),
    version(facts),
    preemption(facts),
    btf(facts),
    clock(facts),
    ...knownBad(facts),
  ],
};

const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'x86-64'],
  ['arm64', 'arm64'],
]);

function architecture({ arch }: HostFacts): Finding {
  const found = ARCHITECTURES.get(arch);
  if (found !== undefined) return { check: 'architecture', verdict: 'ok', found };
  return {
    check: 'architecture',
    verdict: 'impossible',
    found: arch,
    without: 'probes are placed in x86-64 and arm64 code only',
    change: 'use an x86-64 or arm64 host',
  };
}

/** Told, never judged: distributions add features to older numbers, so what counts is what can be done. */
function version({ release }: HostFacts): Finding {
  return { check: 'version', verdict: 'ok', found: `Linux ${release}` };
}

/** Whether one program may be interrupted by another, which goidspan's allow for. */
function preemption({ preemption: modes, kernelVersion: built }: HostFacts): Finding {
  const inForce = /\((\w+)\)/.exec(modes ?? '')?.[1];
  const model = /PREEMPT(_\w+)?/.exec(built)?.[0];
  const found = inForce ?? (model === 'PREEMPT_DYNAMIC' ? undefined : (model ?? 'none or voluntary'));
  return {
    check: 'preemption',
    verdict: 'info',
    found: found ?? 'the kernel’s default, which only debugfs tells',
  };
}

function btf({ hasBtf }: HostFacts): Finding {
  if (hasBtf) return { check: 'BTF', verdict: 'ok', found: '/sys/kernel/btf/vmlinux' };
  return {
    check: 'BTF',
    verdict: 'impossible',
    found: 'no /sys/kernel/btf/vmlinux',
    without: 'the programs cannot be fitted to this kernel',
    change: 'use a kernel built with CONFIG_DEBUG_INFO_BTF=y, and mount /sys',
  };
}

/** Each probe reads the clock: these take nanoseconds, the others up to microseconds. */
const FAST_CLOCKS: ReadonlySet<string> = new Set([
  ...['tsc', 'kvm-clock', 'hyperv_clocksource_tsc_page', 'xen'],
  'arch_sys_counter', // arm64
]);

function clock({ clockSource }: HostFacts): Finding {
  const check = 'clock source';
  if (clockSource === undefined) return { check, verdict: 'info', found: 'not readable' };
  if (FAST_CLOCKS.has(clockSource)) return { check, verdict: 'ok', found: clockSource };
  return {
    check,
    verdict: 'degraded',
    found: clockSource,
    without: 'each probe waits for a slow clock',
    change: 'boot with clocksource=tsc if the processor’s counter is stable',
  };
}

function knownBad({ release }: HostFacts): Finding[] {
  return KNOWN_BAD.filter(
    ({ from, until }) => kernelAtLeast(release, ...from) && !(until && kernelAtLeast(release, ...until)),
  ).map(({ what, verdict, change, source }) => ({
    check: 'known trouble',
    verdict,
    found: `${what} (${source})`,
    ...(verdict === 'degraded' ? { without: 'the kernel may crash' } : {}),
    change,
  }));
}
