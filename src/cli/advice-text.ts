/** Advice as text. Pure. */
import type { Measurement } from '../advice/measurement.ts';
import { seconds } from '../advice/quantities.ts';
import type { Advice } from '../advice/rules.ts';
import { count } from './summary.ts';

/** What there is to tell of a program. */
export interface Advised {
  readonly pid: number;
  readonly exe: string;
  readonly measured: Measurement;
  readonly advice: readonly Advice[];
  /** What advice would be about, and is not known. */
  readonly unknown: readonly string[];
}

/** With a final newline. */
export function formatAdvice({ pid, exe, measured, advice, unknown }: Advised): string {
  const { seconds: lasted, cpuNs, requests } = measured;
  const lines = [
    `pid ${pid} (${exe}): ${seconds(lasted * 1e9)}, ${count(requests)} requests, ${seconds(cpuNs)} of CPU`,
    ...(advice.length === 0 ? ['nothing to advise'] : advice.flatMap(linesOf)),
    ...(unknown.length === 0
      ? []
      : [`not known, and nothing is advised that follows from it: ${unknown.join(', ')}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function linesOf({ setting, from, to, because }: Advice): string[] {
  return [to === undefined ? `${setting} ${from}: raise it` : `${setting} ${from} → ${to}`, `  ${because}`];
}
