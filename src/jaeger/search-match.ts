/** Which spans of whole traces are meant by a search: as the store tells it by its columns, here of every span. Pure. */
import type { SpanHit } from '../page-api/answers.ts';
import type { SearchQuery } from '../page-api/query.ts';
import { decodeSpan, surroundingsOf } from '../store/decode-span.ts';
import { hitOf } from '../store/hits-in.ts';
import { type ScannedSpan, scanRequest } from '../store/scan-request.ts';
import { hasAttributes } from '../store/value-text.ts';

export interface Matches {
  readonly hits: SpanHit[];
  /** How many were looked at, of how many traces. */
  readonly spans: number;
  readonly traces: number;
}

/** `parts`: each an `ExportTraceServiceRequest`. */
export function matchesIn(parts: readonly Uint8Array[], query: SearchQuery): Matches {
  const hits: SpanHit[] = [];
  const traces = new Set<string>();
  let spans = 0;
  for (const bytes of parts) {
    scanRequest(bytes, {
      span: (span) => {
        spans++;
        traces.add(Buffer.from(bytes.buffer, bytes.byteOffset + span.traceIdAt, 16).toString('latin1'));
        const hit = hitIn(bytes, span, query);
        if (hit) hits.push(hit);
      },
      refused: () => {},
    });
  }
  return { hits, spans, traces: traces.size };
}

function hitIn(bytes: Uint8Array, span: ScannedSpan, query: SearchQuery): SpanHit | undefined {
  const { startUs, durationNs } = span;
  if (startUs < query.fromUs || startUs >= query.toUs) return undefined;
  if (durationNs < (query.minNs ?? 0) || durationNs > (query.maxNs ?? Number.POSITIVE_INFINITY))
    return undefined;
  if (query.isError !== undefined && span.isError !== query.isError) return undefined;
  if (query.kind !== undefined && span.kind !== query.kind) return undefined;
  const hit = hitOf(bytes, span);
  if (query.service !== undefined && hit.service !== query.service) return undefined;
  if (query.name !== undefined && hit.name !== query.name) return undefined;
  const { waitTop, cause, attributes: asked = [] } = query;
  if (waitTop === undefined && cause === undefined && asked.length === 0) return hit;
  const around = surroundingsOf(bytes, span.at);
  if (!around) return undefined;
  const told = decodeSpan(bytes, span, around);
  if (waitTop !== undefined && told.waitTop !== waitTop) return undefined;
  if (cause !== undefined && told.cause !== cause) return undefined;
  return hasAttributes(told, asked) ? hit : undefined;
}
