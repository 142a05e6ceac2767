/** A meter provider of the application that keeps what it collects. */
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';

export class KeptMetrics {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #provider: MeterProvider;

  /** As the global one, from now on; its reader has these beside it. */
  constructor(metricProducers: MetricProducer[] = []) {
    const exporter = this.#exporter;
    this.#provider = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e9, metricProducers })],
    });
    metrics.setGlobalMeterProvider(this.#provider);
  }

  /** Collects a last time, and is global no longer. */
  async shutdown(): Promise<void> {
    metrics.disable();
    await this.#provider.shutdown();
  }

  /** The points of a sum, of all attributes. */
  valuesOf(name: string): number[] {
    return this.#pointsOf(name).map(({ value }) => Number(value));
  }

  /** Those of a histogram. */
  histogramsOf(name: string): DataPoint<Histogram>[] {
    return this.#pointsOf(name) as DataPoint<Histogram>[];
  }

  #pointsOf(name: string): DataPoint<unknown>[] {
    return this.#exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all))
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }): DataPoint<unknown>[] => dataPoints);
  }
}
