/** One span as one line of a terminal. Pure. */
import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import * as names from '../../span/attribute-names.ts';
import type { ReadableSpan } from '../../span/readable-span.ts';
import type { Paint } from './style.ts';

/** `shop:4242`: service and process of a span. */
export function processOf(span: ReadableSpan): string {
  const { attributes } = span.resource;
  return printable(`${attributes['service.name'] ?? 'unknown'}:${attributes['process.pid'] ?? '?'}`);
}

/**
 * `GET /checkout  200  58.2 ms  shop:4242 g18`; errors end with `✗ error.type`. `process` is left out where it is
 * that of the line above.
 */
export function spanLine(span: ReadableSpan, paint: Paint, withProcess: boolean): string {
  const { attributes } = span;
  const status = attributes[names.HTTP_RESPONSE_STATUS_CODE];
  const isError = span.status.code === SpanStatusCode.ERROR;
  const waker = attributes[names.GOIDSPAN_WAIT_WAKER_GOID];
  const goid = `g${attributes[names.GOIDSPAN_GOID] ?? '?'}`;
  const parts = [
    paint('bold', printable(titleOf(span))),
    ...(status === undefined ? [] : [paint(isError ? 'red' : 'green', String(status))]),
    formatDuration(span.duration),
    paint('dim', withProcess ? `${processOf(span)} ${goid}` : goid),
    ...(isError ? [paint('red', `✗ ${printable(String(attributes[names.ERROR_TYPE] ?? 'error'))}`)] : []),
    ...(waker === undefined ? [] : [paint('dim', `woken by g${waker}`)]),
    ...linkedTraces(span).map((traceId) => paint('yellow', `linked to ${traceId.slice(0, 8)}`)),
  ];
  return parts.join('  ');
}

/** Other traces than its own: who has woken a goroutine may well be in the same. */
function linkedTraces(span: ReadableSpan): string[] {
  const { traceId } = span.spanContext();
  return span.links.map(({ context }) => context.traceId).filter((linked) => linked !== traceId);
}

/** The route says more than a path, but a path more than nothing; clients show whom they called. */
function titleOf(span: ReadableSpan): string {
  const { attributes } = span;
  if (span.kind === SpanKind.CLIENT) return `→ ${span.name} ${attributes[names.URL_FULL] ?? ''}`.trimEnd();
  return attributes[names.HTTP_ROUTE] === undefined
    ? `${span.name} ${attributes[names.URL_PATH] ?? ''}`.trimEnd()
    : span.name;
}

/** Three digits and a unit: `640 ns`, `58.2 ms`, `1.25 s`, `125 s`. */
export function formatDuration([seconds, nanos]: HrTime): string {
  if (seconds > 0) return `${threeDigits(seconds + nanos / 1e9)} s`;
  if (nanos >= 1e6) return `${threeDigits(nanos / 1e6)} ms`;
  return nanos >= 1e3 ? `${threeDigits(nanos / 1e3)} µs` : `${nanos} ns`;
}

function threeDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Requests are written by strangers: no control character of theirs reaches the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}
