/** Where a request's time went, as its handler knows it and as Go's execution tracer tells it. */

import { expect, it } from 'vitest';
import { describeWith, go } from '../support/capabilities.ts';
import { cpuQuotas } from '../support/cpu-quota.ts';
import { tracedTimeOf } from '../support/execution-trace.ts';
import { buildOrSkip } from '../support/skip.ts';
import { circumstances, type Fault } from '../support/waits-faults.ts';
import { type Answer, WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 300_000;
/** What lies between a wake-up and the next line of the handler, and the rough gauges of the runtime. */
const shareWithin = 0.15;

describeWith([go], "Go's execution tracer", () => {
  it.for(circumstances)('agrees with the handlers of a target $name', { timeout }, async (on, context) => {
    const missing = on.tenths === undefined ? undefined : cpuQuotas();
    if (missing !== undefined) context.skip(missing);
    const waits = await WaitsServer.start(await buildOrSkip(context, waitsBuild('local')), on);
    const answers: [Fault, Answer][] = [];
    const requests = await waits.executionTrace(async () => {
      for (const fault of on.faults) answers.push([fault, await waits.ask(fault.path, fault.held)]);
    });
    await waits.stop();
    for (const [{ name, amounts }, { id, status, truth }] of answers) {
      const request = requests[id];
      if (request === undefined) throw new Error(`${name}: answered ${status}, and is not in the trace`);
      for (const [key, ms] of Object.entries(amounts)) {
        expect((truth[key] ?? 0) / 1e6, `${name}: milliseconds of ${key}`).toBeGreaterThan(ms * 0.99);
      }
      for (const { key, ns, isAll } of comparable(truth)) {
        const traced = key.split(' ').reduce((sum, part) => sum + tracedTimeOf(part, request), 0);
        const share = (isAll ? Math.abs(ns - traced) : Math.max(traced - ns, 0)) / request.Total;
        expect(share, `${name}: ${key} is ${ns} ns, traced ${traced}`).toBeLessThan(shareWithin);
      }
    }
  });
});

/** What the kernel does to a thread the tracer does not know: it is all running. */
const threadKeys = ['preempted', 'throttled', 'pagefault', 'syscall'];

/** Time of a request in words of the tracer, which may have less of it unless that is all. */
interface Comparable {
  readonly key: string;
  readonly ns: number;
  readonly isAll: boolean;
}

function comparable(truth: Answer['truth']): readonly Comparable[] {
  const entries = Object.entries(truth);
  const isOfThread = ([key]: [string, number]): boolean => threadKeys.includes(key) || key === 'cpu';
  const running = entries.filter(isOfThread).reduce((sum, [, ns]) => sum + ns, 0);
  const others = entries
    .filter((entry) => !isOfThread(entry))
    .map(([key, ns]) => {
      const parts = key.split(' ');
      const known = parts.filter((part) => !threadKeys.includes(part));
      return { key: known.join(' '), ns, isAll: known.length === parts.length };
    });
  return running === 0 ? others : [...others, { key: 'cpu', ns: running, isAll: true }];
}
