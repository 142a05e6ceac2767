/** One try to send one request: its bytes made ready, sent, timed. Decides nothing. */
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { classifyFailure } from '../export/export-failure.ts';
import type { Codec } from './codec.ts';
import type { DeliverySettings } from './delivery-settings.ts';
import type { QueuedRequest } from './queued-request.ts';
import type { Outcome, Transport } from './transport.ts';

export interface Attempt {
  readonly outcome: Outcome;
  /** On the wire; 0 when it did not come to that. */
  readonly bytes: number;
  /** From handing it to the transport to the outcome. */
  readonly durationMs: number;
}

/**
 * By this key the SDKs of both lines and the instrumentations know not to trace: no trace of the export itself. Without
 * the context of whoever pushed, which a connection would keep.
 */
const QUIET = ROOT_CONTEXT.setValue(createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);

/** Never rejects: what a transport or a codec throws is a failure like any other. */
export async function attempt(
  request: QueuedRequest,
  transport: Transport,
  codec: Codec,
  { compression, requestTimeoutMs }: DeliverySettings,
  signal: AbortSignal,
): Promise<Attempt> {
  let bytes = 0;
  let startedAt = performance.now();
  const attemptOf = (outcome: Outcome): Attempt => ({
    outcome,
    bytes,
    durationMs: performance.now() - startedAt,
  });
  try {
    const body = await request.wireBody(codec, compression !== 'none');
    bytes = body.bytes.byteLength;
    startedAt = performance.now();
    return attemptOf(await context.with(QUIET, () => transport.send(body, requestTimeoutMs, signal)));
  } catch (error) {
    return attemptOf({ ok: false, failure: classifyFailure(error) });
  }
}
