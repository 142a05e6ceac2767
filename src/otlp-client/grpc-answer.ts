/** What a server says to a unary call of gRPC → the outcome. Pure but for decompression; the bytes are hostile. */
import { failureOf, grpcFailure } from '../export/export-failure.ts';
import { kindOfGrpcStatus, NOT_GRPC } from '../export/failure-kinds.ts';
import { decompress } from './compress.ts';
import { MAX_ANSWER_BYTES } from './open-calls.ts';
import { readExportResponse, readStatus } from './response.ts';
import type { Outcome } from './transport.ts';

type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

/** What came of an answer before its stream ended. */
export interface GrpcAnswer {
  readonly headers: Headers;
  /** The headers again in an answer that has nothing but headers ("Trailers-Only"). */
  readonly trailers: Headers;
  /** The frame of the message, as far as it came. */
  readonly body: Uint8Array;
}

/** Status codes of HTTP without one of gRPC: https://github.com/grpc/grpc/blob/v1.76.0/doc/http-grpc-status-mapping.md */
const STATUS_BY_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};
const UNKNOWN = 2;

export async function grpcOutcomeOf({ headers, trailers, body }: GrpcAnswer): Promise<Outcome> {
  const status = trailers['grpc-status'] ?? headers['grpc-status'];
  if (status === undefined) return withoutStatus(headers);
  if (String(status) === '0') return accepted(headers, body);
  const details = detailsOf(trailers);
  const message = decodeMessage(trailers['grpc-message']) || details?.message || '';
  const code = /^\d{1,3}$/.test(String(status)) ? Number(status) : UNKNOWN;
  const retryAfterMs = details?.retryAfterMs;
  return {
    ok: false,
    failure: grpcFailure(code, message, retryAfterMs !== undefined),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function withoutStatus(headers: Headers): Outcome {
  const http = Number(headers[':status']);
  if (http === 200) return { ok: false, failure: failureOf(NOT_GRPC, '') };
  const kind = kindOfGrpcStatus(STATUS_BY_HTTP[http] ?? UNKNOWN, false);
  return { ok: false, failure: failureOf({ ...kind, cause: `answered HTTP status ${http}` }, '') };
}

/** The status says that the spans were taken; a message that cannot be read does not change that. */
async function accepted(headers: Headers, body: Uint8Array): Promise<Outcome> {
  if (body.length === 0) return { ok: true, rejectedItems: 0, message: '' };
  const message = await messageOf(headers, body).catch(() => undefined);
  const response = message && readExportResponse(message);
  return { ok: true, ...(response ?? { rejectedItems: 0, message: 'the answer cannot be read' }) };
}

/** A flag, the length, the message: https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md */
async function messageOf(headers: Headers, body: Uint8Array): Promise<Uint8Array | undefined> {
  const flag = body[0];
  if (body.length < 5 || new DataView(body.buffer, body.byteOffset).getUint32(1) !== body.length - 5) {
    return undefined;
  }
  const message = body.subarray(5);
  if (flag === 0) return message;
  const encoding = headers['grpc-encoding'];
  if (flag !== 1 || (encoding !== 'gzip' && encoding !== 'zstd')) return undefined;
  return decompress(message, encoding, MAX_ANSWER_BYTES);
}

/** Percent-encoded UTF-8; what is not valid stays as it came. */
function decodeMessage(text: Headers[string]): string {
  if (typeof text !== 'string') return '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A `google.rpc.Status` in base64, with or without padding; several values may be joined by commas: the first counts. */
function detailsOf(trailers: Headers): ReturnType<typeof readStatus> {
  const text = trailers['grpc-status-details-bin'];
  const first = (Array.isArray(text) ? text[0] : text)?.toString().split(',')[0];
  return first === undefined ? undefined : readStatus(Buffer.from(first, 'base64'));
}
