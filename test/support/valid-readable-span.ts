/** Finished spans in the form that the validator takes. */
import { SpanKind, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { ValidSpan } from './validator.ts';

const kinds: Partial<Record<SpanKind, ValidSpan['kind']>> = {
  [SpanKind.SERVER]: 'server',
  [SpanKind.INTERNAL]: 'internal',
};

/** Nanoseconds by what the time of the span was spent on; undefined if it does not say. */
function breakdownOf(
  { attributes }: ReadableSpan,
  name: string,
): Readonly<Record<string, number>> | undefined {
  const json = attributes[name];
  return typeof json === 'string' ? JSON.parse(json) : undefined;
}

export function toValidSpan(span: ReadableSpan): ValidSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const { attributes } = span;
  return {
    name: `${span.name} ${attributes['url.full'] ?? attributes['url.path']}?${attributes['url.query'] ?? ''}`,
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    parentIsRemote: span.parentSpanContext?.isRemote === true || attributes['goidspan.sdk'] !== undefined,
    links: span.links.map((link) => ({ traceId: link.context.traceId, spanId: link.context.spanId })),
    kind: kinds[span.kind] ?? 'client',
    startNs: nanos(span.startTime),
    endNs: nanos(span.endTime),
    sampled: (traceFlags & TraceFlags.SAMPLED) !== 0,
    goroutine: goroutineOf(span),
    breakdown: breakdownOf(span, 'goidspan.breakdown'),
    critical: breakdownOf(span, 'goidspan.critical'),
  };
}

/** What happens to the whole program, and a stream that was made, are nothing that a goroutine does: they may overlap that. */
function goroutineOf(span: ReadableSpan): string {
  const goroutine = `${span.resource.attributes['process.pid']}/${span.attributes['goidspan.goid']}`;
  return isWindow(span) || isStream(span) ? `${goroutine} ${span.spanContext().spanId}` : goroutine;
}

const isStream = ({ attributes }: ReadableSpan): boolean =>
  attributes['goidspan.rpc.streaming'] !== undefined;

/** Does the span tell of the collector, or of a stopped world? */
export const isWindow = ({ name }: ReadableSpan): boolean => name === 'gc.stw' || name === 'gc.cycle';

function nanos([seconds, nanoseconds]: ReadableSpan['startTime']): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}
