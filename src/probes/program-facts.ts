/** What families must know of a program besides its functions and types. */

import type { GoBinary } from '../binary/go-binary.ts';
import type { ProbeFamily, ProgramFact } from './hook.ts';

export interface ProgramFacts {
  /**
   * Where a thread keeps the goroutine that it runs, in bytes from its thread pointer; negative. Absent on arm64, where R28
   * holds the goroutine.
   */
  readonly goroutineTls?: number;
  /** Why goroutines wait, by the runtime's numbers. */
  readonly waitReasons: readonly string[];
}

/** Those that the families ask for, as far as they are found. */
export function programFacts(binary: GoBinary, families: readonly ProbeFamily[]): ProgramFacts {
  const goroutineTls = isAsked(families, 'goroutine_tls') ? binary.goroutineTls() : undefined;
  const waitReasons = isAsked(families, 'wait_reasons') ? binary.waitReasons() : undefined;
  return { ...(goroutineTls !== undefined && { goroutineTls }), waitReasons: waitReasons ?? [] };
}

/** Of facts that were found for more families, those that these ask for. */
export function factsFor(
  families: readonly ProbeFamily[],
  { goroutineTls, waitReasons }: ProgramFacts,
): ProgramFacts {
  const hasTls = goroutineTls !== undefined && isAsked(families, 'goroutine_tls');
  return {
    ...(hasTls && { goroutineTls }),
    waitReasons: isAsked(families, 'wait_reasons') ? waitReasons : [],
  };
}

const isAsked = (families: readonly ProbeFamily[], fact: ProgramFact): boolean =>
  families.some((family) => family.knows?.includes(fact));

/** What is missing without which the family cannot be. */
export function missingFact(
  binary: GoBinary,
  family: ProbeFamily,
  { goroutineTls, waitReasons }: ProgramFacts,
): string | undefined {
  const missing: Readonly<Record<ProgramFact, string | false>> = {
    goroutine_tls:
      goroutineTls === undefined &&
      binary.arch.goroutineTls !== undefined &&
      'where its threads keep the running goroutine is not known',
    wait_reasons: waitReasons.length === 0 && 'it has no table of the reasons why goroutines wait',
    no_profile:
      binary.buildInfo?.settings.has('-pgo') !== false &&
      'it may have been built with a profile (-pgo), which inlines functions where they are not seen',
  };
  return family.knows?.map((fact) => missing[fact]).find((text) => text !== false) || undefined;
}
