/** What the tests of the transports share: settings as users make them, requests as the SDK encodes them. */
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { compress } from '../../src/otlp-client/compress.ts';
import { createTransport } from '../../src/otlp-client/create-transport.ts';
import type { OtlpOptions } from '../../src/otlp-client/options.ts';
import { otlpSettingsOf } from '../../src/otlp-client/settings.ts';
import type { Encoding, Outcome, RequestBody, Transport } from '../../src/otlp-client/transport.ts';
import { makeSpans } from '../export/spans.ts';

export type Protocol = 'grpc' | 'http';

export function makeTransport(protocol: Protocol, url: string, more: OtlpOptions = {}): Transport {
  const warn = (message: string) => {
    throw new Error(message);
  };
  const options = { url, protocol: protocol === 'grpc' ? 'grpc' : 'http/protobuf', ...more } as const;
  return createTransport(otlpSettingsOf({}, warn, 'traces', options));
}

export async function makeBody(spans: number, encoding: Encoding = 'identity'): Promise<RequestBody> {
  const bytes = ProtobufTraceSerializer.serializeRequest(makeSpans(spans) as never);
  return { bytes: await compress(bytes ?? new Uint8Array(), encoding), encoding };
}

/** One try of one span, which nothing cuts off. */
export async function sendOne(transport: Transport, timeoutMs = 5_000): Promise<Outcome> {
  return transport.send(await makeBody(1), timeoutMs, new AbortController().signal);
}

export const TAKEN: Outcome = { ok: true, rejectedItems: 0, message: '' };

/** A failure for `toMatchObject`. */
export function failed(reason: string, isRetryable: boolean, cause?: unknown) {
  return { ok: false, failure: { reason, isRetryable, ...(cause !== undefined && { cause }) } };
}
