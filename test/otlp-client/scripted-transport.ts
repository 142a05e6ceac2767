/** A transport that answers as a test says, and writes down what it was asked. */
import type { Codec } from '../../src/otlp-client/codec.ts';
import type { Outcome, RequestBody, Transport } from '../../src/otlp-client/transport.ts';

export const ACCEPT: Outcome = { ok: true, rejectedItems: 0, message: '' };
export const BUSY: Outcome = failure('busy', true);
export const BAD: Outcome = failure('rejected', false);

export function failure(reason: string, isRetryable: boolean, retryAfterMs?: number): Outcome {
  const more = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { ok: false, failure: { reason, isRetryable, cause: 'scripted', remedy: 'none' }, ...more };
}

/** What a silent collector comes to, after the time-out. */
const SILENCE = failure('timeout', true);

interface Sent {
  /** On the clock of `performance.now()`. */
  readonly at: number;
  readonly body: RequestBody;
  /** Others under way when it was sent. */
  readonly beside: number;
}

export class ScriptedTransport implements Transport {
  readonly sent: Sent[] = [];
  inFlight = 0;
  mostInFlight = 0;
  closed = 0;
  /** Decides each try, by its number from 0. */
  answer: (index: number, body: RequestBody) => Outcome | 'silence' | Error;
  latencyMs = 1;

  constructor(answer: ScriptedTransport['answer'] = () => ACCEPT) {
    this.answer = answer;
  }

  async send(body: RequestBody, timeoutMs: number, signal: AbortSignal): Promise<Outcome> {
    const index = this.sent.length;
    this.sent.push({ at: performance.now(), body, beside: this.inFlight });
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      const answer = this.answer(index, body);
      if (answer !== 'silence') {
        await pause(this.latencyMs, signal);
        if (answer instanceof Error) throw answer;
        return signal.aborted ? SILENCE : answer;
      }
      await pause(timeoutMs, signal);
      return SILENCE;
    } finally {
      this.inFlight--;
    }
  }

  close(): void {
    this.closed++;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms).unref();
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

/** Halves, by keeping every other byte: enough where only sizes matter, and it needs no thread and no time. */
export const halvingCodec: Codec = {
  encoding: 'gzip',
  compress: async (bytes) => bytes.filter((_, index) => index % 2 === 0),
  decompress: async (bytes) => new Uint8Array(bytes.length * 2).map((_, index) => bytes[index >> 1] ?? 0),
};
