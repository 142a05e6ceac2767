/** Whether a span was an error, and of which class. */
import { type SpanStatus, SpanStatusCode } from '@opentelemetry/api';
import type { SpanEnding, SpanFact } from '../correlate/fact.ts';
import type { SpanSource } from './span-source.ts';

/** Status and, for errors, the value of `error.type`. */
export interface Outcome {
  readonly status: SpanStatus;
  readonly errorType?: string;
}

/** Endings that are errors whatever the response said; the text becomes the status description. */
const ERROR_BY_ENDING: Partial<Record<SpanEnding, { readonly errorType: string; readonly message: string }>> =
  {
    panicked: { errorType: 'panic', message: 'the handler panicked or called runtime.Goexit' },
    disconnected: {
      errorType: 'client_disconnected',
      message: 'the client disconnected before the response was complete',
    },
    goroutine_exited: {
      errorType: 'goroutine_exited',
      message: 'the goroutine exited with the span still open',
    },
    process_exited: { errorType: 'process_exited', message: 'the process ended with the span still open' },
  };

const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };
const ERROR: SpanStatus = { code: SpanStatusCode.ERROR };

/**
 * Decides as the HTTP conventions do: status ≥ 500 is an error, for clients ≥ 400; 1xx–3xx is none. The
 * description stays empty where the status code says it all.
 * `source` gives the Go type (`*net.OpError`) of a link-time address.
 */
export function outcomeOf(fact: SpanFact, source: Pick<SpanSource, 'errorTypeName'>): Outcome {
  const ended = ERROR_BY_ENDING[fact.ending];
  if (ended) {
    return { status: { code: SpanStatusCode.ERROR, message: ended.message }, errorType: ended.errorType };
  }
  const { errorTypeAddr, statusCode } = fact.http;
  if (errorTypeAddr !== 0) {
    const errorType = source.errorTypeName(errorTypeAddr) ?? '_OTHER';
    const message =
      errorType === '_OTHER'
        ? 'the call returned an error'
        : `the call returned an error of type ${errorType}`;
    return { status: { code: SpanStatusCode.ERROR, message }, errorType };
  }
  const firstError = fact.role === 'client' ? 400 : 500;
  if (statusCode !== undefined && statusCode >= firstError) {
    return { status: ERROR, errorType: String(statusCode) };
  }
  return { status: UNSET };
}
