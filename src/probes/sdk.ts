/** Spans that an OpenTelemetry SDK in the program begins (`go.opentelemetry.io/otel/sdk`, 1.24–1.47). */

import type { GoBinary } from '../binary/go-binary.ts';
import type { Hook, ProbeFamily } from './hook.ts';

const START = 'go.opentelemetry.io/otel/sdk/trace.(*tracer).Start';

/**
 * `func (tr *tracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span)`, where
 * it puts the span into the context: `context.WithValue(ctx, key, span)`. `arg` holds the span.
 */
const start: Hook = {
  name: 'sdk_start',
  phase: 'start',
  choices: [{ on: [START], rules: [{ at: 'call', of: 'context.WithValue', arg: 5 }] }],
  need: 'required',
  without: 'the program has no OpenTelemetry SDK, or its spans are not joined',
};

export const sdk: ProbeFamily = {
  name: 'sdk',
  level: 'spans',
  need: 'extra',
  isLate: true,
  hooks: [start],
  reads: ['sdk'],
};

/** Whether the program has one, whatever it does with it. */
export const hasSdk = (binary: GoBinary): boolean => binary.functions([START]).size > 0;
