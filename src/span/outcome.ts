/** Whether a span was an error, and of which class. */
import { type SpanStatus, SpanStatusCode } from '@opentelemetry/api';
import type { SpanEnding, SpanFact, SpanKindName } from '../correlate/fact.ts';
import type { Convention } from './convention.ts';
import type { SpanSource } from './span-source.ts';

/** Status and, for errors, the value of `error.type`. */
export interface Outcome {
  readonly status: SpanStatus;
  readonly errorType?: string;
}

interface Failure {
  readonly errorType: string;
  /** The status description. */
  readonly message: string;
}

const panicked = (what: string): Failure => ({
  errorType: 'panic',
  message: `the ${what} panicked or called runtime.Goexit`,
});
const PANICKED: Readonly<Record<SpanKindName, Failure>> = {
  server: panicked('handler'),
  client: panicked('call'),
  internal: panicked('goroutine'),
};

/** Other endings that are errors whatever the response said. */
const FAILURES: Partial<Record<SpanEnding, Failure>> = {
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

/** Is what ended so an error, whatever came back? */
export const isFailure = (ending: SpanEnding): boolean => ending === 'panicked' || ending in FAILURES;

const FINE: Outcome = { status: { code: SpanStatusCode.UNSET } };
const ERROR: SpanStatus = { code: SpanStatusCode.ERROR };

/**
 * How the span ended goes before what came back, and that before the type of the error that the call returned. The description stays
 * empty where the error type says it all. `source` gives the Go type (`*net.OpError`) of an address.
 */
export function outcomeOf(
  fact: SpanFact,
  convention: Convention<SpanFact>,
  source: Pick<SpanSource, 'errorTypeName'>,
): Outcome {
  const ended = fact.ending === 'panicked' ? PANICKED[fact.spanKind] : FAILURES[fact.ending];
  if (ended) {
    return { status: { code: SpanStatusCode.ERROR, message: ended.message }, errorType: ended.errorType };
  }
  const errorType = convention.errorType(fact);
  if (fact.errorTypeAddr !== 0) {
    const type = source.errorTypeName(fact.errorTypeAddr);
    const message =
      type === undefined ? 'the call returned an error' : `the call returned an error of type ${type}`;
    return { status: { code: SpanStatusCode.ERROR, message }, errorType: errorType ?? type ?? '_OTHER' };
  }
  return errorType === undefined ? FINE : { status: ERROR, errorType };
}
