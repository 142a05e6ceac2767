/** All checks over the facts of a host, and what they come to. Pure. */
import { features } from './features.ts';
import type { CheckFamily, Finding, HostFacts, Verdict } from './finding.ts';
import { kernelVersion } from './kernel-version.ts';
import { rights } from './rights.ts';
import { surroundings } from './surroundings.ts';

/** A new family is one file and one line here. */
const FAMILIES: readonly CheckFamily[] = [kernelVersion, features, rights, surroundings];

/** Names are stable; more may be added under the same `formatVersion`. */
export interface Examination {
  readonly formatVersion: 1;
  /** The worst of all findings; `ok` where there is nothing to change. */
  readonly verdict: Exclude<Verdict, 'info'>;
  readonly families: readonly { readonly name: string; readonly findings: readonly Finding[] }[];
  /** What to change, worst first, each once. */
  readonly changes: readonly string[];
}

export function examine(facts: HostFacts): Examination {
  const families = FAMILIES.map(({ name, check }) => ({ name, findings: check(facts) }));
  const findings = families.flatMap((family) => family.findings);
  const worst = (verdict: Verdict): Finding[] => findings.filter((finding) => finding.verdict === verdict);
  const impossible = worst('impossible');
  const degraded = worst('degraded');
  const changes = [...impossible, ...degraded].flatMap(({ change }) => change ?? []);
  return {
    formatVersion: 1,
    verdict: impossible.length > 0 ? 'impossible' : degraded.length > 0 ? 'degraded' : 'ok',
    families,
    changes: [...new Set(changes)],
  };
}
