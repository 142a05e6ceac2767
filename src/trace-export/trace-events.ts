/**
 * A trace for Perfetto and chrome://tracing: a process for each service, a track for each goroutine.
 * Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event Format)
 */
import type { TraceAnswer } from '../page-api/answers.ts';
import type { TraceEvent } from '../profile/chrome-trace.ts';
import { spansOf, type TraceSpan } from './trace-spans.ts';

export interface TraceEventFile {
  readonly displayTimeUnit: 'ns';
  readonly otherData: Readonly<Record<string, string | number>>;
  readonly traceEvents: readonly TraceEvent[];
}

export function traceEventFile(trace: TraceAnswer): TraceEventFile {
  const spans = [...spansOf(trace)];
  const originUs = trace.startUs[0] ?? 0;
  const services = [...new Set(spans.map(({ service }) => service))];
  const pidOf = ({ service }: TraceSpan): number => services.indexOf(service) + 1;
  const names = services.map(
    (name, index): TraceEvent => ({ name: 'process_name', ph: 'M', pid: index + 1, tid: 0, args: { name } }),
  );
  const events = spans.map(
    (span): TraceEvent => ({
      name: span.name,
      ph: 'X',
      pid: pidOf(span),
      tid: span.goid,
      cat: span.kind,
      ts: span.startUs - originUs,
      dur: span.durationNs / 1_000,
      args: {
        span_id: span.spanId,
        ...(span.verdict !== undefined && { verdict: span.verdict }),
        ...(span.isError && { error: 'true' }),
        ...Object.fromEntries(span.spent.map(([use, ns]) => [`${use} (ns)`, ns])),
      },
    }),
  );
  return {
    displayTimeUnit: 'ns',
    otherData: { trace_id: trace.traceId, 'start (Unix, µs)': originUs },
    traceEvents: [...names, ...events],
  };
}
