/**
 * Histograms that were summed up elsewhere, in the kernel or where spans are made, in the terms of metrics. Pure.
 */
import type { Attributes } from '@opentelemetry/api';
import type { CallSeries, DurationBucket, TargetStats } from '../tracer/api.ts';
import type { CountedHistogram, HistogramInstrument } from './histogram.ts';
import {
  COUNTED_INSTRUMENTS,
  DURATION_BOUNDS_NS,
  SCHEDULE_DURATION,
  SLOW_ALLOCATION_DURATION,
} from './instruments.ts';
import { allocationAttributes, slowWaysOf, targetAttributes } from './target-attributes.ts';

const instrumentOf = new Map(COUNTED_INSTRUMENTS.map((instrument) => [instrument.name, instrument]));

/** How long calls of targets took. */
export function ofCalls(calls: readonly CallSeries[], targets: readonly TargetStats[]): CountedHistogram[] {
  const byId = new Map(targets.map((target) => [target.targetId, target]));
  return calls.flatMap(({ id, targetId, metric, attributes, counts, sumsNs }) => {
    const target = byId.get(targetId);
    const instrument = instrumentOf.get(metric);
    if (!target || !instrument) return [];
    return {
      key: `call ${id}`,
      instrument,
      attributes: { ...targetAttributes(target), ...attributes },
      counts,
      sums: sumsNs.map((ns) => ns / 1e9),
    };
  });
}

/** What the kernel counts of targets. */
export function ofKernel(targets: readonly TargetStats[]): CountedHistogram[] {
  return targets.flatMap((target) => [
    ...(target.runDelays
      ? [ofBuckets(`delay ${target.targetId}`, SCHEDULE_DURATION, targetAttributes(target), target.runDelays)]
      : []),
    ...slowWaysOf(target).map(([name, buckets]) =>
      ofBuckets(
        `allocation ${target.targetId} ${name}`,
        SLOW_ALLOCATION_DURATION,
        allocationAttributes(target, name),
        buckets,
      ),
    ),
  ]);
}

function ofBuckets(
  key: string,
  instrument: HistogramInstrument,
  attributes: Attributes,
  buckets: readonly DurationBucket[],
): CountedHistogram {
  const counts: number[] = new Array(DURATION_BOUNDS_NS.length + 1).fill(0);
  const sums = [...counts];
  for (const { aboveNs, calls, totalNs } of buckets) {
    // Each begins where the one before ends; the first one at 0.
    const bucket = DURATION_BOUNDS_NS.indexOf(aboveNs) + 1;
    counts[bucket] = calls;
    sums[bucket] = totalNs / 1e9;
  }
  return { key, instrument, attributes, counts, sums };
}
