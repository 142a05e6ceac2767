/** A meter provider of the application that keeps what it collects. */
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';

export class KeptMetrics {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 1e9 })],
  });

  /** As the global one, from now on. */
  constructor() {
    metrics.setGlobalMeterProvider(this.#provider);
  }

  /** Collects a last time, and is global no longer. */
  async shutdown(): Promise<void> {
    metrics.disable();
    await this.#provider.shutdown();
  }

  /** The points of a sum, of all attributes. */
  valuesOf(name: string): number[] {
    return this.#exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all))
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => Number(value)));
  }
}
