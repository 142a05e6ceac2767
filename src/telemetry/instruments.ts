/**
 * Every metric as data: name, kind, unit, and its points from the facts. `otel.sdk.*` are those of
 * https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics (in development, conventions 1.45), whose terms they keep:
 * a span is in flight from its first try to its outcome, pauses between tries included, and counted once.
 */
import { type Attributes, ValueType } from '@opentelemetry/api';
import type { CallMetric } from '../span/call-metric.ts';
import { callMetrics } from '../span/conventions.ts';
import type { BudgetStats, DurationBucket, RouteStats, RuntimeFacts } from '../tracer/api.ts';
import { durationsLimit } from '../wire/wire.gen.ts';
import type { ExporterFacts, Facts, ProcessorFacts } from './facts.ts';
import type { HistogramInstrument } from './histogram.ts';
import { allocationAttributes, slowWaysOf, targetAttributes } from './target-attributes.ts';

export interface Point {
  readonly value: number;
  readonly attributes: Attributes;
}

interface Instrument {
  readonly name: string;
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
}

/** Read when metrics are collected. */
export interface ObservedInstrument extends Instrument {
  readonly kind: 'counter' | 'upDownCounter' | 'gauge';
  readonly valueType: ValueType;
  readonly points: (facts: Facts) => readonly Point[];
}

type Tracer = NonNullable<Facts['tracer']>;

const point = (value: number, attributes: Attributes): Point => ({ value, attributes });

/** One point for each name, which becomes the attribute `key`. */
const pointsBy = (counts: Readonly<Record<string, number>>, key: string, attributes: Attributes): Point[] =>
  Object.entries(counts).map(([name, value]) => point(value, { ...attributes, [key]: name }));

/** Points of a part, and none without it. */
const ofProcessor = (points: (facts: ProcessorFacts) => Point[]) => (facts: Facts) =>
  facts.processor ? points(facts.processor) : [];
const ofExporter = (points: (facts: ExporterFacts) => Point[]) => (facts: Facts) =>
  facts.exporter ? points(facts.exporter) : [];
const ofTracer = (points: (tracer: Tracer) => Point[]) => (facts: Facts) =>
  facts.tracer ? points(facts.tracer) : [];

/** Points of the budget, and none where none is kept. */
const ofBudget = (points: (budget: BudgetStats) => Point[]) => (facts: Facts) => {
  const { tracer } = facts;
  return tracer?.stats.budget
    ? points(tracer.stats.budget).map(({ value, attributes }) =>
        point(value, { ...tracer.attributes, ...attributes }),
      )
    : [];
};

/** A point for each target whose runtime says that. */
const ofRuntimes = (amountOf: (runtime: RuntimeFacts) => number | null | undefined) => (facts: Facts) =>
  (facts.tracer?.stats.targets ?? []).flatMap((target) => {
    const value = target.runtime && amountOf(target.runtime);
    return value === undefined || value === null ? [] : [point(value, targetAttributes(target))];
  });

/** A point for each slow way to memory of each target, of all its calls. */
const ofSlowAllocations = (amountOf: (bucket: DurationBucket) => number) => (facts: Facts) =>
  (facts.tracer?.stats.targets ?? []).flatMap((target) =>
    slowWaysOf(target).map(([name, buckets]) =>
      point(
        buckets.reduce((sum, bucket) => sum + amountOf(bucket), 0),
        allocationAttributes(target, name),
      ),
    ),
  );

/** A point for each name of each route of each target. */
const ofRoutes =
  (key: string, countsOf: (route: RouteStats) => Readonly<Record<string, number>>, unit = 1) =>
  (facts: Facts) =>
    (facts.tracer?.stats.targets ?? []).flatMap((target) =>
      (target.routes ?? []).flatMap((route) =>
        pointsBy(countsOf(route), key, { ...targetAttributes(target), ...route.attributes }).map(
          ({ value, attributes }) => point(value / unit, attributes),
        ),
      ),
    );

export const OBSERVED_INSTRUMENTS: readonly ObservedInstrument[] = [
  {
    name: 'otel.sdk.processor.span.queue.size',
    kind: 'upDownCounter',
    unit: '{span}',
    valueType: ValueType.INT,
    description: 'Spans that wait and have not been tried.',
    points: ofProcessor(({ queued, attributes }) => [point(queued, attributes)]),
  },
  {
    name: 'otel.sdk.processor.span.queue.capacity',
    kind: 'upDownCounter',
    unit: '{span}',
    valueType: ValueType.INT,
    description: 'Spans that the queue holds at most, where it is bounded by their number.',
    points: ofProcessor(({ capacity, attributes }) =>
      capacity === undefined ? [] : [point(capacity, attributes)],
    ),
  },
  {
    name: 'otel.sdk.processor.span.processed',
    kind: 'counter',
    unit: '{span}',
    valueType: ValueType.INT,
    description: 'Spans that went on to the exporter, or were refused (error.type).',
    points: ofProcessor(({ passedOn, refusedByReason, attributes }) => [
      point(passedOn, attributes),
      ...pointsBy(refusedByReason, 'error.type', attributes),
    ]),
  },
  {
    name: 'otel.sdk.exporter.span.inflight',
    kind: 'upDownCounter',
    unit: '{span}',
    valueType: ValueType.INT,
    description: 'Spans that have been tried and have no outcome yet.',
    points: ofExporter(({ inFlight, attributes }) => [point(inFlight, attributes)]),
  },
  {
    name: 'otel.sdk.exporter.span.exported',
    kind: 'counter',
    unit: '{span}',
    valueType: ValueType.INT,
    description: 'Spans with an outcome: accepted, or lost (error.type).',
    points: ofExporter(({ exported, failedByReason, attributes }) => [
      point(exported, attributes),
      ...pointsBy(failedByReason, 'error.type', attributes),
    ]),
  },
  {
    name: 'goidspan.export.queue.size',
    kind: 'upDownCounter',
    unit: 'By',
    valueType: ValueType.INT,
    description: 'Bytes of encoded spans that are held, compressed while the collector is away.',
    points: ofExporter(({ queueBytes, attributes }) => [point(queueBytes, attributes)]),
  },
  {
    name: 'goidspan.export.queue.capacity',
    kind: 'upDownCounter',
    unit: 'By',
    valueType: ValueType.INT,
    description: 'Bytes that are held at most.',
    points: ofExporter(({ queueBytesMax, attributes }) => [point(queueBytesMax, attributes)]),
  },
  {
    name: 'goidspan.export.io',
    kind: 'counter',
    unit: 'By',
    valueType: ValueType.INT,
    description: 'Bytes of accepted requests on the wire, without headers.',
    points: ofExporter(({ transfers, attributes }) => [point(transfers.bytes, attributes)]),
  },
  {
    name: 'goidspan.export.retries',
    kind: 'counter',
    unit: '{retry}',
    valueType: ValueType.INT,
    description: 'Tries that failed and are made again, by the reason of the failure.',
    points: ofExporter(({ transfers, attributes }) =>
      pointsBy(transfers.retriesByReason, 'error.type', attributes),
    ),
  },
  {
    name: 'goidspan.spans',
    kind: 'counter',
    unit: '{span}',
    valueType: ValueType.INT,
    description: 'Spans of traced programs that have ended, by kind.',
    points: ofTracer(({ stats, attributes }) =>
      pointsBy(stats.spans.byKind, 'goidspan.span.kind', attributes),
    ),
  },
  {
    name: 'goidspan.probe.hits',
    kind: 'counter',
    unit: '{hit}',
    valueType: ValueType.INT,
    description: 'Hits of probes, by probe.',
    points: ofTracer(({ stats, attributes }) => pointsBy(stats.hits.byProbe, 'goidspan.probe', attributes)),
  },
  {
    name: 'goidspan.losses',
    kind: 'counter',
    unit: '{loss}',
    valueType: ValueType.INT,
    description: 'Spans, records and updates that were lost before the export, by reason.',
    points: ofTracer(({ stats, attributes }) => pointsBy(stats.lost.byReason, 'error.type', attributes)),
  },
  {
    name: 'goidspan.notes',
    kind: 'counter',
    unit: '{note}',
    valueType: ValueType.INT,
    description: 'What is worth knowing but no loss, by what it is.',
    points: ofTracer(({ stats, attributes }) => pointsBy(stats.notes, 'goidspan.note', attributes)),
  },
  {
    name: 'goidspan.targets',
    kind: 'upDownCounter',
    unit: '{process}',
    valueType: ValueType.INT,
    description: 'Processes that are traced.',
    points: ofTracer(({ stats, attributes }) => [
      point(stats.targets.filter(({ endedAt }) => endedAt === undefined).length, attributes),
    ]),
  },
  {
    name: 'goidspan.hooks.missing',
    kind: 'upDownCounter',
    unit: '{hook}',
    valueType: ValueType.INT,
    description: 'Hooks that are not attached to a traced program, so that something of it is not seen.',
    points: ofTracer(({ stats }) =>
      stats.targets
        .filter(({ endedAt }) => endedAt === undefined)
        .flatMap((target) =>
          (target.missingHooks ?? []).map((hook) =>
            point(1, { ...targetAttributes(target), 'goidspan.hook': hook }),
          ),
        ),
    ),
  },
  // Those of Go's runtime are of https://opentelemetry.io/docs/specs/semconv/runtime/go-metrics (in development, conventions 1.45).
  {
    name: 'go.goroutine.count',
    kind: 'upDownCounter',
    unit: '{goroutine}',
    valueType: ValueType.INT,
    description: 'Goroutines that live in a traced program.',
    points: ofRuntimes(({ goroutines }) => goroutines),
  },
  {
    name: 'go.processor.limit',
    kind: 'upDownCounter',
    unit: '{thread}',
    valueType: ValueType.INT,
    description: 'Threads of a traced program that can run Go code at once (GOMAXPROCS).',
    points: ofRuntimes(({ gomaxprocs }) => gomaxprocs),
  },
  {
    name: 'go.config.gogc',
    kind: 'upDownCounter',
    unit: '%',
    valueType: ValueType.INT,
    description: 'Target of the heap of a traced program (GOGC).',
    points: ofRuntimes(({ gcPercent }) => gcPercent),
  },
  {
    name: 'go.memory.limit',
    kind: 'upDownCounter',
    unit: 'By',
    valueType: ValueType.INT,
    description: 'Memory limit of the Go runtime of a traced program (GOMEMLIMIT), where there is one.',
    points: ofRuntimes(({ memoryLimitBytes }) => memoryLimitBytes),
  },
  {
    name: 'go.memory.allocated',
    kind: 'counter',
    unit: 'By',
    valueType: ValueType.INT,
    description: 'Memory that a traced program has allocated to its heap.',
    points: ofRuntimes(({ allocatedBytes }) => allocatedBytes),
  },
  {
    name: 'goidspan.level',
    kind: 'gauge',
    unit: '{level}',
    valueType: ValueType.INT,
    description:
      'How deep targets are looked at where a budget is kept: 1 with the name of the level as attribute.',
    points: ofBudget(({ level, asked }) => [
      { value: 1, attributes: { 'goidspan.level': level, 'goidspan.level.asked': asked } },
    ]),
  },
  {
    name: 'goidspan.budget.limit',
    kind: 'gauge',
    unit: '1',
    valueType: ValueType.DOUBLE,
    description: 'What probes may take of the processors that the targets may use.',
    points: ofBudget(({ limit }) => [{ value: limit, attributes: {} }]),
  },
  {
    name: 'goidspan.budget.used',
    kind: 'gauge',
    unit: '1',
    valueType: ValueType.DOUBLE,
    description: 'What probes took of them in the last second.',
    points: ofBudget(({ used }) => [{ value: used, attributes: {} }]),
  },
  {
    name: 'goidspan.drain.records',
    kind: 'counter',
    unit: '{record}',
    valueType: ValueType.INT,
    description: 'Records that were taken out of the ring buffer.',
    points: ofTracer(({ stats, attributes }) => [point(stats.drained.records, attributes)]),
  },
  {
    name: 'goidspan.drain.io',
    kind: 'counter',
    unit: 'By',
    valueType: ValueType.INT,
    description: 'Bytes of these records.',
    points: ofTracer(({ stats, attributes }) => [point(stats.drained.bytes, attributes)]),
  },
  {
    name: 'goidspan.drain.time',
    kind: 'counter',
    unit: 's',
    valueType: ValueType.DOUBLE,
    description: 'Time that was spent on making spans of them.',
    points: ofTracer(({ stats, attributes }) => [point(stats.drained.timeMs / 1_000, attributes)]),
  },
  {
    name: 'goidspan.verdicts',
    kind: 'counter',
    unit: '{request}',
    valueType: ValueType.INT,
    description: 'Slow requests of traced programs, by why they were slow and by route.',
    points: ofRoutes('goidspan.verdict.cause', ({ verdicts }) => verdicts),
  },
  {
    name: 'goidspan.request.time',
    kind: 'counter',
    unit: 's',
    valueType: ValueType.DOUBLE,
    description: 'Time of the requests of traced programs, by what it was spent on and by route.',
    points: ofRoutes('goidspan.wait.for', ({ requestTime }) => requestTime, 1e9),
  },
  {
    name: 'goidspan.allocation.slow.calls',
    kind: 'counter',
    unit: '{call}',
    valueType: ValueType.INT,
    description: 'Calls of the slow ways to memory of traced programs, by function: all of them.',
    points: ofSlowAllocations(({ calls }) => calls),
  },
  {
    name: 'goidspan.allocation.slow.time',
    kind: 'counter',
    unit: 's',
    valueType: ValueType.DOUBLE,
    description: 'Time that these calls took.',
    points: ofSlowAllocations(({ totalNs }) => totalNs / 1e9),
  },
];

/** From the first try of a request to its outcome. */
export const OPERATION_DURATION = {
  name: 'otel.sdk.exporter.operation.duration',
  unit: 's',
  description:
    'From the first try of a request to its outcome, pauses included (error.type: all its spans are lost).',
  /** From a collector on the same host to one that is away for minutes. */
  bucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
} as const satisfies HistogramInstrument;

/** From a collector's pause of microseconds to a world that stands still. */
const STOP_BUCKETS = [
  ...[0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
  ...[0.25, 1],
] as const;

/** Of each traced program: for how long its garbage collector stopped the world. */
export const GC_PAUSE_DURATION = {
  name: 'go.memory.gc.pause.duration',
  unit: 's',
  description: 'Times for which the garbage collector of a traced program stopped the world.',
  bucketBoundaries: STOP_BUCKETS,
} as const satisfies HistogramInstrument;

/** The same, whoever stopped it. */
export const STOP_DURATION = {
  name: 'goidspan.stop.duration',
  unit: 's',
  description:
    'Times for which the world of a traced program was stopped, by the reason that its runtime gives.',
  bucketBoundaries: STOP_BUCKETS,
} as const satisfies HistogramInstrument;

/** Upper bounds of the kernel's buckets but the last, in nanoseconds: with those of the histogram none is torn apart. */
export const DURATION_BOUNDS_NS: readonly number[] = Array.from(
  { length: durationsLimit.DURATION_BUCKETS_MAX - 1 },
  (_, bucket) => 2 ** (durationsLimit.DURATION_FIRST_BIT + bucket),
);
const DURATION_BOUNDS = DURATION_BOUNDS_NS.map((ns) => ns / 1e9);

/** How long each of these calls took; of very many an even sample, where the API takes them one by one. */
export const SLOW_ALLOCATION_DURATION = {
  name: 'goidspan.allocation.slow.duration',
  unit: 's',
  description:
    'Time that a slow way to memory took in a traced program, by function; where it has fewer than there were calls, a sample.',
  bucketBoundaries: DURATION_BOUNDS,
} as const satisfies HistogramInstrument;

/** https://opentelemetry.io/docs/specs/semconv/runtime/go-metrics (in development); likewise. */
export const SCHEDULE_DURATION = {
  name: 'go.schedule.duration',
  unit: 's',
  description:
    'Time that goroutines of a traced program that worked for spans waited in a runnable state before they ran.',
  bucketBoundaries: DURATION_BOUNDS,
} as const satisfies HistogramInstrument;

/** Of all calls of a kind, sampled or not. */
const callDuration = ({ name, description, boundsSeconds }: CallMetric): HistogramInstrument => ({
  name,
  unit: 's',
  description,
  bucketBoundaries: boundsSeconds,
});

/** Those that are summed up elsewhere. */
export const COUNTED_INSTRUMENTS: readonly HistogramInstrument[] = [
  SLOW_ALLOCATION_DURATION,
  SCHEDULE_DURATION,
  ...callMetrics.map(callDuration),
];
