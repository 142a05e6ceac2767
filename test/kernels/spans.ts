/** Spans as `--out` writes them: OTLP JSON, an export request a line. */
import type { ValidSpan } from '../support/validator.ts';

export type Value = string | number | boolean;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly parentIsRemote: boolean;
  readonly name: string;
  readonly kind: 'server' | 'client';
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: ReadonlyMap<string, Value>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly sampled: boolean;
  readonly pid: number;
  /** Of its URL, without the question mark. */
  readonly query: string;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, Value>>;
}

interface RawSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly flags: number;
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[];
  }[];
}

const KIND_SERVER = 2;
const FLAG_SAMPLED = 1;
const FLAG_REMOTE = 0x200;

export function spansOf(lines: string): Span[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as ExportRequest).resourceSpans)
    .flatMap(({ resource, scopeSpans }) => {
      const pid = Number(valuesOf(resource.attributes).get('process.pid'));
      return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, pid)));
    });
}

function spanOf(raw: RawSpan, pid: number): Span {
  const attributes = valuesOf(raw.attributes);
  const url = attributes.get('url.full');
  return {
    traceId: raw.traceId,
    spanId: raw.spanId,
    parentSpanId: raw.parentSpanId === '' ? undefined : raw.parentSpanId,
    parentIsRemote: (raw.flags & FLAG_REMOTE) !== 0,
    name: raw.name,
    kind: raw.kind === KIND_SERVER ? 'server' : 'client',
    startNs: BigInt(raw.startTimeUnixNano),
    endNs: BigInt(raw.endTimeUnixNano),
    attributes,
    links: raw.links,
    sampled: (raw.flags & FLAG_SAMPLED) !== 0,
    pid,
    query: url === undefined ? String(attributes.get('url.query') ?? '') : (String(url).split('?')[1] ?? ''),
  };
}

function valuesOf(attributes: readonly KeyValue[]): Map<string, Value> {
  return new Map(attributes.map(({ key, value }) => [key, Object.values(value)[0] as Value]));
}

/** As the invariants see it. */
export function validSpanOf(span: Span): ValidSpan {
  const { traceId, spanId, parentSpanId, parentIsRemote, links, kind, startNs, endNs, sampled } = span;
  const breakdown = span.attributes.get('goidspan.breakdown');
  return {
    ...{ traceId, spanId, parentSpanId, parentIsRemote, links, kind, startNs, endNs, sampled },
    name: `${kind} ${span.query}`,
    goroutine: `${span.pid}/${span.attributes.get('goidspan.goid')}`,
    breakdown: typeof breakdown === 'string' ? JSON.parse(breakdown) : undefined,
  };
}
