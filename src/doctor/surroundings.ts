/** Where goidspan itself runs: its libraries and its container. */
import type { CheckFamily, Finding, HostFacts } from './finding.ts';

export const surroundings: CheckFamily = {
  name: 'surroundings',
  check: (facts) => [library(facts), node(facts), pidNamespace(facts), container(facts)],
};

function library({ native, nativeError }: HostFacts): Finding {
  if (native) return { check: 'libbpf', verdict: 'ok', found: native.libbpfVersion };
  return {
    check: 'libbpf',
    verdict: 'impossible',
    found: nativeError ?? 'not loaded',
    without: 'the kernel cannot be spoken to',
    change: 'do what the line above says in brackets',
  };
}

function node({ nodeVersion }: HostFacts): Finding {
  return { check: 'Node.js', verdict: 'ok', found: nodeVersion };
}

/** Programs in the kernel see the pids of the initial namespace, /proc shows ours. */
function pidNamespace({ isInitialPidNamespace }: HostFacts): Finding {
  const check = 'pid namespace';
  if (isInitialPidNamespace === undefined) return { check, verdict: 'info', found: 'not readable' };
  if (isInitialPidNamespace) return { check, verdict: 'ok', found: 'the host’s' };
  return {
    check,
    verdict: 'impossible',
    found: 'one of its own',
    without: 'pids in /proc are not those that the kernel knows, so no span is matched to a target',
    change: 'run in the host’s pid namespace (docker run --pid=host; hostPID: true in Kubernetes)',
  };
}

function container({ containerHints }: HostFacts): Finding {
  return {
    check: 'container',
    verdict: 'info',
    found: containerHints.length > 0 ? `yes: ${containerHints.join(', ')}` : 'no sign of one',
  };
}
