/** A host that can do everything, to be changed by tests. */
import type { HostFacts, NativeFacts } from '../../src/doctor/finding.ts';

const ALL_CAPABILITIES = (1n << 41n) - 1n;

export const able: NativeFacts = {
  libbpfVersion: 'v1.1',
  results: new Map(),
  programsError: undefined,
  kernelFacts: { isLegacy: false, hasMultiLinks: true },
  hasMemoryAccounting: true,
};

export const healthy: HostFacts = {
  release: '6.18.44',
  kernelVersion: '#1 SMP PREEMPT_DYNAMIC Mon Nov 2 10:00:00 UTC 2026',
  preemption: 'none voluntary (full) lazy',
  arch: 'x64',
  nodeVersion: 'v20.20.2',
  hasBtf: true,
  clockSource: 'tsc',
  capabilities: ALL_CAPABILITIES,
  limits: new Map([
    ['Max open files', 20_000],
    ['Max locked memory', Number.POSITIVE_INFINITY],
  ]),
  lockdown: 'none [integrity] confidentiality',
  perfEventParanoid: 2,
  unprivilegedBpfDisabled: 2,
  isInitialPidNamespace: true,
  containerHints: [],
  native: able,
  nativeError: undefined,
};

/** The healthy host, on which some probes fail with those errors. */
export function failing(errnoByProbe: Readonly<Record<string, number>>): HostFacts {
  return { ...healthy, native: { ...able, results: new Map(Object.entries(errnoByProbe)) } };
}
