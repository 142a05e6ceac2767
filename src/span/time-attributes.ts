/** Where the time of a span went, as attributes. */
import type { TimeSpent } from '../correlate/time-spent.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';

export function addTimeAttributes(sink: AttributeSink, time: TimeSpent): void {
  const { breakdown, startCpu, endCpu, startNode, endNode, migrations } = time;
  let json = '';
  let top = '';
  let most = -1;
  for (const use in breakdown) {
    const spent = breakdown[use as keyof typeof breakdown] as number;
    json += `${json === '' ? '{' : ','}"${use}":${spent}`;
    if (spent <= most) continue;
    most = spent;
    top = use;
  }
  if (top !== '') {
    sink.text(names.GOIDSPAN_BREAKDOWN, `${json}}`);
    sink.text(names.GOIDSPAN_WAIT_TOP, top);
  }
  sink.int(names.GOIDSPAN_CPU_START, startCpu);
  sink.int(names.GOIDSPAN_CPU_END, endCpu);
  if (startNode !== 0 || endNode !== 0) {
    sink.int(names.GOIDSPAN_NUMA_START, startNode);
    sink.int(names.GOIDSPAN_NUMA_END, endNode);
  }
  if (migrations !== 0) sink.int(names.GOIDSPAN_MIGRATIONS, migrations);
}
