/** An OtlpSink from plain data. */
import { createTransport } from './create-transport.ts';
import { OtlpSink } from './otlp-sink.ts';
import type { OtlpSinkHooks, OtlpSinkPlan } from './otlp-sink-settings.ts';

/** It connects when it has something to send. */
export function createOtlpSink({ otlp, ...settings }: OtlpSinkPlan['settings'], hooks: OtlpSinkHooks): OtlpSink {
  return new OtlpSink({ ...settings, ...hooks, transport: createTransport(otlp) });
}
