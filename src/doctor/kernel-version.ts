/** The kernel itself: version, architecture, type information, clock, and versions that are known to misbehave. */
import { kernelAtLeast } from '../target/kernel-release.ts';
import type { CheckFamily, Finding, HostFacts } from './finding.ts';

/** A range of kernels in which something goes wrong that a tiny program cannot show. */
interface KnownBad {
  readonly what: string;
  /** First version that has it, and first that has it no more. */
  readonly from: readonly [number, number];
  readonly until?: readonly [number, number];
  /** What else must hold. */
  readonly if?: (facts: HostFacts) => boolean;
  readonly verdict: 'info' | 'degraded';
  readonly change: string;
  readonly source: string;
}

const KNOWN_BAD: readonly KnownBad[] = [
  {
    what: 'a profiler that samples user stacks while uprobes are attached may crash the kernel',
    from: [0, 0],
    until: [6, 13],
    verdict: 'info',
    change: 'run no eBPF profiler beside goidspan, or use Linux 6.13 or a stable kernel with b583ef82b671',
    source: 'https://github.com/siderolabs/talos/issues/9671',
  },
  {
    what: 'uprobe programs with private stacks may be preempted, which has crashed kernels with full preemption',
    from: [6, 13],
    if: ({ kernelVersion }) => /PREEMPT(_RT)?\b(?!_)/.test(kernelVersion),
    verdict: 'degraded',
    change: 'boot with preempt=voluntary, or use a kernel built without full preemption',
    source: 'https://github.com/open-telemetry/opentelemetry-ebpf-instrumentation/issues/3056',
  },
  {
    what: 'the pid of a uprobe_multi link means one thread, so goidspan uses perf events',
    from: [6, 6],
    until: [6, 10],
    verdict: 'info',
    change: 'use Linux 6.10 or newer',
    source: 'https://github.com/torvalds/linux/commit/46ba0e49b642',
  },
];

export const kernelVersion: CheckFamily = {
  name: 'kernel',
  check: (facts) => [architecture(facts), version(facts), btf(facts), clock(facts), ...knownBad(facts)],
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

function version({ release }: HostFacts): Finding {
  if (kernelAtLeast(release, 5, 17)) return { check: 'version', verdict: 'ok', found: `Linux ${release}` };
  return {
    check: 'version',
    verdict: 'impossible',
    found: `Linux ${release}`,
    without: 'the programs need bpf_loop',
    change: 'use Linux 5.17 or newer',
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

function knownBad(facts: HostFacts): Finding[] {
  const { release } = facts;
  return KNOWN_BAD.filter(
    ({ from, until, if: holds }) =>
      kernelAtLeast(release, ...from) &&
      !(until && kernelAtLeast(release, ...until)) &&
      (holds?.(facts) ?? true),
  ).map(({ what, verdict, change, source }) => ({
    check: 'known trouble',
    verdict,
    found: `${what} (${source})`,
    ...(verdict === 'degraded' ? { without: 'the kernel may crash' } : {}),
    change,
  }));
}
