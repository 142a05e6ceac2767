/** Where the time of a span went, as attributes. */
import { type TimeSpent, timeUses } from '../correlate/time-spent.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';

/** With the beginning of each member of the JSON object. */
const members = timeUses.map(([name, number]) => ({ name, number, begin: `"${name}":` }));

export function addTimeAttributes(
  sink: AttributeSink,
  time: TimeSpent,
  criticalNs: readonly number[] | undefined,
): void {
  const { ns, allocNs, startCpu, endCpu, startNode, endNode, migrations, uringCompletions } = time;
  const { json, top } = told(ns);
  if (top !== '') {
    sink.text(names.GOIDSPAN_BREAKDOWN, json);
    sink.text(names.GOIDSPAN_WAIT_TOP, top);
  }
  if (criticalNs) sink.text(names.GOIDSPAN_CRITICAL, told(criticalNs).json);
  if (allocNs !== 0) sink.int(names.GOIDSPAN_ALLOC, allocNs);
  sink.int(names.GOIDSPAN_CPU_START, startCpu);
  sink.int(names.GOIDSPAN_CPU_END, endCpu);
  if (startNode !== 0 || endNode !== 0) {
    sink.int(names.GOIDSPAN_NUMA_START, startNode);
    sink.int(names.GOIDSPAN_NUMA_END, endNode);
  }
  if (migrations !== 0) sink.int(names.GOIDSPAN_MIGRATIONS, migrations);
  if (uringCompletions !== 0) sink.int(names.GOIDSPAN_IO_URING_COMPLETIONS, uringCompletions);
}

/** As a JSON object without zeros, and the name of the largest member; that is empty if there is none. */
function told(ns: readonly number[]): { json: string; top: string } {
  let json = '';
  let top = '';
  let most = 0;
  for (const { name, number, begin } of members) {
    const spent = ns[number] as number;
    if (spent === 0) continue;
    json += json === '' ? `{${begin}${spent}` : `,${begin}${spent}`;
    if (spent <= most) continue;
    most = spent;
    top = name;
  }
  return { json: `${json}}`, top };
}
