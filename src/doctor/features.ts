/** What the kernel must be able to do, each found out by a tiny program. */
import { LEGACY_PROGRAMS, NO_MULTI_LINKS } from '../kernel/degradations.ts';
import { errnoName } from '../kernel/errno.ts';
import type { Native } from '../kernel/native.ts';
import type { CheckFamily, Finding, NativeFacts, ProbeResult } from './finding.ts';
import { mayLoad } from './rights.ts';

/** Numbers of `enum bpf_prog_type` and `enum bpf_func_id`, include/uapi/linux/bpf.h; part of the kernel's ABI. */
const SOCKET_FILTER = 1;
const UPROBE = 2;
const RAW_TRACEPOINT = 17;
const helper =
  (number: number) =>
  (native: Native): ProbeResult =>
    native.probeHelper(UPROBE, number);

interface Probe {
  readonly name: string;
  readonly run: (native: Native) => ProbeResult;
  /** Kernel that has it at the earliest, and the option that it is built with. */
  readonly since: string;
  /** What is lost without it; a probe that has none is only told. */
  readonly without?: string;
  readonly need: 'required' | 'optional' | 'told';
  /** Right that it needs beyond those of loading a program. */
  readonly right?: string;
}

/** What is lost where the tracepoints of level `waits` cannot be attached. */
const NO_WAITS =
  'where the time of spans goes cannot be told: there is level spans only, none that is deeper';

/** In the order in which they are told. */
const PROBES: readonly Probe[] = [
  required('uprobe program', (native) => native.probeProgram(UPROBE), 'Linux 4.1, CONFIG_UPROBE_EVENTS'),
  required('raw tracepoint program', (native) => native.probeProgram(RAW_TRACEPOINT), 'Linux 4.17'),
  required(
    'raw tracepoint sched_process_exit',
    (native) => native.probeRawTracepoint('sched_process_exit'),
    'Linux 4.17',
  ),
  required('ring buffer', (native) => native.probeRingBuffer(), 'Linux 5.8'),
  required('helper bpf_probe_read_user', helper(112), 'Linux 5.5'),
  required('helper bpf_probe_read_kernel', helper(113), 'Linux 5.5; refused by lockdown=confidentiality'),
  required('helper bpf_get_current_task', helper(35), 'Linux 4.8'),
  required('helper bpf_ringbuf_output', helper(130), 'Linux 5.8'),
  // What goes without these two is said of the programs that are loaded in their place.
  { name: 'helper bpf_get_attach_cookie', run: helper(174), since: 'Linux 5.15', need: 'told' },
  { name: 'helper bpf_loop', run: helper(181), since: 'Linux 5.17', need: 'told' },
  {
    name: 'uprobe_multi link',
    run: (native) => native.probeUprobe(true),
    since: 'Linux 6.10, or 6.6.35 of its line',
    need: 'optional',
    without: NO_MULTI_LINKS.without,
  },
  {
    name: 'uprobe by perf event',
    run: (native) => native.probeUprobe(false),
    since: 'Linux 4.17, CONFIG_UPROBE_EVENTS; CAP_SYS_ADMIN on newer kernels',
    need: 'told',
  },
  {
    name: 'the switches of threads',
    run: (native) =>
      native.probeTypedTracepoint('sched_switch') || native.probeTypedTracepoint('sched_waking'),
    since: 'Linux 5.5, CONFIG_DEBUG_INFO_BTF',
    need: 'optional',
    without: NO_WAITS,
  },
  {
    name: 'data that comes to sockets',
    run: (native) => native.probeTypedTracepoint('tcp_probe'),
    since: 'Linux 5.5, CONFIG_DEBUG_INFO_BTF',
    need: 'optional',
    without: NO_WAITS,
  },
  {
    name: 'the clocks of processors',
    run: (native) => native.probeClock(),
    since: 'Linux 4.9, CONFIG_PERF_EVENTS',
    need: 'optional',
    without: 'where in their code programs spend their time cannot be told: there is no level cpu',
  },
  {
    name: 'run-time statistics',
    run: (native) => native.probeRunStatistics(),
    since: 'Linux 5.8',
    right: 'CAP_SYS_ADMIN',
    need: 'optional',
    without: 'the summary does not say how long the probes’ programs took',
  },
  {
    name: 'idle priority that can be left',
    run: (native) => native.probeIdlePriority(),
    since: 'CAP_SYS_NICE or RLIMIT_NICE',
    right: 'CAP_SYS_NICE',
    need: 'optional',
    without: 'where processors are few, goidspan’s own work takes turns with the traced programs',
  },
  {
    name: 'helper bpf_probe_write_user',
    run: helper(36),
    since: 'Linux 4.8; refused by lockdown. goidspan never writes to a target',
    need: 'told',
  },
];

function required(name: string, run: Probe['run'], since: string): Probe {
  return { name, run, since, need: 'required', without: 'the programs cannot work' };
}

/**
 * Known by a helper of the same release: bpf_ktime_get_coarse_ns, Linux 5.11, which programs of the kind that is run at
 * uprobes may not call. libbpf decides by it too.
 */
export function hasMemoryAccounting(native: Native): boolean {
  return native.probeHelper(SOCKET_FILTER, 160) >= 0;
}

/** Runs all. */
export function runProbes(native: Native): ReadonlyMap<string, ProbeResult> {
  return new Map(PROBES.map(({ name, run }) => [name, Math.max(0, -run(native))]));
}

export const features: CheckFamily = {
  name: 'features',
  check: ({ native, capabilities }) => {
    if (!native) return [];
    const load = loading(native, mayLoad(capabilities));
    if (load.verdict !== 'ok') return [load];
    return [load, ...PROBES.map((probe) => featureOf(probe, native)), uprobes(native), programs(native)];
  },
};

/** Whether nothing works is told once, and not for every feature. */
function loading({ results }: NativeFacts, hasRights: boolean): Finding {
  const check = 'loading a program';
  const error = errnoName(results.get('uprobe program') ?? 0);
  if (!isRefusal(error)) return { check, verdict: 'ok', found: 'may be done' };
  return {
    check,
    verdict: 'impossible',
    found: error,
    without: 'nothing else can be tried',
    // Without the rights the capabilities say what to change.
    ...(hasRights
      ? {
          change:
            'allow bpf(2) and perf_event_open(2) in the seccomp profile of the container, or use --privileged',
        }
      : {}),
  };
}

function isRefusal(error: string): boolean {
  return error === 'EPERM' || error === 'EACCES';
}

function featureOf(
  { name: check, need, since, right, without = '' }: Probe,
  { results }: NativeFacts,
): Finding {
  const errno = results.get(check) ?? 0;
  if (errno === 0) return { check, verdict: 'ok', found: 'works' };
  const found = errnoName(errno);
  if (need === 'told') return { check, verdict: 'info', found: `${found} (${since})` };
  return {
    check,
    verdict: need === 'required' ? 'impossible' : 'degraded',
    found,
    without,
    change:
      right !== undefined && isRefusal(found)
        ? `give goidspan ${right} too, if that is wanted (${check})`
        : `use a kernel that has it: ${check} (${since})`,
  };
}

/** Either kind of uprobe will do. */
function uprobes({ results }: NativeFacts): Finding {
  const check = 'a uprobe that runs';
  const works = ['uprobe_multi link', 'uprobe by perf event'].some((name) => !results.get(name));
  if (works) return { check, verdict: 'ok', found: 'attached to goidspan itself, and hit by another thread' };
  return {
    check,
    verdict: 'impossible',
    found: 'neither kind of uprobe could be attached and hit',
    without: 'nothing can be traced',
    change:
      'use a kernel with CONFIG_UPROBES=y and CONFIG_UPROBE_EVENTS=y; where there are no uprobe_multi links give CAP_SYS_ADMIN too',
  };
}

function programs({ programsError, kernelFacts }: NativeFacts): Finding {
  const check = 'goidspan’s own programs';
  if (kernelFacts?.isLegacy) {
    const { missing, without, change } = LEGACY_PROGRAMS;
    return {
      check,
      verdict: 'degraded',
      found: `load in their form for kernels without ${missing}`,
      without,
      change,
    };
  }
  if (programsError === undefined) return { check, verdict: 'ok', found: 'load' };
  return {
    check,
    verdict: 'impossible',
    found: programsError,
    without: 'nothing can be traced',
    change: 'change what else is said here; if nothing is, report the line about goidspan’s own programs',
  };
}
