/** Sinks as plain data: each is built where the spans are made. */
import type { MessagePort } from 'node:worker_threads';
import type { LastFacts } from '../otlp/last-fact.ts';
import { createOtlpSink } from '../otlp-client/create-otlp-sink.ts';
import type { OtlpSink } from '../otlp-client/otlp-sink.ts';
import type { OtlpSinkHooks, OtlpSinkPlan } from '../otlp-client/otlp-sink-settings.ts';

/** A union by `kind`, of one kind so far. */
export type SinkPlan = OtlpSinkPlan;

/** What goes to the thread with a plan, and is not here any more then. */
export const transferablesOf = ({ settings: { otlp } }: SinkPlan): MessagePort[] =>
  'port' in otlp ? [otlp.port] : [];

export function buildSink(plan: SinkPlan, hooks: OtlpSinkHooks, lastFacts?: LastFacts): OtlpSink {
  switch (plan.kind) {
    case 'otlp':
      return createOtlpSink(plan.settings, hooks, lastFacts);
  }
}
