import { type MeterProvider as ApiMeterProvider, type Meter, metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DeliveryState } from '../../src/otlp-client/delivery.ts';
import { otlpSinkSettingsOf } from '../../src/otlp-client/otlp-sink-settings.ts';
import { HistogramProducer } from '../../src/telemetry/histogram-producer.ts';
import { observe, RECORDED_MAX } from '../../src/telemetry/observe.ts';
import type { Observation, Observed, ObservedSink } from '../../src/telemetry/observed.ts';
import type {
  CallSeries,
  DurationBucket,
  SlowAllocations,
  TargetInfo,
  TracerStats,
} from '../../src/tracer/api.ts';

const STATS: TracerStats = {
  spans: { ended: 7, byKind: { server: 5, client: 2, internal: 0 } },
  drained: { batches: 2, records: 9, bytes: 4_608, timeMs: 1.5 },
  hits: { total: 16, byProbe: { http_server_start: 16 }, meanNsByProbe: {} },
  lost: { total: 3, byReason: { ring_full: 3 } },
  notes: { unsampled: 4 },
  targets: [
    {
      targetId: 1,
      pid: 1,
      exe: '/a',
      serviceName: 'a',
      attachedAt: '',
      spans: 5,
      missingHooks: ['conn_bind'],
    },
    {
      targetId: 2,
      pid: 2,
      exe: '/a',
      serviceName: 'a',
      attachedAt: '',
      endedAt: '',
      spans: 2,
      missingHooks: ['conn_bind'],
    },
  ],
};

const QUEUE: DeliveryState = {
  requests: 3,
  spans: 12,
  triedSpans: 8,
  bytes: 3_000,
  bytesHighWater: 9_000,
  inFlight: 2,
  isAway: true,
};

function observedSinkOf(component: ObservedSink['component'], env: NodeJS.ProcessEnv = {}): ObservedSink {
  const settings = otlpSinkSettingsOf('otlp', { maxQueueSize: 2_048 }, env, () => {});
  return {
    component,
    counts: () => ({
      handed: 100,
      exported: 60,
      lostByReason: { not_sampled: 10, queue_full: 5, too_large: 1, unauthorized: 8, expired: 4 },
    }),
    otlp: { settings, queue: () => QUEUE },
  };
}

const GRPC = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' };

/** A provider that collects when it is asked to. */
class Collecting {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 1e9 })],
  });

  /** What it sees now, by name. */
  async collect(): Promise<Map<string, MetricData>> {
    this.#exporter.reset();
    await this.provider.forceFlush();
    const scopes = this.#exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    expect(new Set(scopes.map(({ scope }) => scope.name))).toEqual(
      new Set(scopes.length ? ['goidspan'] : []),
    );
    const all = scopes.flatMap((scope) => scope.metrics);
    return new Map(all.map((metric) => [metric.descriptor.name, metric]));
  }

  /** A line a point: `kind{unit} value attributes`, without the names of components, whose numbers count on. */
  async lines(): Promise<Record<string, string[]>> {
    const all = await this.collect();
    return Object.fromEntries([...all].map(([name, metric]) => [name, linesOf(metric)]));
  }
}

function linesOf(metric: MetricData): string[] {
  const { dataPointType, descriptor, dataPoints } = metric;
  const isMonotonic = 'isMonotonic' in metric && metric.isMonotonic;
  const kind =
    dataPointType === DataPointType.HISTOGRAM
      ? 'histogram'
      : dataPointType === DataPointType.GAUGE
        ? 'gauge'
        : isMonotonic
          ? 'counter'
          : 'upDownCounter';
  return dataPoints.map(({ value, attributes }) => {
    const shown =
      typeof value === 'number' ? value : `${value.count}×, sum ${'sum' in value ? value.sum : ''}`;
    const named = Object.entries(attributes).filter(([key]) => key !== 'otel.component.name');
    return [`${kind}[${descriptor.unit}]`, shown, ...named.map(([key, of]) => `${key}=${of}`)].join(' ');
  });
}

let collecting: Collecting;

beforeEach(() => {
  collecting = new Collecting();
});

afterEach(async () => {
  metrics.disable();
  vi.useRealTimers();
  await collecting.provider.shutdown();
});

it('says how a budget is kept', async () => {
  const budget = { limit: 0.02, used: 0.015, level: 'spans', asked: 'waits', isMeasured: true } as const;
  begin({ tracerStats: () => ({ ...STATS, budget }), meterProvider: collecting.provider });
  const lines = await collecting.lines();
  expect(lines['goidspan.level']).toEqual([
    `gauge[{level}] 1 ${TRACER} goidspan.level=spans goidspan.level.asked=waits`,
  ]);
  expect(lines['goidspan.budget.limit']).toEqual([`gauge[1] 0.02 ${TRACER}`]);
  expect(lines['goidspan.budget.used']).toEqual([`gauge[1] 0.015 ${TRACER}`]);
});

it('says what the runtimes of targets say of themselves, as far as they do', async () => {
  const runtime = {
    goroutines: 37,
    gomaxprocs: 2,
    gcPercent: -1,
    memoryLimitBytes: null,
    allocatedBytes: 4096,
  };
  const targets = STATS.targets.map((target) => ({ ...target, runtime }));
  begin({ tracerStats: () => ({ ...STATS, targets }), meterProvider: collecting.provider });
  const lines = await collecting.lines();
  const valuesOf = (name: string) => lines[name]?.map((line) => line.split(' ').slice(0, 2).join(' '));
  expect(valuesOf('go.goroutine.count')).toEqual(targets.map(() => 'upDownCounter[{goroutine}] 37'));
  expect(valuesOf('go.processor.limit')).toEqual(targets.map(() => 'upDownCounter[{thread}] 2'));
  expect(valuesOf('go.config.gogc')).toEqual(targets.map(() => 'upDownCounter[%] -1'));
  expect(valuesOf('go.memory.allocated')).toEqual(targets.map(() => 'counter[By] 4096'));
  expect(lines).not.toHaveProperty('go.memory.limit');
  expect(targets.length).toBeGreaterThan(0);
});

function begin(observed: Observed): Observation {
  const observation = observe(observed);
  onTestFinished(() => observation.stop());
  return observation;
}

const PROCESSOR = 'otel.component.type=goid_batch_span_processor';
const EXPORTER = 'otel.component.type=otlp_grpc_span_exporter server.address=collector server.port=4317';
const TRACER = 'otel.component.type=goid_tracer';

describe('a processor with its exporter and its tracer', () => {
  it('is told by these metrics, with these units, kinds, values and attributes', async () => {
    const observation = begin({
      sink: observedSinkOf('processor', GRPC),
      tracerStats: () => STATS,
      meterProvider: collecting.provider,
    });
    observation.onEvent({ kind: 'sent', spans: 5, rejected: 0, bytes: 700, durationMs: 3, operationMs: 250 });
    observation.onEvent({ kind: 'failed', reason: 'busy', willRetry: true, durationMs: 3 });
    observation.onEvent({ kind: 'failed', reason: 'unauthorized', willRetry: false, durationMs: 3 });
    observation.onEvent({ kind: 'lost', reason: 'unauthorized', spans: 8, operationMs: 500 });
    observation.onEvent({ kind: 'lost', reason: 'queue_full', spans: 1 });
    expect(await collecting.lines()).toEqual({
      // 100 handed over, 10 not sampled, 78 with an outcome: 12 are open, of which 8 were tried.
      'otel.sdk.processor.span.queue.size': [`upDownCounter[{span}] 4 ${PROCESSOR}`],
      'otel.sdk.processor.span.queue.capacity': [`upDownCounter[{span}] 2048 ${PROCESSOR}`],
      'otel.sdk.processor.span.processed': [
        `counter[{span}] 80 ${PROCESSOR}`,
        `counter[{span}] 5 ${PROCESSOR} error.type=queue_full`,
        `counter[{span}] 1 ${PROCESSOR} error.type=too_large`,
      ],
      'otel.sdk.exporter.span.inflight': [`upDownCounter[{span}] 8 ${EXPORTER}`],
      'otel.sdk.exporter.span.exported': [
        `counter[{span}] 60 ${EXPORTER}`,
        `counter[{span}] 8 ${EXPORTER} error.type=unauthorized`,
        `counter[{span}] 4 ${EXPORTER} error.type=expired`,
      ],
      'otel.sdk.exporter.operation.duration': [
        `histogram[s] 1×, sum 0.25 ${EXPORTER}`,
        `histogram[s] 1×, sum 0.5 ${EXPORTER} error.type=unauthorized`,
      ],
      'goidspan.export.queue.size': [`upDownCounter[By] 3000 ${EXPORTER}`],
      'goidspan.export.queue.capacity': [`upDownCounter[By] 67108864 ${EXPORTER}`],
      'goidspan.export.io': [`counter[By] 700 ${EXPORTER}`],
      'goidspan.export.retries': [`counter[{retry}] 1 ${EXPORTER} error.type=busy`],
      'goidspan.spans': [
        `counter[{span}] 5 ${TRACER} goidspan.span.kind=server`,
        `counter[{span}] 2 ${TRACER} goidspan.span.kind=client`,
        `counter[{span}] 0 ${TRACER} goidspan.span.kind=internal`,
      ],
      'goidspan.probe.hits': [`counter[{hit}] 16 ${TRACER} goidspan.probe=http_server_start`],
      'goidspan.losses': [`counter[{loss}] 3 ${TRACER} error.type=ring_full`],
      'goidspan.notes': [`counter[{note}] 4 ${TRACER} goidspan.note=unsampled`],
      'goidspan.targets': [`upDownCounter[{process}] 1 ${TRACER}`],
      'goidspan.hooks.missing': [
        'upDownCounter[{hook}] 1 service.name=a process.pid=1 goidspan.hook=conn_bind',
      ],
      'goidspan.drain.records': [`counter[{record}] 9 ${TRACER}`],
      'goidspan.drain.io': [`counter[By] 4608 ${TRACER}`],
      'goidspan.drain.time': [`counter[s] 0.0015 ${TRACER}`],
    });
  });

  it('has a name of its own beside others of its type', async () => {
    for (let i = 0; i < 2; i++)
      begin({ sink: observedSinkOf('processor'), meterProvider: collecting.provider });
    const all = await collecting.collect();
    for (const [metric, prefix] of [
      ['otel.sdk.processor.span.queue.size', 'goid_batch_span_processor/'],
      ['otel.sdk.exporter.span.inflight', 'goid_otlp_http_span_exporter/'],
    ] as const) {
      const names = all.get(metric)?.dataPoints.map(({ attributes }) => attributes['otel.component.name']);
      expect(names).toHaveLength(2);
      expect(new Set(names).size).toBe(2);
      for (const name of names ?? []) expect(name).toMatch(new RegExp(`^${prefix}\\d+$`));
    }
  });

  it('keeps its last numbers when it is stopped', async () => {
    let ended = 7;
    const tracerStats = () => ({
      ...STATS,
      spans: { ended, byKind: { server: ended, client: 0, internal: 0 } },
    });
    const observation = begin({ tracerStats, meterProvider: collecting.provider });
    ended = 8;
    observation.stop();
    ended = 9;
    expect((await collecting.lines())['goidspan.spans']).toEqual([
      `counter[{span}] 8 ${TRACER} goidspan.span.kind=server`,
      `counter[{span}] 0 ${TRACER} goidspan.span.kind=client`,
      `counter[{span}] 0 ${TRACER} goidspan.span.kind=internal`,
    ]);
  });
});

describe('a stop of the world', () => {
  const target: TargetInfo = { targetId: 1, pid: 42, exe: '/srv/app', serviceName: 'app' };
  const of = 'service.name=app process.pid=42';

  it('is told by its reason, and one for the garbage collector as its pause, too', async () => {
    const observation = begin({ tracerStats: () => STATS, meterProvider: collecting.provider });
    const stop = { targetId: 1, goid: 7 };
    observation.onWorldStop(
      { ...stop, lastedNs: 250_000, reason: 'GC sweep termination', isForGc: true },
      target,
    );
    observation.onWorldStop(
      { ...stop, lastedNs: 500_000, reason: 'GC sweep termination', isForGc: true },
      target,
    );
    observation.onWorldStop(
      { ...stop, lastedNs: 1_000_000, reason: 'read mem stats', isForGc: false },
      target,
    );
    observation.onWorldStop({ ...stop, lastedNs: 2_000_000 }, { ...target, pid: 43 });
    const lines = await collecting.lines();
    expect(lines['go.memory.gc.pause.duration']).toEqual([`histogram[s] 2×, sum 0.00075 ${of}`]);
    expect(lines['goidspan.stop.duration']).toEqual([
      `histogram[s] 2×, sum 0.00075 ${of} goidspan.stop.reason=GC sweep termination`,
      `histogram[s] 1×, sum 0.001 ${of} goidspan.stop.reason=read mem stats`,
      'histogram[s] 1×, sum 0.002 service.name=app process.pid=43 goidspan.stop.reason=unknown',
    ]);
  });

  it('falls into buckets that part microseconds from milliseconds', async () => {
    const observation = begin({ tracerStats: () => STATS, meterProvider: collecting.provider });
    for (const lastedNs of [20_000, 2_000_000, 200_000_000])
      observation.onWorldStop({ targetId: 1, goid: 0, lastedNs }, target);
    const value = (await collecting.collect()).get('goidspan.stop.duration')?.dataPoints[0]?.value;
    const counts = (value as Histogram).buckets.counts;
    expect(counts.filter((count) => count > 0)).toEqual([1, 1, 1]);
  });

  it('is told to a provider that comes with it, and to none without one', async () => {
    const observation = begin({ tracerStats: () => STATS });
    const stop = { targetId: 1, goid: 0, lastedNs: 1_000, reason: 'GOMAXPROCS', isForGc: false };
    observation.onWorldStop(stop, target);
    metrics.setGlobalMeterProvider(collecting.provider);
    observation.onWorldStop(stop, target);
    expect((await collecting.lines())['goidspan.stop.duration']).toEqual([
      `histogram[s] 1×, sum 0.000001 ${of} goidspan.stop.reason=GOMAXPROCS`,
    ]);
  });
});

describe('requests of traced programs', () => {
  it('are counted by route and why they were slow, and their time by what it was spent on', async () => {
    const target = { targetId: 1, pid: 42, exe: '/srv/app', serviceName: 'app', attachedAt: '', spans: 9 };
    const routes = [
      {
        attributes: { 'http.request.method': 'GET', 'http.route': '/items/{id}' },
        verdicts: { mutex: 3, pool: 1 },
        requestTime: { cpu: 1_500_000_000, mutex: 250_000_000 },
      },
      {
        attributes: { 'otel.metric.overflow': true },
        verdicts: { mutex: 2 },
        requestTime: { cpu: 500_000_000 },
      },
    ];
    const stats = { ...STATS, targets: [{ ...target, routes }, target] };
    begin({ tracerStats: () => stats, meterProvider: collecting.provider });
    const lines = await collecting.lines();
    const of = 'service.name=app process.pid=42';
    const items = 'http.request.method=GET http.route=/items/{id}';
    expect(lines['goidspan.verdicts']).toEqual([
      `counter[{request}] 3 ${of} ${items} goidspan.verdict.cause=mutex`,
      `counter[{request}] 1 ${of} ${items} goidspan.verdict.cause=pool`,
      `counter[{request}] 2 ${of} otel.metric.overflow=true goidspan.verdict.cause=mutex`,
    ]);
    expect(lines['goidspan.request.time']).toEqual([
      `counter[s] 1.5 ${of} ${items} goidspan.wait.for=cpu`,
      `counter[s] 0.25 ${of} ${items} goidspan.wait.for=mutex`,
      `counter[s] 0.5 ${of} otel.metric.overflow=true goidspan.wait.for=cpu`,
    ]);
  });
});

describe('the slow ways to memory', () => {
  const target = { targetId: 1, pid: 42, exe: '/srv/app', serviceName: 'app', attachedAt: '', spans: 0 };
  const of = 'service.name=app process.pid=42';
  const cacheSpan = 'runtime.(*mcentral).cacheSpan';
  const heapAlloc = 'runtime.(*mheap).alloc';
  const statsOf = (...slow: (SlowAllocations | undefined)[]): TracerStats => ({
    ...STATS,
    targets: slow.map((slowAllocations, index) => ({
      ...target,
      targetId: index + 1,
      ...(slowAllocations && { slowAllocations }),
    })),
  });
  const slowOf = (
    spans: readonly DurationBucket[],
    heap: readonly DurationBucket[] = [],
  ): SlowAllocations => ({
    [cacheSpan]: spans,
    [heapAlloc]: heap,
  });
  const histogramOf = async (name = cacheSpan): Promise<Histogram> => {
    const { dataPoints = [] } = (await collecting.collect()).get('goidspan.allocation.slow.duration') ?? {};
    return dataPoints.find(({ attributes }) => attributes['code.function.name'] === name)?.value as Histogram;
  };

  it('are told by function, every call in the bucket of the kernel, and each once', async () => {
    let stats = statsOf(
      slowOf([
        { aboveNs: 0, calls: 3, totalNs: 1_200 },
        { aboveNs: 512, calls: 2, totalNs: 2_048 },
        { aboveNs: 2 ** 27, calls: 1, totalNs: 2 ** 30 },
      ]),
      undefined,
    );
    begin({ tracerStats: () => stats, meterProvider: collecting.provider });
    const { boundaries, counts } = (await histogramOf()).buckets;
    expect(boundaries).toEqual(Array.from({ length: 19 }, (_, index) => 2 ** (9 + index) / 1e9));
    // What took as long as a bound is not above it.
    expect(counts).toEqual([3, 2, ...Array(17).fill(0), 1]);
    stats = statsOf(
      slowOf(
        [
          { aboveNs: 0, calls: 3, totalNs: 1_200 },
          { aboveNs: 512, calls: 4, totalNs: 3_400 },
          { aboveNs: 2 ** 27, calls: 1, totalNs: 2 ** 30 },
        ],
        [{ aboveNs: 1_024, calls: 1, totalNs: 1_500 }],
      ),
      undefined,
    );
    const lines = await collecting.lines();
    expect(lines['goidspan.allocation.slow.duration']).toEqual([
      `histogram[s] 8×, sum 1.073746424 ${of} code.function.name=${cacheSpan}`,
      `histogram[s] 1×, sum 0.0000015 ${of} code.function.name=${heapAlloc}`,
    ]);
    expect(lines['goidspan.allocation.slow.calls']).toEqual([
      `counter[{call}] 8 ${of} code.function.name=${cacheSpan}`,
      `counter[{call}] 1 ${of} code.function.name=${heapAlloc}`,
    ]);
    expect(lines['goidspan.allocation.slow.time']).toEqual([
      `counter[s] 1.073746424 ${of} code.function.name=${cacheSpan}`,
      `counter[s] 0.0000015 ${of} code.function.name=${heapAlloc}`,
    ]);
  });

  it('are an even sample where they are very many, and counted all the same', async () => {
    const rounds = 50;
    let round = 0;
    const [many, few] = [1_000_000, 1_000];
    begin({
      tracerStats: () =>
        statsOf(
          slowOf([
            { aboveNs: 512, calls: many * round, totalNs: 700 * many * round },
            { aboveNs: 2 ** 20, calls: few * round, totalNs: 2 ** 21 * few * round },
          ]),
        ),
      meterProvider: collecting.provider,
    });
    let last: Histogram | undefined;
    for (round = 1; round <= rounds; round++) last = await histogramOf();
    round = rounds;
    const [, fast = 0] = last?.buckets.counts ?? [];
    const slow = last?.buckets.counts[12] ?? 0;
    expect(fast + slow).toBeLessThanOrEqual(rounds * RECORDED_MAX);
    expect(fast + slow).toBeGreaterThan(rounds * RECORDED_MAX - 2);
    // Not one more or less than its part, over all collections.
    expect(Math.abs(slow - (fast * few) / many)).toBeLessThan(1);
    const lines = await collecting.lines();
    expect(lines['goidspan.allocation.slow.calls']?.[0]).toContain(`${(many + few) * rounds} ${of}`);
  });

  it.each<[string, DurationBucket, number]>([
    ['less', { aboveNs: 1_024, calls: 2, totalNs: 1_500 }, 2],
    ['more', { aboveNs: 1_024, calls: 2, totalNs: 5_000 }, 2],
  ])('stay in their bucket where the kernel has added %s time than calls', async (_, bucket, index) => {
    begin({ tracerStats: () => statsOf(slowOf([bucket])), meterProvider: collecting.provider });
    expect((await histogramOf()).buckets.counts[index]).toBe(2);
  });

  it('are not told twice when nothing could be told for a while', async () => {
    const slow = slowOf([{ aboveNs: 0, calls: 5, totalNs: 1_000 }]);
    let stats: TracerStats | undefined = statsOf(slow);
    begin({ tracerStats: () => stats, meterProvider: collecting.provider });
    expect((await histogramOf()).count).toBe(5);
    stats = undefined;
    await collecting.collect();
    stats = statsOf(slow);
    expect((await histogramOf()).count).toBe(5);
  });
});

describe('what is counted of traced programs', () => {
  const target = { targetId: 1, pid: 42, exe: '/srv/app', serviceName: 'app', attachedAt: '', spans: 0 };
  const of = 'service.name=app process.pid=42';
  const series = (id: number, count: number): CallSeries => ({
    id,
    targetId: 1,
    metric: 'http.server.request.duration',
    attributes: { 'http.route': `/${id}` },
    counts: [count, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    sumsNs: [count * 1e6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  });
  const stats = {
    ...STATS,
    targets: [{ ...target, runDelays: [{ aboveNs: 512, calls: 3, totalNs: 3_000 }] }],
  };

  it('is every call, each once, and how long goroutines waited for their turn', async () => {
    let calls = [series(1, 3), { ...series(2, 1), targetId: 99 }];
    const told: boolean[] = [];
    begin({
      tracerStats: () => stats,
      calls: () => calls,
      countCalls: (on) => void told.push(on),
      meterProvider: collecting.provider,
    });
    expect(told).toEqual([true]);
    const first = await collecting.lines();
    expect(first['http.server.request.duration']).toEqual([`histogram[s] 3×, sum 0.003 ${of} http.route=/1`]);
    expect(first['go.schedule.duration']).toEqual([`histogram[s] 3×, sum 0.000003 ${of}`]);
    calls = [series(1, 5), series(3, 1)];
    const second = await collecting.lines();
    expect(second['http.server.request.duration']).toEqual([
      `histogram[s] 5×, sum 0.005 ${of} http.route=/1`,
      `histogram[s] 1×, sum 0.001 ${of} http.route=/3`,
    ]);
  });

  it('is recorded meanwhile, so that little is left for the collection', async () => {
    vi.useFakeTimers();
    let read = 0;
    const observation = begin({
      tracerStats: () => stats,
      calls: () => [series(1, 1_000 * ++read)],
      meterProvider: collecting.provider,
    });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(read).toBe(3);
    observation.stop();
    vi.useRealTimers();
    const value = (await collecting.collect()).get('http.server.request.duration')?.dataPoints[0]?.value;
    expect((value as Histogram).count).toBe(4_000);
  });

  it('is told by a producer alone once somebody has it, also without a provider', async () => {
    const producer = new HistogramProducer();
    const told: boolean[] = [];
    const observation = begin({
      tracerStats: () => stats,
      calls: () => [series(1, 3)],
      countCalls: (on) => void told.push(on),
      producer,
    });
    producer.use();
    expect(told.at(-1)).toBe(true);
    metrics.setGlobalMeterProvider(collecting.provider);
    observation.onEvent({ kind: 'lost', reason: 'closed', spans: 1 });
    const byApi = await collecting.lines();
    expect(Object.keys(byApi)).not.toContain('http.server.request.duration');
    expect(byApi['goidspan.targets']).toHaveLength(1);
    observation.stop();
    const [scope] = (await producer.collect()).resourceMetrics.scopeMetrics;
    expect(scope?.metrics.map(({ descriptor }) => descriptor.name)).toEqual([
      'http.server.request.duration',
      'go.schedule.duration',
    ]);
  });

  it('is not wanted where nobody collects', () => {
    const told: boolean[] = [];
    begin({ tracerStats: () => stats, calls: () => [], countCalls: (on) => void told.push(on) });
    expect(told).not.toContain(true);
  });
});

it('an exporter alone has no queue: whatever it holds is in flight, and every loss is its own', async () => {
  begin({ sink: observedSinkOf('exporter', GRPC), meterProvider: collecting.provider });
  const lines = await collecting.lines();
  expect(Object.keys(lines).filter((name) => name.includes('.processor.'))).toEqual([]);
  expect(lines['otel.sdk.exporter.span.inflight']).toEqual([`upDownCounter[{span}] 12 ${EXPORTER}`]);
  expect(lines['otel.sdk.exporter.span.exported']?.map((line) => line.replace(EXPORTER, ''))).toEqual([
    'counter[{span}] 60 ',
    'counter[{span}] 5  error.type=queue_full',
    'counter[{span}] 1  error.type=too_large',
    'counter[{span}] 8  error.type=unauthorized',
    'counter[{span}] 4  error.type=expired',
  ]);
});

it('a queue before a foreign exporter speaks for itself only', async () => {
  const { component, counts } = observedSinkOf('processor');
  begin({ sink: { component, counts }, meterProvider: collecting.provider });
  const lines = await collecting.lines();
  expect(Object.keys(lines)).toEqual([
    'otel.sdk.processor.span.queue.size',
    'otel.sdk.processor.span.processed',
  ]);
  expect(lines['otel.sdk.processor.span.queue.size']).toEqual([`upDownCounter[{span}] 12 ${PROCESSOR}`]);
});

it.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example' }, 'collector.example', 443],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://[::1]:4318' }, '::1', 4318],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:/run/otel.sock' }, '/run/otel.sock', undefined],
])('the server of %j is %s, port %s', async (env, address, port) => {
  begin({ sink: observedSinkOf('exporter', env), meterProvider: collecting.provider });
  const [point] = (await collecting.collect()).get('otel.sdk.exporter.span.inflight')?.dataPoints ?? [];
  expect(point?.attributes['server.address']).toBe(address);
  expect(point?.attributes['server.port']).toBe(port);
});

describe('with the provider of the host', () => {
  const observed: Observed = { sink: observedSinkOf('processor', GRPC), tracerStats: () => STATS };

  it('finds one that is registered later, by itself, with what has been counted before', async () => {
    vi.useFakeTimers();
    const observation = begin(observed);
    observation.onEvent({ kind: 'sent', spans: 5, rejected: 0, bytes: 700, durationMs: 3, operationMs: 3 });
    metrics.setGlobalMeterProvider(collecting.provider);
    await vi.advanceTimersByTimeAsync(5_000);
    vi.useRealTimers();
    expect((await collecting.lines())['goidspan.export.io']).toEqual([`counter[By] 700 ${EXPORTER}`]);
  });

  it('finds one with the next event', async () => {
    const observation = begin(observed);
    metrics.setGlobalMeterProvider(collecting.provider);
    observation.onEvent({ kind: 'sent', spans: 5, rejected: 0, bytes: 700, durationMs: 3, operationMs: 3 });
    const lines = await collecting.lines();
    expect(lines['otel.sdk.exporter.operation.duration']).toEqual([`histogram[s] 1×, sum 0.003 ${EXPORTER}`]);
    expect(lines['goidspan.targets']).toEqual([`upDownCounter[{process}] 1 ${TRACER}`]);
  });

  it('follows it when it is replaced, and leaves the old one alone', async () => {
    const second = new Collecting();
    onTestFinished(() => second.provider.shutdown());
    metrics.setGlobalMeterProvider(collecting.provider);
    const tracerStats = vi.fn(() => STATS);
    const observation = begin({ ...observed, tracerStats });
    expect((await collecting.collect()).size).toBeGreaterThan(10);
    metrics.disable();
    metrics.setGlobalMeterProvider(second.provider);
    observation.onEvent({ kind: 'failed', reason: 'busy', willRetry: true, durationMs: 1 });
    expect((await second.lines())['goidspan.export.retries']).toEqual([
      `counter[{retry}] 1 ${EXPORTER} error.type=busy`,
    ]);
    tracerStats.mockClear();
    await collecting.collect();
    expect(tracerStats).not.toHaveBeenCalled();
  });

  it('asks nothing of anybody as long as there is none', () => {
    const tracerStats = vi.fn(() => STATS);
    const counts = vi.fn(observedSinkOf('processor').counts);
    const observation = begin({ tracerStats, sink: { component: 'processor', counts } });
    observation.onEvent({ kind: 'lost', reason: 'closed', spans: 1, operationMs: 1 });
    observation.stop();
    expect(tracerStats).not.toHaveBeenCalled();
    expect(counts).not.toHaveBeenCalled();
  });

  it('looks for one on a timer that ends with it', () => {
    vi.useFakeTimers();
    const observation = observe(observed);
    expect(vi.getTimerCount()).toBe(1);
    observation.stop();
    observation.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('nothing is thrown', () => {
  const throwing = (): never => {
    throw new Error('no');
  };
  const stop = { targetId: 1, goid: 0, lastedNs: 1_000, reason: 'GC mark termination', isForGc: true };
  const target: TargetInfo = { targetId: 1, pid: 42, exe: '/srv/app', serviceName: 'app' };
  const event = { kind: 'sent', spans: 1, rejected: 0, bytes: 1, durationMs: 1, operationMs: 1 } as const;

  it.each<[string, Partial<Meter> | undefined]>([
    ['gives no meter', undefined],
    ['makes no histogram', { createHistogram: throwing }],
    ['makes no counter', { createObservableCounter: throwing }],
    ['takes no callback', { addBatchObservableCallback: throwing }],
    ['takes no value', { createHistogram: () => ({ record: throwing }) }],
  ])('by a provider that %s', (_, broken) => {
    const real = collecting.provider.getMeter('x');
    const meter = broken && (Object.assign(Object.create(real), broken) as Meter);
    const provider: ApiMeterProvider = { getMeter: () => meter ?? throwing() };
    const observation = begin({ sink: observedSinkOf('processor'), meterProvider: provider });
    observation.onEvent(event);
    observation.onWorldStop(stop, target);
    observation.stop();
  });

  it('by a tracer that cannot be read: that collection goes without', async () => {
    let isBroken = true;
    const tracerStats = () => (isBroken ? throwing() : STATS);
    begin({ sink: observedSinkOf('processor'), tracerStats, meterProvider: collecting.provider });
    expect((await collecting.collect()).size).toBe(0);
    isBroken = false;
    expect((await collecting.collect()).size).toBeGreaterThan(10);
  });
});
