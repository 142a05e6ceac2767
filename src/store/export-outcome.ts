/** What the store made of a request, as an exporter hears it. */
import { GoidspanError } from '../errors.ts';
import { failureOf } from '../export/export-failure.ts';
import type { Outcome } from '../otlp-client/transport.ts';
import type { StoreResult } from '../page-api/span-store.ts';

export const outcomeOf = ({ rejected, reason = '' }: StoreResult): Outcome => ({
  ok: true,
  rejectedItems: rejected,
  message: reason,
});

/** It may be tried again: there may be room then. */
export function failedOutcome(error: unknown): Outcome {
  const reason = error instanceof GoidspanError ? error.code : 'cannot_write';
  const text = error instanceof Error ? error.message : String(error);
  return { ok: false, failure: failureOf({ reason, isRetryable: true, remedy: '' }, text) };
}
