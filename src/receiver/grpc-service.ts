/**
 * OTLP over gRPC: unary calls of the trace service, on a server of HTTP/2. Four times cheaper than a library that makes objects of
 * messages, since the store takes their bytes as they are.
 * Protocol: https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { REQUEST_BYTES_MAX } from '../page-api/limits.ts';
import { type Admission, refusalOf } from './admission.ts';
import { encodingOf } from './encodings.ts';
import type { Intake } from './intake.ts';
import { readBody } from './read-body.ts';
import { exportResponse, rpcStatus } from './responses.ts';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** The flag and the length in front of a message. */
const FRAME_BYTES = 5;

/** https://github.com/grpc/grpc/blob/v1.76.0/doc/statuscodes.md */
const grpcStatus = {
  ok: 0,
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

interface Failure {
  readonly code: number;
  readonly message: string;
  readonly retryAfterMs?: number;
}

export class GrpcService {
  readonly #intake: Intake;
  readonly #admission: Admission;

  constructor(intake: Intake, admission: Admission) {
    this.#intake = intake;
    this.#admission = admission;
  }

  /** Answers one call, whatever it is. Never rejects. */
  async handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    // A caller that goes away is no matter of ours; the answer then goes nowhere.
    stream.on('error', () => {});
    try {
      if (!/^application\/grpc/.test(String(headers['content-type'] ?? ''))) {
        stream.respond({ ':status': 415 }, { endStream: true });
        return;
      }
      const answer = await this.#answerOf(stream, headers);
      if (stream.destroyed || stream.closed) return;
      if ('code' in answer) fail(stream, answer);
      else succeed(stream, answer.message);
    } catch {
      stream.close();
    }
  }

  async #answerOf(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): Promise<Failure | { readonly message: Uint8Array }> {
    const refusal = refusalOf(this.#admission, headers);
    if (refusal) {
      const code = refusal.status === 401 ? grpcStatus.unauthenticated : grpcStatus.permissionDenied;
      return { code, message: refusal.reason };
    }
    const path = headers[':path'];
    if (path !== EXPORT) {
      return { code: grpcStatus.unimplemented, message: `${path}: only spans are taken, by ${EXPORT}` };
    }
    const body = await readBody(stream, FRAME_BYTES + REQUEST_BYTES_MAX);
    if (!body) return { code: grpcStatus.resourceExhausted, message: 'the message is longer than 16 MiB' };
    const bytes = messageIn(body);
    const encoding = body[0] === 0 ? 'identity' : encodingOf(headers['grpc-encoding']);
    if (!bytes) return { code: grpcStatus.invalidArgument, message: 'one message is expected' };
    if (!encoding) return { code: grpcStatus.unimplemented, message: 'grpc-encoding must be gzip or zstd' };
    const outcome = await this.#intake.take({ bytes, encoding, form: 'protobuf' });
    switch (outcome.kind) {
      case 'taken':
        return { message: exportResponse(outcome.result) };
      case 'busy':
        return {
          code: grpcStatus.resourceExhausted,
          message: outcome.reason,
          retryAfterMs: outcome.retryAfterMs,
        };
      case 'refused':
        return { code: grpcStatus.invalidArgument, message: outcome.reason };
      case 'failed':
        return { code: grpcStatus.unavailable, message: outcome.reason };
    }
  }
}

/** The one message of a body; undefined if there is another number of them. */
function messageIn(body: Uint8Array): Uint8Array | undefined {
  if (body.length < FRAME_BYTES || (body[0] as number) > 1) return undefined;
  const size = new DataView(body.buffer, body.byteOffset).getUint32(1);
  return size === body.length - FRAME_BYTES ? body.subarray(FRAME_BYTES) : undefined;
}

function succeed(stream: ServerHttp2Stream, message: Uint8Array): void {
  const frame = Buffer.alloc(FRAME_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_BYTES);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(grpcStatus.ok) }));
  stream.end(frame);
}

/** Nothing but headers ("Trailers-Only"). */
function fail(stream: ServerHttp2Stream, { code, message, retryAfterMs }: Failure): void {
  const details = Buffer.from(rpcStatus(code, message, retryAfterMs)).toString('base64');
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': String(code),
      'grpc-message': encodeURIComponent(message),
      ...(retryAfterMs !== undefined && { 'grpc-status-details-bin': details }),
    },
    { endStream: true },
  );
}
