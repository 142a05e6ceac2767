/** What is observed, and what its owner calls. Owns the types only. */
import type { MeterProvider } from '@opentelemetry/api';
import type { ExportCountsSnapshot } from '../export/export-counts.ts';
import type { ExportEvent } from '../export/export-event.ts';
import type { DeliveryState } from '../otlp-client/delivery.ts';
import type { OtlpSinkSettings } from '../otlp-client/otlp-sink-settings.ts';
import type { CallSeries, TargetInfo, TracerStats, WorldStop } from '../tracer/api.ts';
import type { HistogramProducer } from './histogram-producer.ts';

/** A sink of spans. Its functions are called when metrics are collected, and may throw. */
export interface ObservedSink {
  /** A processor has a queue before its exporter; whatever an exporter holds is under way. */
  readonly component: 'processor' | 'exporter';
  counts(): ExportCountsSnapshot;
  /** Of our own exporter; a foreign one speaks for itself. */
  readonly otlp?: {
    readonly settings: Pick<OtlpSinkSettings, 'otlp' | 'delivery' | 'maxQueueSize'>;
    queue(): DeliveryState;
  };
}

export interface Observed {
  readonly sink?: ObservedSink;
  /** Undefined as long as there is no tracer. */
  readonly tracerStats?: () => TracerStats | undefined;
  /** Calls of traced programs that are counted. May throw. */
  readonly calls?: () => readonly CallSeries[];
  /** Told whether they are wanted, at once and whenever that changes. May throw. */
  readonly countCalls?: (on: boolean) => void;
  /** Takes histograms that were counted as they are. Default: the API takes them, value by value. */
  readonly producer?: HistogramProducer;
  /** Default: the global one, whenever it is registered. */
  readonly meterProvider?: MeterProvider;
}

export interface Observation {
  /** To be told of every event of the sink. Never throws. */
  onEvent(event: ExportEvent): void;
  /** To be told of each time that the world of a traced program was stopped. Never throws. */
  onWorldStop(stop: WorldStop, target: TargetInfo): void;
  /** The numbers stay as they are now, for the last collection of the provider. Idempotent; never throws. */
  stop(): void;
}
