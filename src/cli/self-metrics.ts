/**
 * The command's metrics of itself, by OTLP: its own meter provider, which nobody else uses. Owns its life: loaded only
 * where metrics are wanted, a last export at the end. Whatever fails here, the traces go on.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Attributes } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { ExportEvent } from '../export/export-event.ts';
import type { ExportSink } from '../export/span-sink.ts';
import { OtlpExport } from '../otlp-client/otlp-export.ts';
import { malformedAttributes, parseResourceAttributes } from '../process/environment.ts';
import { createResource } from '../span/resource.ts';
import { HistogramProducer } from '../telemetry/histogram-producer.ts';
import { type MetricSettings, metricSettingsOf } from '../telemetry/metric-settings.ts';
import { observe } from '../telemetry/observe.ts';
import type { Observation, ObservedSink } from '../telemetry/observed.ts';
import type { MetricExporterHooks } from '../telemetry/otlp-metric-exporter.ts';
import type { TargetInfo, WorldStop } from '../tracer/api.ts';
import type { Tracer } from '../tracer/tracer.ts';
import { VERSION } from '../version.ts';

export class SelfMetrics {
  readonly #meterProvider: MeterProvider;
  readonly #producer: HistogramProducer;
  #observation: Observation | undefined;

  /**
   * Undefined when no metrics are wanted, or their part of the SDK cannot be loaded, which is said to `debug`.
   * @throws {GoidspanError} `bad_endpoint`.
   */
  static async open(env: NodeJS.ProcessEnv, hooks: MetricExporterHooks): Promise<SelfMetrics | undefined> {
    const settings = metricSettingsOf(env, hooks.report);
    if (!settings) return undefined;
    try {
      const producer = new HistogramProducer().use();
      return new SelfMetrics(await meterProviderOf(settings, producer, env, hooks), producer);
    } catch (error) {
      hooks.debug(`no metrics: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  private constructor(meterProvider: MeterProvider, producer: HistogramProducer) {
    this.#meterProvider = meterProvider;
    this.#producer = producer;
  }

  onEvent(event: ExportEvent): void {
    this.#observation?.onEvent(event);
  }

  onWorldStop(stop: WorldStop, target: TargetInfo): void {
    this.#observation?.onWorldStop(stop, target);
  }

  /** Observes the tracer, which counts calls from now on, and, of the exporters, the first. */
  begin(
    tracer: Pick<Tracer, 'currentStats' | 'callCounts' | 'countCalls'>,
    [first]: readonly ExportSink[],
  ): void {
    this.#observation = observe({
      tracerStats: () => tracer.currentStats(),
      calls: () => tracer.callCounts(),
      countCalls: (on) => tracer.countCalls(on),
      producer: this.#producer,
      ...(first && { sink: observedSinkOf(first) }),
      meterProvider: this.#meterProvider,
    });
  }

  /** Exports a last time, until the deadline at most. Never rejects. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.#observation?.stop();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, deadlineMs));
    });
    const last = this.#meterProvider.shutdown().catch(() => {});
    await Promise.race([last, deadline]);
    clearTimeout(timer);
  }
}

function observedSinkOf(sink: ExportSink): ObservedSink {
  const way = sink instanceof OtlpExport ? sink : undefined;
  return {
    component: 'processor',
    counts: () => sink.counts(),
    ...(way?.settings && { otlp: { settings: way.settings, queue: () => way.queue } }),
  };
}

async function meterProviderOf(
  { otlp, exportIntervalMillis, exportTimeoutMillis }: MetricSettings,
  producer: HistogramProducer,
  env: NodeJS.ProcessEnv,
  hooks: MetricExporterHooks,
): Promise<MeterProvider> {
  const sdk = await import('@opentelemetry/sdk-metrics');
  const { OtlpMetricExporter } = await import('../telemetry/otlp-metric-exporter.ts');
  const exporter = new OtlpMetricExporter(otlp, hooks);
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis,
    exportTimeoutMillis,
    metricProducers: [producer],
  });
  return new sdk.MeterProvider({
    resource: createResource(attributesOf(env, hooks.report)),
    readers: [reader],
  });
}

/** The variables name the agent here; what they say of the traced programs is in the environment of those. */
function attributesOf(env: NodeJS.ProcessEnv, report: (message: string) => void): Attributes {
  const declared = Object.fromEntries(
    parseResourceAttributes(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '', (member) =>
      report(malformedAttributes(member)),
    ),
  );
  return {
    'service.name': 'goidspan',
    'service.version': VERSION,
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    'process.pid': process.pid,
    ...declared,
    ...(env['OTEL_SERVICE_NAME'] && { 'service.name': env['OTEL_SERVICE_NAME'] }),
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'goidspan',
    'telemetry.sdk.version': VERSION,
  };
}
