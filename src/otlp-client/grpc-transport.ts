/** OTLP over gRPC: unary calls on one HTTP/2 connection, by node:http2 alone. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { grpcFailure } from '../export/export-failure.ts';
import { CONNECTION_LOST, NOT_GRPC, TOO_LONG_ANSWER } from '../export/failure-kinds.ts';
import type { Signal } from '../export/variables.ts';
import { VERSION } from '../version.ts';
import { hasZstd } from './compress.ts';
import { type GrpcAnswer, grpcOutcomeOf } from './grpc-answer.ts';
import { Http2Sessions } from './http2-sessions.ts';
import { failedAs, failedBy, MAX_ANSWER_BYTES, OpenCalls } from './open-calls.ts';
import type { OtlpSettings } from './settings.ts';
import type { Outcome, RequestBody, Transport } from './transport.ts';

const PATH: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** Eight digits at most: https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md */
const MAX_GRPC_TIMEOUT = 99_999_999;

const FRAME_HEAD_BYTES = 5;

/** See the header of this file. */
export class GrpcTransport implements Transport {
  readonly #headers: OutgoingHttpHeaders;
  readonly #sessions: Http2Sessions;
  readonly #calls = new OpenCalls();

  constructor({ signal, url, headers, tls }: OtlpSettings) {
    const { host, ...metadata } = headers;
    this.#sessions = new Http2Sessions(url, tls);
    this.#headers = {
      ':method': 'POST',
      ':path': PATH[signal],
      ...(host !== undefined && { ':authority': host }),
      te: 'trailers',
      'content-type': 'application/grpc+proto',
      'grpc-accept-encoding': hasZstd ? 'identity,gzip,zstd' : 'identity,gzip',
      'user-agent': `goidspan/${VERSION}`,
      ...metadata,
    };
  }

  send(body: RequestBody, timeoutMs: number, signal: AbortSignal): Promise<Outcome> {
    return this.#calls.run(timeoutMs, signal, (finish) => {
      const lease = this.#sessions.lease();
      let stream: ClientHttp2Stream;
      try {
        stream = lease.session.request({
          ...this.#headers,
          'grpc-timeout': `${Math.min(Math.ceil(timeoutMs), MAX_GRPC_TIMEOUT)}m`,
          ...(body.encoding !== 'identity' && { 'grpc-encoding': body.encoding }),
        });
      } catch (error) {
        lease.release(false);
        throw error;
      }
      listen(lease.session, stream, finish);
      write(stream, body);
      return (why) => {
        // A reset goes out even for a stream that is over, and servers take many of them for an attack (CVE-2023-44487).
        const isOver = why === 'answered' && stream.writableFinished;
        if (!isOver && !stream.closed) stream.close(constants.NGHTTP2_CANCEL);
        lease.release(why === 'timeout');
      };
    });
  }

  close(): void {
    this.#calls.close();
    this.#sessions.close();
  }
}

/** What goes to the socket at once: more of it would hold up the event loop. */
const PIECE_BYTES = 64 * 1024;

/** A flag (is it compressed?), the length, the message. */
function write(stream: ClientHttp2Stream, { bytes, encoding }: RequestBody): void {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt8(encoding === 'identity' ? 0 : 1);
  head.writeUInt32BE(bytes.length, 1);
  stream.cork();
  stream.write(head);
  writePieces(stream, bytes, 0);
  stream.uncork();
}

/** One piece after the other; a stream that is gone by then takes none. */
function writePieces(stream: ClientHttp2Stream, bytes: Uint8Array, at: number): void {
  if (stream.destroyed) return;
  const end = at + PIECE_BYTES;
  if (end >= bytes.length) stream.end(bytes.subarray(at));
  else stream.write(bytes.subarray(at, end), () => writePieces(stream, bytes, end));
}

function listen(
  session: ClientHttp2Session,
  stream: ClientHttp2Stream,
  finish: (outcome: Outcome) => void,
): void {
  let headers: GrpcAnswer['headers'] | undefined;
  let trailers: GrpcAnswer['headers'] | undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  let isAnswered = false;
  const answer = (): void => {
    if (isAnswered) return;
    isAnswered = true;
    const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    void grpcOutcomeOf({ headers: headers ?? {}, trailers: trailers ?? headers ?? {}, body }).then(finish);
  };
  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('trailers', (received) => {
    trailers = received;
  });
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES + FRAME_HEAD_BYTES) finish(failedAs(TOO_LONG_ANSWER));
    else chunks.push(chunk);
  });
  // The status may come before the server has read the whole request: do not wait for the stream to close.
  stream.on('end', () => {
    if (trailers ?? headers?.['grpc-status'] !== undefined) answer();
  });
  stream.on('error', (error: NodeJS.ErrnoException) => {
    finish(error.code === 'ERR_HTTP2_STREAM_ERROR' ? resetOutcomeOf(stream.rstCode) : failedBy(error));
  });
  stream.on('close', () => {
    const isGone = session.destroyed || session.closed;
    // Without a status an answer is whole only if the connection outlives it, or if it is no answer of gRPC at all.
    const isWhole = headers && stream.rstCode === constants.NGHTTP2_NO_ERROR && !(isGone && isOk(headers));
    if (trailers ?? isWhole) answer();
    else if (isGone || stream.rstCode === constants.NGHTTP2_NO_ERROR) finish(failedAs(CONNECTION_LOST));
    else finish(resetOutcomeOf(stream.rstCode));
  });
}

const isOk = (headers: GrpcAnswer['headers']): boolean => Number(headers[':status']) === 200;

/** Codes of a reset → name and status: https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#http2-transport-mapping */
const RESETS: Readonly<Record<number, readonly [name: string, status: number]>> = {
  [constants.NGHTTP2_INTERNAL_ERROR]: ['INTERNAL_ERROR', 13],
  [constants.NGHTTP2_REFUSED_STREAM]: ['REFUSED_STREAM', 14],
  [constants.NGHTTP2_CANCEL]: ['CANCEL', 1],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: ['ENHANCE_YOUR_CALM', 8],
  [constants.NGHTTP2_INADEQUATE_SECURITY]: ['INADEQUATE_SECURITY', 7],
};

function resetOutcomeOf(code = constants.NGHTTP2_INTERNAL_ERROR): Outcome {
  if (code === constants.NGHTTP2_PROTOCOL_ERROR || code === constants.NGHTTP2_HTTP_1_1_REQUIRED) {
    return failedAs(NOT_GRPC);
  }
  const [name, status] = RESETS[code] ?? [`code ${code}`, 13];
  return { ok: false, failure: grpcFailure(status, `the call was reset (${name})`, false) };
}
