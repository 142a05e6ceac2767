/** What a check says. Data only. */
import type { KernelFacts } from '../kernel/native.ts';

/** From best to worst; `info` is worth knowing and changes nothing. */
export type Verdict = 'ok' | 'info' | 'degraded' | 'impossible';

export interface Finding {
  /** Stable name. */
  readonly check: string;
  readonly verdict: Verdict;
  /** What was found. */
  readonly found: string;
  /** What does not work, for `degraded` and `impossible`. */
  readonly without?: string;
  /** What to change on the host, for `degraded` and `impossible`. */
  readonly change?: string;
}

/** Checks that belong together, over the same facts. */
export interface CheckFamily {
  readonly name: string;
  readonly check: (facts: HostFacts) => Finding[];
}

/** What a probe came to: 0, or the number of the error. */
export type ProbeResult = number;

/** Everything the checks look at, read once. */
export interface HostFacts {
  /** `uname -r`. */
  readonly release: string;
  /** `uname -v`, which names the preemption that the kernel was built with. */
  readonly kernelVersion: string;
  /** The preemption in force is the one in brackets; undefined where neither debugfs nor the command line tells. */
  readonly preemption: string | undefined;
  /** As Node names it: `x64`, `arm64`. */
  readonly arch: string;
  readonly nodeVersion: string;
  readonly hasBtf: boolean;
  readonly clockSource: string | undefined;
  /** `CapEff`. */
  readonly capabilities: bigint;
  /** Soft limit by name as `/proc/self/limits` has it, e.g. `Max open files`. */
  readonly limits: ReadonlyMap<string, number>;
  /** Text of the file; undefined when securityfs is not mounted or not readable. */
  readonly lockdown: string | undefined;
  readonly perfEventParanoid: number | undefined;
  readonly unprivilegedBpfDisabled: number | undefined;
  /** Our pid namespace is the one that the kernel counts pids in. */
  readonly isInitialPidNamespace: boolean | undefined;
  /** Files that container runtimes leave, and what `container` says in our environment. */
  readonly containerHints: readonly string[];
  /** Undefined when the native library cannot be loaded. */
  readonly native: NativeFacts | undefined;
  /** Why not. */
  readonly nativeError: string | undefined;
}

/** What the tiny programs came to. */
export interface NativeFacts {
  readonly libbpfVersion: string;
  /** By the names of the probes in `features.ts`; absent like 0. */
  readonly results: ReadonlyMap<string, ProbeResult>;
  /** The project's own programs load; else what the kernel said. */
  readonly programsError: string | undefined;
  /** What was found when they were loaded; undefined if they were not. */
  readonly kernelFacts: KernelFacts | undefined;
  /** Memory of maps counts for the control group and not as locked memory. */
  readonly hasMemoryAccounting: boolean;
}
