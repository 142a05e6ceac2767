/**
 * How long calls took, all of them, sampled or not: a histogram for each metric of the conventions and each set of
 * attributes that its calls have. Bounded: calls of more sets than a target may have are counted together.
 */
import type { Attributes } from '@opentelemetry/api';
import type { SpanFact } from '../correlate/fact.ts';
import { ERROR_TYPE } from '../span/attribute-names.ts';
import { PickedAttributes } from '../span/attribute-sink.ts';
import type { CallMetric } from '../span/call-metric.ts';
import type { Description } from '../span/convention.ts';
import { addRecurringAttributes, metricOfCall, outcomeOfSpan } from '../span/describe-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import { nanosBetween } from '../wire/batch.ts';
import { CallsAlike } from './calls-alike.ts';

/** Of one target, over all metrics. */
const SERIES_MAX = 1_000;
/** As the SDKs mark what is beyond such a limit. */
export const OVERFLOW: Attributes = Object.freeze({ 'otel.metric.overflow': true });

/** Calls of one target that have the same attributes, since it is one; plain data. */
export interface CallSeries {
  /** Unique among all series. */
  readonly id: number;
  readonly targetId: number;
  /** The name of a `CallMetric`. */
  readonly metric: string;
  readonly attributes: Attributes;
  /** By the buckets of the metric, that above its last bound included. */
  readonly counts: readonly number[];
  /** What the calls of each took together, in nanoseconds. */
  readonly sumsNs: readonly number[];
}

/** Where calls that are alike are counted. */
export interface CallTally {
  add(lastedNs: number): void;
}

class Series implements CallSeries, CallTally {
  readonly id: number;
  readonly targetId: number;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly counts: number[];
  readonly sumsNs: number[];
  readonly #boundsNs: readonly number[];
  hasChanged = false;

  constructor(id: number, targetId: number, { name, boundsSeconds }: CallMetric, attributes: Attributes) {
    this.id = id;
    this.targetId = targetId;
    this.metric = name;
    this.attributes = attributes;
    this.#boundsNs = boundsSeconds.map((seconds) => seconds * 1e9);
    this.counts = new Array(boundsSeconds.length + 1).fill(0);
    this.sumsNs = new Array(boundsSeconds.length + 1).fill(0);
  }

  add(lastedNs: number): void {
    const bounds = this.#boundsNs;
    let bucket = 0;
    while (bucket < bounds.length && lastedNs > (bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sumsNs[bucket] = (this.sumsNs[bucket] as number) + lastedNs;
    this.hasChanged = true;
  }

  asData(): CallSeries {
    const { id, targetId, metric, attributes, counts, sumsNs } = this;
    return { id, targetId, metric, attributes, counts: [...counts], sumsNs: [...sumsNs] };
  }
}

export class CallCounts {
  readonly #byTarget = new Map<number, Map<string, Series>>();
  readonly #alike = new CallsAlike((fact, source, about) => this.#seriesOf(fact, source, about));
  #lastId = 0;

  /** The name of the type of its error must be known to the source by now, if ever. Returns where it is counted, if it is. */
  add(fact: SpanFact, source: SpanSource): CallTally | undefined {
    const series = this.#alike.of(fact, source);
    series?.add(nanosBetween(fact.start, fact.end));
    return series;
  }

  /** All of them as they are now. */
  all(): readonly CallSeries[] {
    return [...this.#byTarget.values()].flatMap((series) => [...series.values()].map((one) => one.asData()));
  }

  /** Those to which something was added since it was asked last. */
  changed(): readonly CallSeries[] {
    const changed: CallSeries[] = [];
    for (const ofTarget of this.#byTarget.values()) {
      for (const series of ofTarget.values()) {
        if (!series.hasChanged) continue;
        series.hasChanged = false;
        changed.push(series.asData());
      }
    }
    return changed;
  }

  forget(targetId: number): void {
    this.#byTarget.delete(targetId);
  }

  #seriesOf(fact: SpanFact, source: SpanSource, about: Description): Series | undefined {
    const metric = metricOfCall(fact);
    if (metric === undefined) return undefined;
    const picked = new PickedAttributes(metric.attributes);
    addRecurringAttributes(picked, fact, about);
    const { errorType } = outcomeOfSpan(fact, source);
    if (errorType !== undefined) picked.text(ERROR_TYPE, errorType);
    return this.#seriesWith(fact.targetId, metric, picked.attributes);
  }

  #seriesWith(targetId: number, metric: CallMetric, attributes: Attributes): Series {
    const ofTarget = this.#byTarget.get(targetId) ?? new Map<string, Series>();
    this.#byTarget.set(targetId, ofTarget);
    const keyOf = (of: Attributes): string => `${metric.name} ${JSON.stringify(of)}`;
    const known = ofTarget.get(keyOf(attributes));
    if (known) return known;
    if (ofTarget.size >= SERIES_MAX && attributes !== OVERFLOW) {
      return this.#seriesWith(targetId, metric, OVERFLOW);
    }
    const series = new Series(++this.#lastId, targetId, metric, attributes);
    ofTarget.set(keyOf(attributes), series);
    return series;
  }
}
