/** goidspan: traces unchanged Go programs from the Linux kernel and hands their spans to any OpenTelemetry pipeline. */
export { type ErrorCode, errorCodes, GoidspanError } from './errors.ts';
export type { SamplerSettings } from './export/sampler.ts';
export type { SpanExporter, SpanSink } from './export/span-sink.ts';
export type { KernelOptions } from './kernel/kernel.ts';
export type { ReadableSpan } from './span/readable-span.ts';
export type {
  MissingHook,
  TargetInfo,
  TargetStats,
  TracerEvent,
  TracerOptions,
  TracerStats,
} from './tracer/api.ts';
export { Tracer } from './tracer/tracer.ts';
