/** Where a request's time went, as its handler knows it and as Go's execution tracer tells it. */

import { expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { DurationBucket } from '../../src/tracer/api.ts';
import { breakdownOf, durationNs, timeOf } from '../support/breakdown.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { classes, tracedTimeOf } from '../support/execution-trace.ts';
import { circumstances, type Fault, missing } from '../support/waits-faults.ts';
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
      for (const [fault, { id, status, truth }] of answers) {
        const { name } = fault;
        const request = requests[id];
        if (request === undefined) throw new Error(`${name}: answered ${status}, and is not in the trace`);
        expect(missing(fault, truth), name).toEqual([]);
        for (const { keys, ns, mayBe } of comparable(truth)) {
          const traced = tracedTimeOf(keys, request);
          const off = { same: Math.abs(ns - traced), less: traced - ns, more: ns - traced }[mayBe];
          const share = off / request.Total;
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

  it("and of the turns, as many and as long as in Go's own histogram", { timeout }, async (context) => {
    const busy = { name: 'with one P', env: { GOMAXPROCS: '1' }, faults: [] };
    const waits = await WaitsServer.during(context, build, busy);
    const traced = await waits.traceDuring(context, { level: 'waits' });
    const delays = async (): Promise<readonly DurationBucket[]> =>
      (await traced.tracer.stats()).targets[0]?.runDelays ?? [];
    const before = await waits.latencies();
    const ours = await delays();
    // Some wait for many others, some for few.
    for (const at of [24, 6, 2])
      await Promise.all(Array.from({ length: at }, () => waits.ask('/runnable?ms=150')));
    const after = await waits.latencies();
    const seen = sizesOf(
      (await delays()).map(({ aboveNs: ns, calls }) => [ns, calls]),
      ours.map(({ aboveNs: ns, calls }) => [ns, calls]),
    );
    const theirs = sizesOf(
      after.Buckets.map(({ Ns, Count }) => [Ns, Count]),
      before.Buckets.map(({ Ns, Count }) => [Ns, Count]),
    );
    // The runtime looks at every eighth turn, and at those of goroutines that work for no request as well.
    const turns = 8 * (after.Count - before.Count);
    expect(seen.count / turns).toBeGreaterThan(0.5);
    expect(seen.count / turns).toBeLessThan(2);
    for (const share of [0.25, 0.5, 0.75, 0.9, 0.99]) {
      // Ours says above what, and each bucket is twice as wide as the one before.
      const [above, about] = [seen.quantile(share), theirs.quantile(share)];
      const said = `${share}: above ${above} ns, the runtime's about ${about} ns`;
      expect(about, said).toBeGreaterThan(above / 2);
      expect(about, said).toBeLessThan(4 * Math.max(above, 256));
    }
    await traced.stop();
  });
});

/** How many there are more than before, and which of them are how large. */
function sizesOf(
  now: readonly (readonly [number, number])[],
  before: readonly (readonly [number, number])[],
) {
  const earlier = new Map(before);
  const added = now.map(([ns, count]) => [ns, count - (earlier.get(ns) ?? 0)] as const);
  const count = added.reduce((sum, [, more]) => sum + more, 0);
  const quantile = (share: number): number => {
    let left = share * count;
    for (const [ns, more] of added) {
      left -= more;
      if (left <= 0) return ns;
    }
    return 0;
  };
  return { count, quantile };
}

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

/** Time of a request in words of the tracer, which may have as much of it, or less, or more. */
interface Comparable {
  readonly keys: readonly string[];
  readonly ns: number;
  readonly mayBe: 'same' | 'less' | 'more';
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
      if (known.length < parts.length) return { keys: known, ns, mayBe: 'less' as const };
      // Go's own count leaves out where who helps the collector waits for that; the tracer does not.
      return { keys: known, ns, mayBe: key === 'gc.assist' ? ('more' as const) : ('same' as const) };
    });
  return running === 0 ? others : [...others, { keys: ['cpu'], ns: running, mayBe: 'same' }];
}
