/**
 * OTLP over gRPC: unary calls of the trace service, on a server of HTTP/2. Four times cheaper than a library that makes objects of
 * messages, since the store takes their bytes as they are. Other methods may be answered beside it, unary or by streams.
 * Protocol: https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { decompress } from '../otlp-client/compress.ts';
import type { Encoding } from '../otlp-client/transport.ts';
import { REQUEST_BYTES_MAX } from '../page-api/limits.ts';
import { type Admission, refusalOf } from './admission.ts';
import { encodingOf } from './encodings.ts';
import { GrpcError, type GrpcFailure, type GrpcMethods, grpcStatus } from './grpc-method.ts';
import type { Intake } from './intake.ts';
import { readBody } from './read-body.ts';
import { exportResponse, rpcStatus } from './responses.ts';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** The flag and the length in front of a message. */
const FRAME_BYTES = 5;

/** Whoever reads nothing of an answer for so long gets no more of it. */
const STALLED_MS = 30_000;

export class GrpcService {
  readonly #intake: Intake;
  readonly #admission: Admission;
  readonly #methods: GrpcMethods;

  constructor(intake: Intake, admission: Admission, methods: GrpcMethods = new Map()) {
    this.#intake = intake;
    this.#admission = admission;
    this.#methods = methods;
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
      else await send(stream, answer.messages);
    } catch {
      stream.close();
    }
  }

  async #answerOf(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): Promise<GrpcFailure | { readonly messages: AsyncIterable<Uint8Array> }> {
    const refusal = refusalOf(this.#admission, headers);
    if (refusal) {
      const code = refusal.status === 401 ? grpcStatus.unauthenticated : grpcStatus.permissionDenied;
      return { code, message: refusal.reason };
    }
    const path = headers[':path'] ?? '';
    const method = this.#methods.get(path);
    if (path !== EXPORT && !method) {
      return { code: grpcStatus.unimplemented, message: `${path}: only spans are taken, by ${EXPORT}` };
    }
    const body = await readBody(stream, FRAME_BYTES + REQUEST_BYTES_MAX);
    if (!body) return { code: grpcStatus.resourceExhausted, message: 'the message is longer than 16 MiB' };
    const bytes = messageIn(body);
    const encoding = body[0] === 0 ? 'identity' : encodingOf(headers['grpc-encoding']);
    if (!bytes) return { code: grpcStatus.invalidArgument, message: 'one message is expected' };
    if (!encoding) return { code: grpcStatus.unimplemented, message: 'grpc-encoding must be gzip or zstd' };
    if (method) {
      const request = await decompress(bytes, encoding, REQUEST_BYTES_MAX).catch(() => undefined);
      if (!request) return { code: grpcStatus.invalidArgument, message: 'the message cannot be unpacked' };
      return { messages: method(request) };
    }
    return this.#export(bytes, encoding);
  }

  async #export(
    bytes: Uint8Array,
    encoding: Encoding,
  ): Promise<GrpcFailure | { readonly messages: AsyncIterable<Uint8Array> }> {
    const outcome = await this.#intake.take({ bytes, encoding, form: 'protobuf' });
    switch (outcome.kind) {
      case 'taken':
        return { messages: one(exportResponse(outcome.result)) };
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

async function* one(message: Uint8Array): AsyncIterable<Uint8Array> {
  yield message;
}

/** As fast as they are read. What fails before there is a message is told as any other failure, later ones behind the messages. */
async function send(stream: ServerHttp2Stream, messages: AsyncIterable<Uint8Array>): Promise<void> {
  let status: GrpcFailure = { code: grpcStatus.ok, message: '' };
  try {
    for await (const message of messages) {
      if (!stream.headersSent) begin(stream, () => status);
      if (stream.destroyed) return;
      if (!stream.write(frameOf(message)) && !(await drained(stream))) return;
    }
  } catch (error) {
    status = failureOf(error);
  }
  if (stream.destroyed) return;
  if (!stream.headersSent && status.code !== grpcStatus.ok) return fail(stream, status);
  if (!stream.headersSent) begin(stream, () => status);
  stream.end();
}

function begin(stream: ServerHttp2Stream, statusOf: () => GrpcFailure): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    const { code, message } = statusOf();
    stream.sendTrailers({
      'grpc-status': String(code),
      ...(message !== '' && { 'grpc-message': encodeURIComponent(message) }),
    });
  });
}

function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_BYTES);
  return frame;
}

/** False: it is not read, or not wanted any more. */
function drained(stream: ServerHttp2Stream): Promise<boolean> {
  return new Promise((resolve) => {
    const ended = (isDrained: boolean): void => {
      clearTimeout(timer);
      stream.off('drain', onDrain).off('close', onClose);
      if (!isDrained) stream.close();
      resolve(isDrained);
    };
    const onDrain = (): void => ended(true);
    const onClose = (): void => ended(false);
    const timer = setTimeout(onClose, STALLED_MS);
    stream.once('drain', onDrain).once('close', onClose);
  });
}

function failureOf(error: unknown): GrpcFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof GrpcError ? error.code : grpcStatus.unavailable, message };
}

/** Nothing but headers ("Trailers-Only"). */
function fail(stream: ServerHttp2Stream, { code, message, retryAfterMs }: GrpcFailure): void {
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
