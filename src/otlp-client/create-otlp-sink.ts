/** An OtlpSink from plain data. */
import { createTransport } from './create-transport.ts';
import { OtlpSink } from './otlp-sink.ts';
import type { OtlpSinkHooks, OtlpSinkPlan } from './otlp-sink-settings.ts';
import { PortTransport } from './port-transport.ts';
import { StackOutlet } from './stack-outlet.ts';

/** It connects when it has something to send. */
export function createOtlpSink(
  { otlp, ...settings }: OtlpSinkPlan['settings'],
  hooks: OtlpSinkHooks,
): OtlpSink {
  const transport = createTransport(otlp);
  const stacks =
    transport instanceof PortTransport
      ? new StackOutlet(transport, settings.scheduledDelayMillis)
      : undefined;
  return new OtlpSink({ ...settings, ...hooks, transport, stacks });
}
