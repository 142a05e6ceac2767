/** A trace as a table. Form: RFC 4180, with a line of names. */
import type { TraceAnswer } from '../page-api/answers.ts';
import { spansOf } from './trace-spans.ts';

export function traceCsv(trace: TraceAnswer): string {
  const spans = [...spansOf(trace)];
  const uses = [...new Set(spans.flatMap(({ spent }) => spent.map(([use]) => use)))];
  const head = [
    ...['trace_id', 'span_id', 'parent_span_id', 'service', 'name', 'kind', 'start_unix_us', 'duration_ns'],
    ...['error', 'goroutine', 'verdict', ...uses.map((use) => `${use}_ns`)],
  ];
  const lines = spans.map((span) => {
    const spent = new Map(span.spent);
    const parent = span.parent === undefined ? '' : (trace.spanId[span.parent] ?? '');
    return [
      ...[trace.traceId, span.spanId, parent, span.service, span.name, span.kind, span.startUs],
      ...[span.durationNs, span.isError, span.goid || '', span.verdict ?? ''],
      ...uses.map((use) => spent.get(use) ?? ''),
    ];
  });
  return [head, ...lines].map((line) => `${line.map(cellOf).join(',')}\r\n`).join('');
}

/** What a spreadsheet would take for a formula begins with a space. */
function cellOf(value: string | number | boolean): string {
  const text = String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? ` ${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
