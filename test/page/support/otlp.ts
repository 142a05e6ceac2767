/** OTLP JSON as the tests read and change it: an export request a line, as `goidspan run --out FILE.jsonl` writes it. */
import { readFileSync } from 'node:fs';

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] };
}
export interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly events?: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes?: readonly OtlpAttribute[];
  }[];
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: readonly OtlpAttribute[];
  }[];
}
export interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string; readonly version?: string };
      readonly spans: readonly OtlpSpan[];
    }[];
  }[];
}

/** What was recorded of a program of `test/fixtures` or `examples`. */
export function recorded(name: 'faults' | 'shop'): OtlpRequest[] {
  const text = readFileSync(new URL(`../data/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OtlpRequest);
}

/** The same requests with other spans. */
export const withSpans = (
  requests: readonly OtlpRequest[],
  change: (span: OtlpSpan) => OtlpSpan,
): OtlpRequest[] =>
  requests.map(({ resourceSpans }) => ({
    resourceSpans: resourceSpans.map(({ resource, scopeSpans }) => ({
      resource,
      scopeSpans: scopeSpans.map(({ scope, spans }) => ({ scope, spans: spans.map(change) })),
    })),
  }));

export const spansOf = (requests: readonly OtlpRequest[]): OtlpSpan[] =>
  requests.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );

const shifted = (nano: string, byNs: bigint): string => String(BigInt(nano) + byNs);

/** Moved in time, so that the last one ends at `endUs`. */
export function endingAt(requests: readonly OtlpRequest[], endUs: number): OtlpRequest[] {
  const last = spansOf(requests).reduce((most, { endTimeUnixNano }) => {
    const end = BigInt(endTimeUnixNano);
    return end > most ? end : most;
  }, 0n);
  const byNs = BigInt(endUs) * 1000n - last;
  return withSpans(requests, (span) => ({
    ...span,
    startTimeUnixNano: shifted(span.startTimeUnixNano, byNs),
    endTimeUnixNano: shifted(span.endTimeUnixNano, byNs),
  }));
}

/** Copies over an hour before `endUs`, each with ids of its own. */
export function overAnHour(requests: readonly OtlpRequest[], copies: number, endUs: number): OtlpRequest[] {
  const mixed = (id: string, copy: number): string =>
    (BigInt(`0x${id}`) ^ (BigInt(copy) << 12n)).toString(16).padStart(id.length, '0');
  return Array.from({ length: copies }, (_, copy) =>
    withSpans(endingAt(requests, endUs - Math.round((copy * 3500e6) / copies)), (span) => ({
      ...span,
      traceId: mixed(span.traceId, copy),
      spanId: mixed(span.spanId, copy),
      ...(span.parentSpanId && { parentSpanId: mixed(span.parentSpanId, copy) }),
      ...(span.links && {
        links: span.links.map((link) => ({
          ...link,
          traceId: mixed(link.traceId, copy),
          spanId: mixed(link.spanId, copy),
        })),
      }),
    })),
  ).flat();
}
