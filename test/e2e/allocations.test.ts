/** The slow ways to memory of a real target: what they took of a span's time, and that they are counted as often as they were gone. */
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { observe } from '../../src/telemetry/observe.ts';
import type { SlowAllocations, TargetStats } from '../../src/tracer/api.ts';
import { breakdownOf, durationNs } from '../support/breakdown.ts';
import { describeLive } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { TracedServer } from '../support/traced-server.ts';
import { waitsBuild } from '../support/waits-server.ts';

const cacheSpan = 'runtime.(*mcentral).cacheSpan';
const heapAlloc = 'runtime.(*mheap).alloc';
/** Objects of a request, each too large for a size class; fewer than a collection of metrics records one by one. */
const LARGE = 1_500;
/** How often a program may ask the heap for other things meanwhile. */
const NOISE = 300;
const storm = `/allocate/large?n=${LARGE}`;

describeLive('the slow ways to memory', () => {
  describe.each(['1.19', undefined, '1.27.4'])('of a program of Go %s', (go) => {
    let binary: string;
    beforeAll(async () => {
      binary = await buildGo(waitsBuild(`${go ?? 'local'}-plain`, { ...(go !== undefined && { go }) }));
    });

    it('are told of the spans that go them, and counted as often as the program goes them', async () => {
      const traced = await TracedServer.start(binary, { level: 'runtime' });
      const before = await slowOf(traced);
      const span = await spanOf(traced, storm);
      const after = await slowOf(traced);
      const heap = newCalls(before, after, heapAlloc);
      expect(heap.calls).toBeGreaterThanOrEqual(LARGE);
      expect(heap.calls).toBeLessThanOrEqual(LARGE + NOISE);
      // All but what the collector's own goroutines, and those of the runtime, went.
      const own = allocOf(span);
      expect(own).toBeGreaterThan(0.5 * heap.ns);
      expect(own).toBeLessThanOrEqual(heap.ns + newCalls(before, after, cacheSpan).ns);
      expect(own).toBeLessThanOrEqual(durationNs(span));
      expect((await traced.stop()).lost.total).toBe(0);
    });

    it('are gone for small objects, too, and hardly for a healthy request', async () => {
      const traced = await TracedServer.start(binary, { level: 'runtime' });
      const before = await slowOf(traced);
      const small = await spanOf(traced, '/allocate?ms=30');
      const spans = newCalls(before, await slowOf(traced), cacheSpan);
      expect(spans.calls).toBeGreaterThan(100);
      expect(allocOf(small)).toBeGreaterThan(0);
      expect(allocOf(small)).toBeLessThanOrEqual(durationNs(small));
      await spanOf(traced, '/healthy?');
      const healthy = await Promise.all(Array.from({ length: 20 }, () => spanOf(traced, '/healthy?')));
      for (const span of healthy) expect(allocOf(span)).toBeLessThanOrEqual(durationNs(span));
      expect(healthy.filter((span) => allocOf(span) > 0).length).toBeLessThan(healthy.length / 2);
      expect((await traced.stop()).lost.total).toBe(0);
    });
  });

  it('are watched at level runtime only: below it no probe is hit, and nothing is told', async () => {
    const traced = await TracedServer.start(await localBuild(), {
      level: 'waits',
      kernel: { level: 'runtime' },
    });
    const hits = async (): Promise<number> => {
      const { byProbe } = (await traced.tracer.stats()).hits;
      return Object.entries(byProbe).reduce((sum, [name, n]) => sum + (name.startsWith('alloc_') ? n : 0), 0);
    };
    expect(allocOf(await spanOf(traced, storm))).toBe(0);
    expect(await hits()).toBe(0);
    expect(await targetOf(traced)).not.toHaveProperty('slowAllocations');
    let calls = 0;
    for (let round = 1; round <= 3; round++) {
      await traced.tracer.setLevel('runtime');
      expect(allocOf(await spanOf(traced, storm))).toBeGreaterThan(0);
      await traced.tracer.setLevel('waits');
      const [before, told] = [await hits(), callsOf(await slowOf(traced), heapAlloc)];
      // What was counted before the level went down is kept, and what is counted afterwards is added.
      expect(told - calls).toBeGreaterThanOrEqual(LARGE);
      expect(told - calls).toBeLessThanOrEqual(LARGE + NOISE);
      calls = told;
      expect(allocOf(await spanOf(traced, storm))).toBe(0);
      expect([await hits(), callsOf(await slowOf(traced), heapAlloc)]).toEqual([before, told]);
    }
    expect((await traced.stop()).lost.total).toBe(0);
  });

  it('of a target that has ended are still told, and are none of the next one in its slot', async () => {
    const binary = await localBuild();
    const traced = await TracedServer.start(binary, { level: 'runtime' });
    await spanOf(traced, storm);
    const { pid } = traced.server;
    await traced.server.stop();
    const ended = await eventually('the end of the first target', 20_000, async () => {
      const [first] = (await traced.tracer.stats()).targets;
      return first?.endedAt === undefined ? undefined : first;
    });
    expect(ended.pid).toBe(pid);
    const next = await GoServer.start(binary);
    onTestFinished(() => next.stop().then(() => {}));
    await traced.tracer.attachPid(next.pid);
    await next.get('/healthy');
    const [first, second] = (await traced.tracer.stats()).targets as [TargetStats, TargetStats];
    expect(callsOf(first.slowAllocations, heapAlloc)).toBeGreaterThanOrEqual(LARGE);
    expect(first.slowAllocations).toEqual(ended.slowAllocations);
    expect(second.slowAllocations).toBeDefined();
    expect(callsOf(second.slowAllocations, heapAlloc)).toBeLessThanOrEqual(NOISE);
    await traced.tracer.close();
  });

  it('are a histogram by the metrics API, call by call, in the last collection too', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const meterProvider = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e9 })],
    });
    onTestFinished(() => meterProvider.shutdown());
    const traced = await TracedServer.start(await localBuild(), { level: 'runtime' });
    const observation = observe({ tracerStats: () => traced.tracer.currentStats(), meterProvider });
    onTestFinished(() => observation.stop());
    /** Points of the heap, by metric. */
    const collect = async (): Promise<Map<string, unknown>> => {
      exporter.reset();
      await meterProvider.forceFlush();
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((s) => s.metrics));
      return new Map(
        metrics.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.find(({ attributes }) => attributes['code.function.name'] === heapAlloc)?.value,
        ]),
      );
    };
    await collect();
    for (const rounds of [1, 2, 3]) {
      await spanOf(traced, storm);
      if (rounds === 3) {
        expect((await traced.stop()).lost.total).toBe(0);
        observation.stop();
      }
      const points = await collect();
      const durations = points.get('goidspan.allocation.slow.duration') as Histogram;
      expect(durations.count).toBeGreaterThanOrEqual(rounds * LARGE);
      expect(durations.count).toBeLessThanOrEqual(rounds * (LARGE + NOISE));
      expect(points.get('goidspan.allocation.slow.calls')).toBe(durations.count);
      expect(points.get('goidspan.allocation.slow.time')).toBeCloseTo(durations.sum ?? 0, 5);
      const { slowAllocations } = (await traced.tracer.currentStats()).targets[0] as TargetStats;
      expect(durations.buckets.counts.filter((count) => count > 0).length).toBe(
        slowAllocations?.[heapAlloc].length,
      );
    }
  });
});

const localBuild = (): Promise<string> => buildGo(waitsBuild('local-plain'));

async function targetOf(traced: TracedServer): Promise<TargetStats> {
  const [target] = (await traced.tracer.stats()).targets;
  if (!target) throw new Error('no target');
  return target;
}

async function slowOf(traced: TracedServer): Promise<SlowAllocations> {
  const { slowAllocations } = await targetOf(traced);
  if (!slowAllocations) throw new Error('it was not watched');
  return slowAllocations;
}

const callsOf = (of: SlowAllocations | undefined, name: keyof SlowAllocations): number =>
  (of?.[name] ?? []).reduce((sum, { calls }) => sum + calls, 0);

const nsOf = (of: SlowAllocations, name: keyof SlowAllocations): number =>
  of[name].reduce((sum, { totalNs }) => sum + totalNs, 0);

function newCalls(before: SlowAllocations, after: SlowAllocations, name: keyof SlowAllocations) {
  return {
    calls: callsOf(after, name) - callsOf(before, name),
    ns: nsOf(after, name) - nsOf(before, name),
  };
}

let asked = 0;
/** The span of a request, whose breakdown is right. */
async function spanOf(traced: TracedServer, path: string): Promise<ReadableSpan> {
  const id = `a${asked++}`;
  const { status } = await traced.server.get(`${path}&id=${id}`);
  expect(status).toBe(200);
  const { server } = await traced.request(id, 0);
  breakdownOf(server);
  return server;
}

const allocOf = ({ attributes }: ReadableSpan): number => Number(attributes['goidspan.alloc'] ?? 0);
