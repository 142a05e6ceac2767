import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { formatExamination } from '../../src/cli/examination-text.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { Finding, HostFacts } from '../../src/doctor/finding.ts';
import { able, failing, healthy } from './host.ts';

const { EPERM, EINVAL, EOPNOTSUPP, ESRCH } = constants.errno;
const bit = (...bits: number[]): bigint => bits.reduce((set, number) => set | (1n << BigInt(number)), 0n);

function findingOf(facts: HostFacts, check: string): Finding | undefined {
  return examine(facts)
    .families.flatMap((family) => family.findings)
    .find((finding) => finding.check === check);
}

describe('examine', () => {
  it('has nothing to change on a host that can do everything', () => {
    const { verdict, changes } = examine(healthy);
    expect({ verdict, changes }).toEqual({ verdict: 'ok', changes: [] });
  });

  it.each<[string, Partial<HostFacts>, string]>([
    ['no BTF', { hasBtf: false }, 'use a kernel built with CONFIG_DEBUG_INFO_BTF=y, and mount /sys'],
    ['another architecture', { arch: 'riscv64' }, 'use an x86-64 or arm64 host'],
    [
      'a pid namespace of its own',
      { isInitialPidNamespace: false },
      'run in the host’s pid namespace (docker run --pid=host; hostPID: true in Kubernetes)',
    ],
    [
      'no native library',
      { native: undefined, nativeError: 'cannot load x (install libbpf 1.x)' },
      'do what the line above says in brackets',
    ],
    [
      'programs that do not load',
      { native: { ...able, programsError: 'cannot load BPF programs: EINVAL' } },
      'change what else is said here; if nothing is, report the line about goidspan’s own programs',
    ],
    [
      'no helper',
      failing({ 'helper bpf_ringbuf_output': EOPNOTSUPP }),
      'use a kernel that has it: helper bpf_ringbuf_output (Linux 5.8)',
    ],
    [
      'no uprobes at all',
      failing({ 'uprobe_multi link': EOPNOTSUPP, 'uprobe by perf event': EOPNOTSUPP }),
      'use a kernel with CONFIG_UPROBES=y and CONFIG_UPROBE_EVENTS=y; where there are no uprobe_multi links give CAP_SYS_ADMIN too',
    ],
    [
      'a seccomp profile that refuses bpf(2)',
      failing({ 'uprobe program': EPERM }),
      'allow bpf(2) and perf_event_open(2) in the seccomp profile of the container, or use --privileged',
    ],
  ])('cannot trace with %s, and says what to change', (_, facts, change) => {
    const { verdict, changes } = examine({ ...healthy, ...facts });
    expect(verdict).toBe('impossible');
    expect(changes[0]).toBe(change);
  });

  it.each<[string, Partial<HostFacts>, string]>([
    [
      'a slow clock',
      { clockSource: 'hpet' },
      'boot with clocksource=tsc if the processor’s counter is stable',
    ],
    [
      'few files',
      { limits: new Map([['Max open files', 256]]) },
      'raise the limit to 1024 or more (ulimit -n)',
    ],
    [
      'no uprobe_multi links',
      failing({ 'uprobe_multi link': EOPNOTSUPP }),
      'use a kernel that has it: uprobe_multi link (Linux 6.10, or 6.6.35 of its line)',
    ],
    [
      'no switches of threads',
      failing({ 'the switches of threads': ESRCH }),
      'use a kernel that has it: the switches of threads (Linux 5.5, CONFIG_DEBUG_INFO_BTF)',
    ],
    [
      'no word of data that comes to sockets',
      failing({ 'data that comes to sockets': ESRCH }),
      'use a kernel that has it: data that comes to sockets (Linux 5.5, CONFIG_DEBUG_INFO_BTF)',
    ],
    [
      'no right to statistics',
      failing({ 'run-time statistics': EPERM }),
      'give goidspan CAP_SYS_ADMIN too, if that is wanted (run-time statistics)',
    ],
    [
      'the programs’ form for kernels that lack helpers',
      {
        release: '5.10.0-33-amd64',
        native: { ...able, kernelFacts: { isLegacy: true, hasMultiLinks: true } },
      },
      'use Linux 5.17 or newer',
    ],
  ])('traces less well with %s, and says what to change', (_, facts, change) => {
    const { verdict, changes } = examine({ ...healthy, ...facts });
    expect({ verdict, changes }).toEqual({ verdict: 'degraded', changes: [change] });
  });

  it('names all missing capabilities in one change, and what each is for', () => {
    const facts = { ...failing({ 'uprobe program': EPERM }), capabilities: 0n };
    expect(examine(facts).changes).toEqual([
      'run as root, or give goidspan CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH',
    ]);
    expect(findingOf(facts, 'CAP_PERFMON')).toMatchObject({
      verdict: 'impossible',
      without: 'goidspan cannot attach uprobes, read memory in programs',
    });
    expect(findingOf(facts, 'loading a program')).toMatchObject({ verdict: 'impossible', found: 'EPERM' });
    expect(findingOf(facts, 'ring buffer')).toBeUndefined();
  });

  it('takes CAP_SYS_ADMIN for CAP_BPF and CAP_PERFMON', () => {
    const facts = { ...healthy, capabilities: bit(21, 19, 2) };
    expect(examine(facts).verdict).toBe('ok');
    expect(findingOf(facts, 'CAP_BPF')?.found).toBe('by CAP_SYS_ADMIN');
  });

  it('does not mind what goidspan never does', () => {
    const facts = failing({ 'helper bpf_probe_write_user': EOPNOTSUPP, 'uprobe by perf event': EINVAL });
    expect(examine(facts).verdict).toBe('ok');
    expect(findingOf(facts, 'helper bpf_probe_write_user')?.verdict).toBe('info');
  });

  it.each([
    ['6.1.0-18-amd64', '#1 SMP PREEMPT_DYNAMIC Debian', [9671]],
    ['6.8.0-31-generic', '#31 SMP', [9671]],
    ['6.12.9', '#1 SMP PREEMPT_RT', [9671]],
    ['6.18.44', '#1 SMP PREEMPT_DYNAMIC', []],
  ])('knows the trouble of Linux %s %s, with its sources', (release, kernelVersion, sources) => {
    const found = examine({ ...healthy, release, kernelVersion })
      .families.flatMap((family) => family.findings)
      .filter((finding) => finding.check === 'known trouble');
    expect(found.map((finding) => /\(https:\S+\/(\w+)\)$/.exec(finding.found)?.[1])).toEqual(
      sources.map(String),
    );
  });

  it.each([
    ['5.14.0-503.el9.x86_64', 'ok'],
    ['4.18.0-553.el8.x86_64', 'ok'],
  ])('does not judge by the number %s', (release, verdict) => {
    expect(examine({ ...healthy, release }).verdict).toBe(verdict);
  });

  it.each([
    ['none voluntary (full) lazy', '#1 SMP PREEMPT_DYNAMIC Debian', 'full'],
    ['(lazy) full', '#1 SMP PREEMPT_LAZY', 'lazy'],
    [undefined, '#1 SMP PREEMPT_DYNAMIC Debian', 'the kernel’s default, which only debugfs tells'],
    [undefined, '#1 SMP PREEMPT_RT', 'PREEMPT_RT'],
    [undefined, '#22 SMP PREEMPT', 'PREEMPT'],
    [undefined, '#22 SMP', 'none or voluntary'],
  ])('tells the preemption of %s on %s', (preemption, kernelVersion, found) => {
    const finding = findingOf({ ...healthy, preemption, kernelVersion }, 'preemption');
    expect(finding).toMatchObject({ verdict: 'info', found });
  });

  it('asks for the right to lock memory only where BPF counts as locked memory', () => {
    const limits = new Map([['Max locked memory', 65_536]]);
    const capabilities = healthy.capabilities & ~bit(24);
    const check = (hasMemoryAccounting: boolean, rest: Partial<HostFacts> = {}): string | undefined =>
      findingOf(
        { ...healthy, limits, capabilities, native: { ...able, hasMemoryAccounting }, ...rest },
        'locked memory',
      )?.verdict;
    expect(check(true)).toBe('info');
    expect(check(false)).toBe('impossible');
    expect(check(false, { capabilities: healthy.capabilities })).toBe('ok');
    expect(check(false, { limits: new Map([['Max locked memory', Number.POSITIVE_INFINITY]]) })).toBe('ok');
  });

  it('leaves out what cannot be read instead of taking it for good or bad', () => {
    const unreadable = {
      clockSource: undefined,
      lockdown: undefined,
      perfEventParanoid: undefined,
      unprivilegedBpfDisabled: undefined,
      isInitialPidNamespace: undefined,
      limits: new Map<string, number>(),
    };
    expect(examine({ ...healthy, ...unreadable }).verdict).toBe('ok');
  });
});

describe('formatExamination', () => {
  it('ends with what to change, worst first', () => {
    const text = formatExamination(examine({ ...healthy, hasBtf: false, clockSource: 'hpet' }));
    expect(text).toMatch(/^ {2}BTF +NO +no \/sys\/kernel\/btf\/vmlinux: the programs cannot be fitted/m);
    expect(
      text.endsWith(`
This host cannot trace. To change:
  1. use a kernel built with CONFIG_DEBUG_INFO_BTF=y, and mount /sys
  2. boot with clocksource=tsc if the processor’s counter is stable
`),
    ).toBe(true);
  });

  it('says so when nothing is to change', () => {
    expect(formatExamination(examine(healthy))).toMatch(
      /\n\nThis host can trace; nothing has to be changed\.\n$/,
    );
  });
});
