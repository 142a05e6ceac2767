/**
 * Counted histograms as they are, for a metric reader of the SDKs 2.x and 3.x: what the metrics API cannot take but one value at
 * a time. A `MetricProducer`; its points are cumulative.
 */
import { type HrTime, ValueType } from '@opentelemetry/api';
import type { CollectionResult, HistogramMetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import { createResource } from '../span/resource.ts';
import { VERSION } from '../version.ts';
import type { CountedHistogram } from './histogram.ts';

// Their numbers: the package is loaded only where metrics are exported by us.
const CUMULATIVE = 1 as HistogramMetricData['aggregationTemporality'];
const HISTOGRAM = 0 as HistogramMetricData['dataPointType'];

export class HistogramProducer implements MetricProducer {
  /** Where they come from; may throw. */
  source: () => readonly CountedHistogram[] = () => [];
  /** Told when somebody begins to use it. */
  onUse: () => void = () => {};
  readonly #startTime = now();
  #isUsed = false;

  /** Somebody has it, or is about to: nobody else is to tell the same. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** From now on it is used. */
  use(): this {
    this.#isUsed = true;
    this.onUse();
    return this;
  }

  /** What there is now. The reader puts its own resource in the place of this one. Never rejects. */
  async collect(): Promise<CollectionResult> {
    const { metrics, errors } = this.#collect();
    const scopeMetrics =
      metrics.length > 0 ? [{ scope: { name: 'goidspan', version: VERSION }, metrics }] : [];
    // A resource without attributes, of which a reader of either line makes nothing.
    const resource = createResource({}) as CollectionResult['resourceMetrics']['resource'];
    return { resourceMetrics: { resource, scopeMetrics }, errors };
  }

  #collect(): { metrics: HistogramMetricData[]; errors: unknown[] } {
    try {
      return { metrics: this.#metrics(), errors: [] };
    } catch (error) {
      return { metrics: [], errors: [error] };
    }
  }

  #metrics(): HistogramMetricData[] {
    const endTime = now();
    const byName = new Map<string, HistogramMetricData>();
    for (const { instrument, attributes, counts, sums } of this.source()) {
      const { name, description, unit, bucketBoundaries } = instrument;
      const metric = byName.get(name) ?? {
        descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
        aggregationTemporality: CUMULATIVE,
        dataPointType: HISTOGRAM as HistogramMetricData['dataPointType'],
        dataPoints: [],
      };
      byName.set(name, metric as HistogramMetricData);
      metric.dataPoints.push({
        startTime: this.#startTime,
        endTime,
        attributes,
        value: {
          buckets: { boundaries: [...bucketBoundaries], counts: [...counts] },
          count: total(counts),
          sum: total(sums),
        },
      });
    }
    return [...byName.values()];
  }
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function now(): HrTime {
  const millis = Date.now();
  return [Math.floor(millis / 1_000), (millis % 1_000) * 1e6];
}
