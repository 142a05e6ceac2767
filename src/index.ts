/** goidspan: traces unchanged Go programs from the Linux kernel and hands their spans to any OpenTelemetry pipeline. */
export { type ErrorCode, errorCodes, GoidspanError } from './errors.ts';
export type { ExportCountsSnapshot } from './export/export-counts.ts';
export type { ExportEvent } from './export/export-event.ts';
export type { Transfers } from './export/export-tally.ts';
export type { KeepRules } from './export/keep-rules.ts';
export type { SamplerSettings } from './export/sampler.ts';
export type { ExportResult, SpanExporter, SpanSink } from './export/span-sink.ts';
export type { KernelOptions } from './kernel/kernel-options.ts';
export type { OtlpOptions } from './otlp-client/options.ts';
export {
  GoidBatchSpanProcessor,
  type GoidBatchSpanProcessorStatus,
} from './plugin/goid-batch-span-processor.ts';
export { GoidOtlpExporter } from './plugin/goid-otlp-exporter.ts';
export { GoidSpanProcessor } from './plugin/goidspan-span-processor.ts';
export type { MetricProducer } from './plugin/metric-producer.ts';
export type {
  ExeTarget,
  GoidSpanProcessorOptions,
  KeepOptions,
  Limits,
  PageOptions,
  PidTarget,
  SamplerOptions,
  Target,
  Targets,
} from './plugin/options.ts';
export type { GoidBatchSpanProcessorOptions, GoidOtlpExporterOptions } from './plugin/otlp-options.ts';
export type { SpanProcessor } from './plugin/span-processor.ts';
export type {
  GoidSpanProcessorStatus,
  PageStatus,
  QueueStatus,
  Reason,
  RefusedTarget,
} from './plugin/status.ts';
export type { ProbeLevel } from './probes/hook.ts';
export type { Raise } from './probes/raise.ts';
export type {
  InstrumentationScope,
  RawResourceAttribute,
  ReadableSpan,
  Resource,
  TimedEvent,
} from './span/readable-span.ts';
export type { StatementForm } from './span/statement-form.ts';
export type {
  BudgetStats,
  CallSeries,
  CollectorFacts,
  DrainStats,
  DurationBucket,
  MissingHook,
  RaiseEvent,
  RouteStats,
  RuntimeFacts,
  SlowAllocations,
  TargetInfo,
  TargetStats,
  TracerEvent,
  TracerOptions,
  TracerStats,
} from './tracer/api.ts';
export { Tracer } from './tracer/tracer.ts';
export type { SpanKindName } from './wire/wire.gen.ts';
