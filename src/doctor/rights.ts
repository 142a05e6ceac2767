/** What this process may do: capabilities, lockdown, limits. */
import type { CheckFamily, Finding, HostFacts } from './finding.ts';

interface Capability {
  readonly name: string;
  /** Bit of `CapEff`, linux/capability.h. */
  readonly bit: bigint;
  readonly purpose: string;
  readonly missing: 'impossible' | 'degraded' | 'info';
  /** CAP_SYS_ADMIN serves as well. */
  readonly isOfAdmin?: true;
}

const SYS_ADMIN = 21n;

const CAPABILITIES: readonly Capability[] = [
  { name: 'CAP_BPF', bit: 39n, purpose: 'load programs, make maps', missing: 'impossible', isOfAdmin: true },
  {
    name: 'CAP_PERFMON',
    bit: 38n,
    purpose: 'attach uprobes, read memory in programs',
    missing: 'impossible',
    isOfAdmin: true,
  },
  {
    name: 'CAP_SYS_PTRACE',
    bit: 19n,
    purpose: 'find executable, environment and load address of processes of other users',
    missing: 'degraded',
  },
  {
    name: 'CAP_DAC_READ_SEARCH',
    bit: 2n,
    purpose: 'read environments of processes of other users, and executables that not everybody may read',
    missing: 'degraded',
  },
  {
    name: 'CAP_SYS_ADMIN',
    bit: SYS_ADMIN,
    purpose: 'measure the probes’ run time; attach by perf events on kernels before 6.10',
    missing: 'info',
  },
];

export const rights: CheckFamily = {
  name: 'rights',
  check: (facts) => [
    ...capabilities(facts),
    lockdown(facts),
    ...sysctls(facts),
    openFiles(facts),
    lockedMemory(facts),
  ],
};

/** Whether the capabilities to load and attach programs are there. */
export function mayLoad(capabilities: bigint): boolean {
  return has(capabilities, SYS_ADMIN) || (has(capabilities, 39n) && has(capabilities, 38n));
}

function has(capabilities: bigint, bit: bigint): boolean {
  return (capabilities & (1n << bit)) !== 0n;
}

/** One change names all that are missing. */
function capabilities({ capabilities: effective }: HostFacts): Finding[] {
  const findings = CAPABILITIES.map((capability) => capabilityOf(capability, effective));
  const missing = findings.filter(({ verdict }) => verdict === 'impossible' || verdict === 'degraded');
  const change = `run as root, or give goidspan ${missing.map(({ check }) => check).join(', ')}`;
  return findings.map((finding) => (missing.includes(finding) ? { ...finding, change } : finding));
}

function capabilityOf({ name, bit, purpose, missing, isOfAdmin }: Capability, effective: bigint): Finding {
  if (has(effective, bit)) return { check: name, verdict: 'ok', found: 'effective' };
  if (isOfAdmin && has(effective, SYS_ADMIN))
    return { check: name, verdict: 'ok', found: 'by CAP_SYS_ADMIN' };
  if (missing === 'info') return { check: name, verdict: 'info', found: `not effective (${purpose})` };
  return { check: name, verdict: missing, found: 'not effective', without: `goidspan cannot ${purpose}` };
}

/** Confidentiality also refuses bpf_probe_read_kernel, which is probed by itself. */
function lockdown({ lockdown: text }: HostFacts): Finding {
  const check = 'lockdown';
  if (text === undefined) {
    return {
      check,
      verdict: 'info',
      found: 'not readable (securityfs not mounted): the features above say what is refused',
    };
  }
  return { check, verdict: 'ok', found: /\[(\w+)\]/.exec(text)?.[1] ?? text };
}

function sysctls({ perfEventParanoid, unprivilegedBpfDisabled }: HostFacts): Finding[] {
  const told = (check: string, value: number | undefined, meaning: string): Finding => ({
    check,
    verdict: 'info',
    found: value === undefined ? 'not readable' : `${value}: ${meaning}`,
  });
  return [
    told('kernel.perf_event_paranoid', perfEventParanoid, 'does not matter with CAP_PERFMON'),
    told('kernel.unprivileged_bpf_disabled', unprivilegedBpfDisabled, 'does not matter with CAP_BPF'),
  ];
}

/** Links of 64 targets with 12 hooks each, and the rest. */
const OPEN_FILES_MIN = 1_024;

function openFiles({ limits }: HostFacts): Finding {
  const check = 'open files';
  const limit = limits.get('Max open files');
  if (limit === undefined) return { check, verdict: 'info', found: 'limit not readable' };
  if (limit >= OPEN_FILES_MIN) return { check, verdict: 'ok', found: `at most ${limit}` };
  return {
    check,
    verdict: 'degraded',
    found: `at most ${limit}`,
    without: 'few programs can be traced at once: each takes about 12 descriptors',
    change: `raise the limit to ${OPEN_FILES_MIN} or more (ulimit -n)`,
  };
}

/** 32 MiB of ring, and the maps. */
const LOCKED_MIN_BYTES = 128 << 20;
const SYS_RESOURCE = 24n;

function lockedMemory({ limits, native, capabilities: effective }: HostFacts): Finding {
  const check = 'locked memory';
  const limit = limits.get('Max locked memory');
  const text =
    limit === undefined
      ? 'not readable'
      : limit === Number.POSITIVE_INFINITY
        ? 'unlimited'
        : `${limit} bytes`;
  if (native?.hasMemoryAccounting ?? true)
    return { check, verdict: 'info', found: `${text}: does not count for BPF on this kernel` };
  const suffices = limit === undefined || limit >= LOCKED_MIN_BYTES || has(effective, SYS_RESOURCE);
  if (suffices)
    return { check, verdict: 'ok', found: `${text}: BPF counts as locked memory before Linux 5.11` };
  return {
    check,
    verdict: 'impossible',
    found: `${text}, and BPF counts as locked memory before Linux 5.11`,
    without: 'maps and ring buffer cannot be made',
    change: 'give goidspan CAP_SYS_RESOURCE, by which it raises the limit, or raise it (ulimit -l unlimited)',
  };
}
