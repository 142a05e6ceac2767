/** Span contexts of the API from the words that the kernel keeps. */
import { createTraceState, type SpanContext, type TraceState } from '@opentelemetry/api';
import type { SpanFact, SpanIdWords, TraceIdWords } from '../correlate/fact.ts';

/** Two digits for each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const digits = (byte: number): string => HEX[byte & 0xff] as string;

/** Lower-case hex, 8 digits a word. */
export function hexOf(words: TraceIdWords | SpanIdWords): string {
  let hex = '';
  for (const word of words) {
    hex += digits(word >>> 24) + digits(word >>> 16) + digits(word >>> 8) + digits(word);
  }
  return hex;
}

/** The contexts of a span and its parent: of one trace, with the same flags and trace state. */
export function spanContextsOf(fact: SpanFact): { own: SpanContext; parent: SpanContext | undefined } {
  const traceId = hexOf(fact.traceId);
  const traceState: TraceState | undefined = fact.traceState ? createTraceState(fact.traceState) : undefined;
  const contextOf = (spanId: SpanIdWords, isRemote: boolean): SpanContext => {
    const context: SpanContext = { traceId, spanId: hexOf(spanId), traceFlags: fact.traceFlags, isRemote };
    if (traceState) context.traceState = traceState;
    return context;
  };
  return {
    own: contextOf(fact.spanId, false),
    parent: fact.parentSpanId && contextOf(fact.parentSpanId, fact.parentIsRemote),
  };
}
