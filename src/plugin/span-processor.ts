/** The shape of a `SpanProcessor` of OpenTelemetry JS 2.x and 3.x. Types only, and only from `@opentelemetry/api`. */
import type { Context, Span } from '@opentelemetry/api';
import type { SpanSink } from '../export/span-sink.ts';

/** Any `SpanProcessor` of the SDK is one. */
export interface SpanProcessor extends SpanSink {
  onStart(span: Span, parentContext: Context): void;
  /** Experimental in the SDK: just before the span ends. */
  onEnding?(span: Span): void;
}
