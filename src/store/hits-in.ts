/** The spans of a request as they are told in a list, for who looks while they come. */
import type { SpanHit } from '../page-api/answers.ts';
import { headOf } from './decode-span.ts';
import { type ScannedSpan, scanRequest } from './scan-request.ts';
import { causeOfCode, USES } from './uses.ts';

export interface HitsIn {
  readonly hits: readonly SpanHit[];
  /** Of how many: broken spans are none. */
  readonly of: number;
}

/** At most `max` of them, the first. */
export function hitsIn(bytes: Uint8Array, max: number): HitsIn {
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

/** `span` is as the scan of `bytes` has it at that moment. */
export function hitOf(bytes: Uint8Array, span: ScannedSpan): SpanHit {
  const waitTop = USES[span.top - 1];
  const cause = causeOfCode(span.cause);
  return {
    ...headOf(bytes, span),
    ...(waitTop !== undefined && { waitTop }),
    ...(cause !== undefined && { cause }),
  };
}
