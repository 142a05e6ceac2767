/** An OtlpSink from plain data. */
import type { LastFacts } from '../otlp/last-fact.ts';
import { createTransport } from './create-transport.ts';
import { OtlpSink } from './otlp-sink.ts';
import type { OtlpSinkHooks, OtlpSinkPlan } from './otlp-sink-settings.ts';
import { PortTransport } from './port-transport.ts';
import { StackOutlet } from './stack-outlet.ts';

/** It connects when it has something to send. `lastFacts`: of all exporters that get the same facts right after each other. */
export function createOtlpSink(
  { otlp, ...settings }: OtlpSinkPlan['settings'],
  hooks: OtlpSinkHooks,
  lastFacts?: LastFacts,
): OtlpSink {
  const lastFact = lastFacts?.of(settings.limits);
  const transport = createTransport(otlp);
  const stacks =
    transport instanceof PortTransport
      ? new StackOutlet(transport, settings.scheduledDelayMillis)
      : undefined;
  return new OtlpSink({ ...settings, ...hooks, lastFact, transport, stacks });
}
