/** Histograms of calls, told apart by what a test looks at. */
import { SpanKind } from '@opentelemetry/api';
import type { CallMetric } from '../../src/span/call-metric.ts';
import { OPERATION_DURATION } from '../../src/span/db-metrics.ts';
import { CLIENT_DURATION, SERVER_DURATION } from '../../src/span/http-metrics.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { CallSeries } from '../../src/tracer/api.ts';
import { durationNs } from './breakdown.ts';

/** How many calls, how long they took together, and how many are in each bucket. */
export interface Calls {
  readonly count: number;
  readonly sumNs: number;
  readonly counts: readonly number[];
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Each series by its metric and attributes. */
export function callsOf(series: readonly CallSeries[]): Map<string, Calls> {
  return new Map(
    series.map(({ metric, attributes, counts, sumsNs }) => [
      keyOf(metric, attributes),
      { count: total(counts), sumNs: total(sumsNs), counts },
    ]),
  );
}

/** What the series of these calls must be, by their spans. */
export function callsOfSpans(spans: readonly ReadableSpan[]): Map<string, Calls> {
  const all = new Map<string, Calls>();
  for (const span of spans) {
    const metric = metricOf(span);
    if (metric === undefined) continue;
    const picked = Object.entries(span.attributes).filter(([name]) => metric.attributes.has(name));
    const key = keyOf(metric.name, Object.fromEntries(picked));
    const ns = durationNs(span);
    const bucket = metric.boundsSeconds.filter((bound) => bound * 1e9 < ns).length;
    const { count = 0, sumNs = 0, counts = metric.boundsSeconds.concat(0).map(() => 0) } = all.get(key) ?? {};
    const more = counts.map((calls, index) => calls + Number(index === bucket));
    all.set(key, { count: count + 1, sumNs: sumNs + ns, counts: more });
  }
  return all;
}

function metricOf(span: ReadableSpan): CallMetric | undefined {
  if (span.attributes['db.system.name'] !== undefined) return OPERATION_DURATION;
  if (span.kind === SpanKind.SERVER) return SERVER_DURATION;
  return span.kind === SpanKind.CLIENT ? CLIENT_DURATION : undefined;
}

const keyOf = (metric: string, attributes: object): string =>
  `${metric} ${JSON.stringify(Object.fromEntries(Object.entries(attributes).sort()))}`;

/** How many calls there are of a metric, of those with such attributes. */
export function countOf(series: readonly CallSeries[], name: string, attributes: object = {}): number {
  const wanted = Object.entries(attributes);
  return total(
    series
      .filter(({ metric }) => metric === name)
      .filter(({ attributes: its }) => wanted.every(([key, value]) => its[key] === value))
      .flatMap(({ counts }) => counts),
  );
}
