/** Where a request's time went, as its handler knows it and as Go's execution tracer tells it. */

import { expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { breakdownOf, durationNs, timeOf } from '../support/breakdown.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { classes, tracedTimeOf } from '../support/execution-trace.ts';
import { circumstances, type Fault } from '../support/waits-faults.ts';
import { type Answer, type TracedRequest, WaitsServer, waitsBuild } from '../support/waits-server.ts';

const build = waitsBuild('local');
const timeout = 300_000;
/** Others may want the processors. */
const retry = 2;
/** What lies between a wake-up and the next line of the handler, and the rough gauges of the runtime. */
const shareWithin = 0.15;
/** Of a class: both look at the same turns of the scheduler, a few lines of the runtime apart. */
const partWithin = 0.05;
const nanosWithin = 50_000;
/** A thread may be preempted between the two places where they look: one of these must go undisturbed. */
const attempts = 3;

describeWith([go], "Go's execution tracer", () => {
  it.for(circumstances)(
    'agrees with the handlers of a target $name',
    { timeout, retry },
    async (on, context) => {
      const waits = await WaitsServer.during(context, build, on);
      const answers: [Fault, Answer][] = [];
      const requests = await waits.executionTrace(async () => {
        for (const fault of on.faults) answers.push([fault, await waits.ask(fault.path, fault.held)]);
      });
      for (const [{ name, amounts }, { id, status, truth }] of answers) {
        const request = requests[id];
        if (request === undefined) throw new Error(`${name}: answered ${status}, and is not in the trace`);
        for (const [key, ms] of Object.entries(amounts)) {
          expect((truth[key] ?? 0) / 1e6, `${name}: milliseconds of ${key}`).toBeGreaterThan(ms * 0.99);
        }
        for (const { keys, ns, isAll } of comparable(truth)) {
          const traced = tracedTimeOf(keys, request);
          const share = (isAll ? Math.abs(ns - traced) : Math.max(traced - ns, 0)) / request.Total;
          expect(share, `${name}: ${keys} is ${ns} ns, traced ${traced}`).toBeLessThan(shareWithin);
        }
      }
    },
  );
});

describeWith([kernel, go], 'the breakdown of a span', () => {
  it.for(circumstances)(
    "agrees with Go's execution tracer about a target $name",
    { timeout, retry },
    async (on, context) => {
      const waits = await WaitsServer.during(context, build, on);
      const traced = await waits.traceDuring(context, { level: on.level ?? 'waits' });
      const asked: [Fault, id: string][] = [];
      const requests = await waits.executionTrace(async () => {
        for (const fault of on.faults) {
          for (let n = 0; n < attempts; n++)
            asked.push([fault, (await waits.ask(fault.path, fault.held)).id]);
        }
      });
      const disagreements = new Map(on.faults.map(({ name }) => [name, [] as string[][]]));
      for (const [{ name }, id] of asked) {
        const { server } = await traced.request(id, 0);
        disagreements.get(name)?.push(disagreement(server, requests[id] as TracedRequest));
      }
      const never = [...disagreements].filter(([, some]) => some.every((said) => said.length > 0));
      expect(never).toEqual([]);
      await traced.stop();
    },
  );

  it("has as much time of waiting for a turn as Go's own metric", { timeout }, async (context) => {
    const busy = { name: 'with one P', env: { GOMAXPROCS: '1' }, faults: [] };
    const waits = await WaitsServer.during(context, build, busy);
    const traced = await waits.traceDuring(context, { level: 'waits' });
    const before = await waits.latencies();
    const answers = await Promise.all(Array.from({ length: 16 }, () => waits.ask('/runnable?ms=150')));
    const after = await waits.latencies();
    let runnable = 0;
    for (const { id } of answers) {
      runnable += breakdownOf((await traced.request(id, 0)).server)['runnable'] ?? 0;
    }
    // The runtime looks at every eighth turn.
    const metric = (after.Total - before.Total) * 8;
    expect(runnable / metric).toBeGreaterThan(0.5);
    expect(runnable / metric).toBeLessThan(2);
    await traced.stop();
  });
});

/** Classes of which the span has more or less than the trace, in words. */
function disagreement(span: ReadableSpan, request: TracedRequest): string[] {
  const breakdown = breakdownOf(span);
  return classes.flatMap(({ name, keys, partly, of }) => {
    const traced = of(request);
    const least = timeOf(keys, breakdown);
    const off = Math.max(least - traced, traced - least - timeOf(partly, breakdown));
    // A span runs a little before and after its region.
    const around = name === 'running' ? durationNs(span) - request.Total : 0;
    if (off <= Math.max(nanosWithin, traced * partWithin) + around) return [];
    return [`${traced} ns ${name}: ${JSON.stringify(breakdown)}`];
  });
}

/** What the kernel does to a thread the tracer does not know: it is all running. */
const threadKeys = ['preempted', 'throttled', 'pagefault', 'syscall'];
const untold = [...threadKeys, 'other'];

/** Time of a request in words of the tracer, which may have less of it unless that is all. */
interface Comparable {
  readonly keys: readonly string[];
  readonly ns: number;
  readonly isAll: boolean;
}

function comparable(truth: Answer['truth']): readonly Comparable[] {
  const entries = Object.entries(truth);
  const isOfThread = ([key]: [string, number]): boolean =>
    key.split(' ').every((part) => threadKeys.includes(part) || part === 'cpu');
  const running = entries.filter(isOfThread).reduce((sum, [, ns]) => sum + ns, 0);
  const others = entries
    .filter((entry) => !isOfThread(entry))
    .map(([key, ns]) => {
      const parts = key.split(' ');
      const known = parts.filter((part) => !untold.includes(part));
      return { keys: known, ns, isAll: known.length === parts.length };
    });
  return running === 0 ? others : [...others, { keys: ['cpu'], ns: running, isAll: true }];
}
