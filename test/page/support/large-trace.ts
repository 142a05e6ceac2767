/** Traces of as many spans as one wants. */
import type { OtlpRequest, OtlpSpan } from './otlp.ts';

export const traceIdOf = (spans: number): string => spans.toString(16).padStart(32, 'a');

/** A trace as a crawler of routes makes it: calls within calls, each with a breakdown. */
export function generated(count: number): OtlpRequest {
  const start = BigInt(Date.now() - 60_000) * 1_000_000n;
  const spans = Array.from({ length: count }, (_, at): OtlpSpan => {
    const parent = at === 0 ? -1 : Math.floor((at - 1) / 4);
    const from = start + BigInt(at) * 40_000n;
    const ns = at === 0 ? count * 50_000 : 200_000 + ((at * 7919) % 9) * 400_000;
    const spent = { cpu: Math.round(ns * 0.3), mutex: Math.round(ns * 0.2), network: Math.round(ns * 0.5) };
    return {
      traceId: traceIdOf(count),
      spanId: (at + 1).toString(16).padStart(16, '0'),
      ...(parent >= 0 && { parentSpanId: (parent + 1).toString(16).padStart(16, '0') }),
      name: `GET /items/${at % 40}`,
      kind: at % 2 === 0 ? 2 : 3,
      startTimeUnixNano: String(from),
      endTimeUnixNano: String(from + BigInt(ns)),
      attributes: [
        { key: 'goidspan.goid', value: { intValue: (at % 500) + 1 } },
        { key: 'goidspan.breakdown', value: { stringValue: JSON.stringify(spent) } },
      ],
      status: { code: at % 997 === 500 ? 2 : 0 },
    };
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'crawler' } }] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'generated' }, spans }] }] };
}
