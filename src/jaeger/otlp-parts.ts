/** Traces as Jaeger tells them in JSON → requests of OTLP as they come over the wire, none longer than one may be. Pure. */
import { REQUEST_BYTES_MAX } from '../page-api/limits.ts';
import { requestOf } from '../receiver/json-request.ts';
import { listIn } from './json-members.ts';

/** So many spans are less than a request may have, unless they say very much. */
const SPANS_MAX = 2_000;

type Json = Readonly<Record<string, unknown>>;

/** `result`: an object with `resourceSpans`; whatever else it is has no spans. A span that is longer than a request may be is left out. */
export function otlpParts(result: unknown): Uint8Array[] {
  return listIn(result, 'resourceSpans').flatMap((resourceSpans) =>
    listIn(resourceSpans, 'scopeSpans').flatMap((scopeSpans) =>
      slices(listIn(scopeSpans, 'spans'), SPANS_MAX).flatMap((spans) =>
        partsOf(spans, { ...(resourceSpans as Json), scopeSpans: [] }, scopeSpans as Json),
      ),
    ),
  );
}

function partsOf(spans: readonly unknown[], resourceSpans: Json, scopeSpans: Json): Uint8Array[] {
  const request = requestOf({
    resourceSpans: [{ ...resourceSpans, scopeSpans: [{ ...scopeSpans, spans }] }],
  });
  if (request.length <= REQUEST_BYTES_MAX) return [request];
  if (spans.length < 2) return [];
  return slices(spans, Math.ceil(spans.length / 2)).flatMap((half) =>
    partsOf(half, resourceSpans, scopeSpans),
  );
}

const slices = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));
