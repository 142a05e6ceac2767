/** All spans of one trace as columns, or as the bytes that they came as. */

import { resourceSpans, scopeSpans, traceRequest } from '../otlp/fields.ts';
import { ProtoWriter } from '../otlp/proto-writer.ts';
import { SPAN_HAS_BREAKDOWN, SPAN_IS_ERROR, type SpanAnswer, type TraceAnswer } from '../page-api/answers.ts';
import {
  GOIDSPAN_BREAKDOWN,
  GOIDSPAN_GOID,
  GOIDSPAN_PARENT_GOID,
  GOIDSPAN_VERDICT,
} from '../span/attribute-names.ts';
import { Texts } from '../span/texts.ts';
import { decodeAlone, decodeSpan, type Part, type Surroundings } from './decode-span.ts';
import { eachSpanOfTrace, type TraceChunks } from './found-spans.ts';
import { ProtoFields, WIRE } from './proto-fields.ts';
import type { ScannedSpan } from './scan-request.ts';

/** More of one trace are counted only: no page shows them. */
const TRACE_SPANS_MAX = 50_000;
/** Of the bytes of one trace, which are held together while they are handed out. */
const TRACE_BYTES_MAX = 256 * 2 ** 20;
const NO_TEXT = -1;
const NO_PARENT = -1;
const PARENT_ELSEWHERE = -2;

interface TraceSpan {
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly startUs: number;
  readonly durationNs: number;
  readonly flags: number;
  readonly verdict: string | undefined;
  readonly spent: readonly (readonly [string, number])[];
  readonly links: readonly (readonly [string, string])[];
  readonly goid: number;
  readonly parentGoid: number;
}

export function traceOf(segments: readonly TraceChunks[], traceId: string): TraceAnswer | undefined {
  const spans: TraceSpan[] = [];
  const seen = new Set<string>();
  let left = 0;
  eachSpanOfTrace(segments, Buffer.from(traceId, 'hex'), (bytes, span) => {
    const id = spanIdOf(bytes, span);
    // Sent again since the answer to the first did not arrive.
    if (seen.has(id)) return;
    seen.add(id);
    if (spans.length === TRACE_SPANS_MAX) left++;
    else spans.push(traceSpanOf(decodeAlone(bytes, span), span.hasBreakdown));
  });
  if (spans.length === 0) return undefined;
  spans.sort((a, b) => a.startUs - b.startUs || b.durationNs - a.durationNs);
  return columnsOf(traceId, spans, left);
}

/** One span of a trace, with all that it says. */
export function spanOf(
  segments: readonly TraceChunks[],
  traceId: string,
  spanId: string,
): Omit<SpanAnswer, 'rank'> | undefined {
  const wanted = Buffer.from(spanId, 'hex');
  let found: Omit<SpanAnswer, 'rank'> | undefined;
  eachSpanOfTrace(segments, Buffer.from(traceId, 'hex'), (bytes, span, around) => {
    if (found || !wanted.equals(bytes.subarray(span.spanIdAt, span.spanIdAt + 8))) return;
    found = decodeSpan(bytes, span, around);
  });
  return found;
}

function traceSpanOf(
  {
    spanId,
    parentSpanId,
    service,
    name,
    kind,
    startUs,
    durationNs,
    isError,
    attributes,
    links,
  }: ReturnType<typeof decodeAlone>,
  hasBreakdown: boolean,
): TraceSpan {
  const verdict = attributes[GOIDSPAN_VERDICT];
  const numberOf = (value: unknown) => (typeof value === 'number' && value > 0 ? value : 0);
  return {
    spanId,
    parentSpanId,
    service,
    name,
    kind,
    startUs,
    durationNs,
    flags: (isError ? SPAN_IS_ERROR : 0) | (hasBreakdown ? SPAN_HAS_BREAKDOWN : 0),
    verdict: typeof verdict === 'string' ? verdict : undefined,
    spent: hasBreakdown ? spentOf(attributes[GOIDSPAN_BREAKDOWN]) : [],
    links: links.map((link) => [link.traceId, link.spanId]),
    goid: numberOf(attributes[GOIDSPAN_GOID]),
    parentGoid: numberOf(attributes[GOIDSPAN_PARENT_GOID]),
  };
}

function spentOf(json: unknown): [string, number][] {
  try {
    const entries: [string, unknown][] = Object.entries(JSON.parse(String(json)));
    return entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  } catch {
    return [];
  }
}

function columnsOf(traceId: string, spans: readonly TraceSpan[], left: number): TraceAnswer {
  const texts = new Texts();
  const places = new Map(spans.map(({ spanId }, index) => [spanId, index]));
  const parentOf = ({ parentSpanId }: TraceSpan) =>
    parentSpanId === undefined ? NO_PARENT : (places.get(parentSpanId) ?? PARENT_ELSEWHERE);
  const sparse = <T>(of: (span: TraceSpan) => readonly T[]) =>
    Object.fromEntries(spans.flatMap((span, index) => (of(span).length > 0 ? [[index, of(span)]] : [])));
  return {
    traceId,
    texts: texts.texts,
    spanId: spans.map(({ spanId }) => spanId),
    parent: spans.map(parentOf),
    service: spans.map(({ service }) => texts.indexOf(service)),
    name: spans.map(({ name }) => texts.indexOf(name)),
    kind: spans.map(({ kind }) => kind),
    startUs: spans.map(({ startUs }) => startUs),
    durationNs: spans.map(({ durationNs }) => durationNs),
    flags: spans.map(({ flags }) => flags),
    verdict: spans.map(({ verdict }) => (verdict === undefined ? NO_TEXT : texts.indexOf(verdict))),
    spent: sparse(({ spent }) => spent.flatMap(([use, ns]) => [texts.indexOf(use), ns])),
    links: sparse(({ links }) => links),
    goid: spans.map(({ goid }) => goid),
    parentGoid: spans.map(({ parentGoid }) => parentGoid),
    left,
  };
}

const spanIdOf = (bytes: Uint8Array, { spanIdAt }: ScannedSpan): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + spanIdAt, 8).toString('hex');

/**
 * Each part is a request of its own: the spans unchanged, with their resource and scope before them.
 * @throws {Error} For a trace of more than `maxBytes`.
 */
export function traceParts(
  segments: readonly TraceChunks[],
  traceId: string,
  partBytes: number,
  maxBytes = TRACE_BYTES_MAX,
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const seen = new Set<string>();
  let current: Uint8Array[] = [];
  let heads: Heads | undefined;
  let size = 0;
  let all = 0;
  const flush = (): void => {
    if (current.length > 0) parts.push(Buffer.concat(current));
    current = [];
    size = 0;
  };
  eachSpanOfTrace(segments, Buffer.from(traceId, 'hex'), (bytes, span, around) => {
    const id = spanIdOf(bytes, span);
    if (seen.has(id)) return;
    seen.add(id);
    // Of the same for many spans, which would be passed over for each.
    if (heads?.around !== around) heads = headsOf(bytes, around);
    const request = requestOf(bytes, span, heads);
    all += request.length;
    if (all > maxBytes)
      throw new Error(
        `cannot hand out trace ${traceId}: it has more than ${maxBytes / 2 ** 20} MiB (the page shows its first spans)`,
      );
    if (size + request.length > partBytes) flush();
    current.push(request);
    size += request.length;
  });
  flush();
  return parts;
}

/** What stands beside the spans in the messages around them. */
interface Heads {
  readonly around: Surroundings;
  readonly ofScope: Uint8Array;
  readonly ofResource: Uint8Array;
}

const headsOf = (bytes: Uint8Array, around: Surroundings): Heads => ({
  around,
  ofScope: allBut(bytes, around.scopeSpans, scopeSpans.spans),
  ofResource: allBut(bytes, around.resourceSpans, resourceSpans.scopeSpans),
});

function requestOf(bytes: Uint8Array, span: Part, heads: Heads): Uint8Array {
  const ofScope = new ProtoWriter();
  ofScope.raw(heads.ofScope);
  ofScope.header(scopeSpans.spans, span.to - span.from);
  ofScope.raw(bytes.subarray(span.from, span.to));
  const ofResource = new ProtoWriter();
  ofResource.raw(heads.ofResource);
  ofResource.header(resourceSpans.scopeSpans, ofScope.size);
  ofResource.raw(ofScope.view());
  const request = new ProtoWriter();
  request.header(traceRequest.resourceSpans, ofResource.size);
  request.raw(ofResource.view());
  return request.copyFrom(0);
}

/** The fields of a message but those of one number. */
function allBut(bytes: Uint8Array, { from, to }: Part, field: number): Uint8Array {
  const kept: Uint8Array[] = [];
  const fields = new ProtoFields(bytes, from, to);
  for (let at = from; fields.next(); at = fields.at) {
    if (fields.field !== field || fields.wire !== WIRE.bytes) kept.push(bytes.subarray(at, fields.at));
  }
  return Buffer.concat(kept);
}
