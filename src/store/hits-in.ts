/** The spans of a request as they are told in a list, for who looks while they come. */
import type { SpanHit } from '../page-api/answers.ts';
import { type ScannedSpan, scanRequest } from './scan-request.ts';
import { causeOfCode, USES } from './uses.ts';

export interface HitsIn {
  readonly hits: readonly SpanHit[];
  /** Of how many: broken spans are none. */
  readonly of: number;
}

/** At most `max` of them, the first. */
export function hitsIn(request: Uint8Array, max: number): HitsIn {
  const bytes = Buffer.from(request.buffer, request.byteOffset, request.byteLength);
  const hits: SpanHit[] = [];
  let of = 0;
  scanRequest(bytes, {
    span: (span) => {
      of++;
      if (hits.length < max) hits.push(hitOf(bytes, span));
    },
    refused: () => {},
  });
  return { hits, of };
}

function hitOf(bytes: Buffer, span: ScannedSpan): SpanHit {
  const waitTop = USES[span.top - 1];
  const cause = causeOfCode(span.cause);
  return {
    service: bytes.toString('utf8', span.serviceFrom, span.serviceTo),
    name: bytes.toString('utf8', span.nameFrom, span.nameTo),
    kind: span.kind,
    traceId: bytes.toString('hex', span.traceIdAt, span.traceIdAt + 16),
    spanId: bytes.toString('hex', span.spanIdAt, span.spanIdAt + 8),
    startUs: span.startUs,
    durationNs: span.durationNs,
    isError: span.isError,
    ...(waitTop !== undefined && { waitTop }),
    ...(cause !== undefined && { cause }),
  };
}
