/**
 * An OTLP receiver that answers as a test wants, over gRPC (node:http2) or HTTP (node:http), in the clear, with TLS or on
 * a Unix socket. It decodes what it gets with a reader of its own, so that it does not share a mistake with `src/`.
 *
 *     const sink = await ScriptedSink.start({ protocol: 'grpc', script: ({ number }) => number === 1 ? { grpcStatus: 14 } : 'accept' });
 *     … send to sink.url …
 *     expect(sink.acceptedSpans).toBe(512);
 *     await sink.close();
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  constants,
  createServer as createHttp2Server,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import zlib from 'node:zlib';

/** One request, read to its end. */
export interface SinkRequest {
  /** From 1, in the order in which the requests were complete. */
  readonly number: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** How the message was compressed: by the flag of the frame and `grpc-encoding`, or by `content-encoding`. */
  readonly encoding: string;
  /** The message, decompressed and without frame. */
  readonly message: Buffer;
  /** Spans in it. */
  readonly spans: number;
}

/** What to answer. Only `accept` and `partial` count the spans as accepted. */
export type SinkAnswer =
  /** Success with an empty message. */
  | 'accept'
  /** Success, then GOAWAY (gRPC) or `connection: close` (HTTP): the next request needs a new connection. */
  | 'accept-and-leave'
  /** Nothing, for as long as the sink lives. */
  | 'silence'
  /** Closes the stream without a word (gRPC, RST_STREAM with NO_ERROR); as `disconnect` over HTTP. */
  | 'leave'
  /** Resets the stream (gRPC, INTERNAL_ERROR) or the connection (HTTP). */
  | 'reset'
  /** Refuses the stream (gRPC, REFUSED_STREAM); as `reset` over HTTP. */
  | 'refuse'
  /** Cuts the connection. */
  | 'disconnect'
  /** Success with `partial_success`; `rejected` spans are not counted as accepted. */
  | { readonly partial: { readonly rejected: number; readonly message?: string } }
  /** A status of gRPC. `retryDelayMs` adds a RetryInfo to the details. */
  | {
      readonly grpcStatus: number | string;
      readonly message?: string;
      readonly retryDelayMs?: number;
      readonly trailersOnly?: boolean;
      /** More trailers, or other values of them. */
      readonly trailers?: Readonly<Record<string, string>>;
    }
  /** A status of HTTP (over gRPC: without `grpc-status`). */
  | {
      readonly httpStatus: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array | string;
    }
  /** Status 200 (and `grpc-status: 0`) with these bytes as the whole body: over gRPC with their frame, if they have one. */
  | { readonly bytes: Uint8Array; readonly headers?: Readonly<Record<string, string>> };

export interface SinkOptions {
  readonly protocol: 'grpc' | 'http';
  /** Decides each answer; may wait. `accept` by default. */
  readonly script?: (request: SinkRequest) => SinkAnswer | Promise<SinkAnswer>;
  /** Loopback port; a free one by default. To restart a sink, give it the port of the one that was closed. */
  readonly port?: number;
  /** Listens on this Unix socket instead. */
  readonly socketPath?: string;
  /** PEM texts. With `clientCa` it wants a client certificate by that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Reads no bodies at all: the sender runs into flow control, and no request is ever complete. */
  readonly neverReads?: boolean;
  /** Reads each body so slowly, beyond what buffers on the way take. */
  readonly bytesPerSecond?: number;
}

/** Of gRPC: is it compressed, and how long is it? */
const FRAME_HEAD_BYTES = 5;

export class ScriptedSink {
  /** Of the loopback interface; 0 for a Unix socket. */
  port = 0;
  /** Spans that were answered with success. */
  acceptedSpans = 0;
  /** Span ids (hex) of them; smaller than `acceptedSpans` if any came twice. */
  readonly acceptedIds = new Set<string>();
  /** Complete requests, in order. */
  readonly requests: SinkRequest[] = [];
  /** Connections that were made so far. */
  connections = 0;
  /** Requests that have come (complete or not) and are not answered yet: now, and at most so far. */
  underWay = 0;
  mostUnderWay = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: SinkOptions;

  static async start(options: SinkOptions): Promise<ScriptedSink> {
    const sink = new ScriptedSink(options);
    await new Promise<void>((resolve, reject) => {
      const { socketPath, port = 0 } = options;
      sink.#server.once('error', reject);
      sink.#server.listen(
        socketPath === undefined ? { port, host: '127.0.0.1' } : { path: socketPath },
        resolve,
      );
    });
    if (options.socketPath === undefined) sink.port = (sink.#server.address() as AddressInfo).port;
    return sink;
  }

  private constructor(options: SinkOptions) {
    this.#options = options;
    this.#server = serverOf(options, {
      onStream: (stream, headers) => void this.#serveGrpc(stream, headers),
      onRequest: (request, response) => void this.#serveHttp(request, response),
    });
    this.#server.on('connection', (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
    });
  }

  /** `http://127.0.0.1:port`, `https://localhost:port` or `unix:/path`; for HTTP without the path of a signal. */
  get url(): string {
    const { socketPath, tls } = this.#options;
    if (socketPath !== undefined) return `unix:${socketPath}`;
    return tls ? `https://localhost:${this.port}` : `http://127.0.0.1:${this.port}`;
  }

  /** Stops listening and cuts every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.disconnect();
    });
  }

  /** Cuts every connection; it goes on listening. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serveGrpc(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', () => {});
    this.#countUnderWay(stream);
    const body = await this.#read(stream);
    // A sender that gives up ends its stream in the middle of a frame.
    if (!body || body.length < FRAME_HEAD_BYTES) return;
    if (body.length < FRAME_HEAD_BYTES + body.readUInt32BE(1)) return;
    const isCompressed = body.readUInt8(0) === 1;
    const encoding = isCompressed ? String(headers['grpc-encoding']) : 'identity';
    const message = decompress(body.subarray(FRAME_HEAD_BYTES), encoding);
    const answer = await this.#answerTo(message, encoding, headers, String(headers[':path']));
    if (!stream.destroyed) answerGrpc(stream, answer);
  }

  async #serveHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    this.#countUnderWay(response);
    const body = await this.#read(request);
    if (!body) return;
    const encoding = request.headers['content-encoding'] ?? 'identity';
    const message = decompress(body, encoding);
    answerHttp(response, await this.#answerTo(message, encoding, request.headers, request.url ?? ''));
  }

  #countUnderWay(answer: ServerHttp2Stream | ServerResponse): void {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    answer.on('close', () => this.underWay--);
  }

  /** The whole body; undefined when it never ends. */
  #read(body: ServerHttp2Stream | IncomingMessage): Promise<Buffer | undefined> {
    if (this.#options.neverReads) return Promise.resolve(undefined);
    const chunks: Buffer[] = [];
    const { bytesPerSecond } = this.#options;
    return new Promise((resolve) => {
      body.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (bytesPerSecond === undefined) return;
        body.pause();
        setTimeout(() => body.resume(), (chunk.length * 1000) / bytesPerSecond).unref();
      });
      body.on('end', () => resolve(Buffer.concat(chunks)));
      body.on('close', () => resolve(undefined));
    });
  }

  async #answerTo(
    message: Buffer,
    encoding: string,
    headers: IncomingHttpHeaders,
    path: string,
  ): Promise<SinkAnswer> {
    const ids = isOfMetrics(path) ? [] : spanIdsOf(message);
    const number = this.requests.length + 1;
    const request = { number, path, headers, encoding, message, spans: ids.length };
    this.requests.push(request);
    const answer = (await this.#options.script?.(request)) ?? 'accept';
    const isAccepted = answer === 'accept' || answer === 'accept-and-leave';
    const rejected = typeof answer === 'object' && 'partial' in answer ? answer.partial.rejected : undefined;
    if (isAccepted || rejected !== undefined) {
      this.acceptedSpans += ids.length - (rejected ?? 0);
      for (const id of ids.slice(rejected ?? 0)) this.acceptedIds.add(id);
    }
    return answer;
  }
}

interface Handlers {
  readonly onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
}

function serverOf({ protocol, tls }: SinkOptions, { onStream, onRequest }: Handlers): Server {
  const secure = tls && {
    cert: tls.cert,
    key: tls.key,
    ...(tls.clientCa !== undefined && {
      ca: tls.clientCa,
      requestCert: true,
      rejectUnauthorized: true,
    }),
  };
  if (protocol === 'http') {
    return secure ? createHttpsServer(secure, onRequest) : createServer(onRequest);
  }
  const server = secure ? createSecureServer(secure) : createHttp2Server();
  server.on('stream', onStream);
  server.on('sessionError', () => {});
  return server;
}

const CLOSE_CODES: Readonly<Record<string, number>> = {
  reset: constants.NGHTTP2_INTERNAL_ERROR,
  refuse: constants.NGHTTP2_REFUSED_STREAM,
  leave: constants.NGHTTP2_NO_ERROR,
};

function answerGrpc(stream: ServerHttp2Stream, answer: SinkAnswer): void {
  if (answer === 'silence') return;
  if (typeof answer === 'string' && answer in CLOSE_CODES) return void stream.close(CLOSE_CODES[answer]);
  if (answer === 'disconnect') return void stream.session?.destroy();
  if (typeof answer === 'object' && 'httpStatus' in answer) {
    stream.respond({ ':status': answer.httpStatus, ...answer.headers });
    stream.end(answer.body);
    return;
  }
  const isStatus = typeof answer === 'object' && 'grpcStatus' in answer;
  const trailers = isStatus ? trailersOf(answer) : { 'grpc-status': '0' };
  const more = typeof answer === 'object' && 'bytes' in answer ? answer.headers : {};
  const headers = { ':status': 200, 'content-type': 'application/grpc', ...more };
  if (isStatus && answer.trailersOnly) {
    stream.respond({ ...headers, ...trailers }, { endStream: true });
    return;
  }
  stream.respond(headers, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    if (!stream.destroyed) stream.sendTrailers(trailers);
    if (answer === 'accept-and-leave') stream.session?.close();
  });
  stream.end(isStatus ? undefined : bytesOf(answer, frame));
}

function answerHttp(response: ServerResponse, answer: SinkAnswer): void {
  if (answer === 'silence') return;
  if (answer === 'reset' || answer === 'refuse') return void response.socket?.resetAndDestroy();
  if (answer === 'disconnect' || answer === 'leave') return void response.socket?.destroy();
  if (typeof answer === 'object' && 'httpStatus' in answer) {
    response.writeHead(answer.httpStatus, answer.headers).end(answer.body);
    return;
  }
  if (typeof answer === 'object' && 'grpcStatus' in answer) {
    throw new Error('a status of gRPC cannot be answered over HTTP');
  }
  const leave = answer === 'accept-and-leave' ? { connection: 'close' } : {};
  const more = typeof answer === 'object' && 'bytes' in answer ? answer.headers : {};
  response.writeHead(200, { 'content-type': 'application/x-protobuf', ...leave, ...more });
  response.end(bytesOf(answer, (message) => message));
}

/** The body of a success. ExportTraceServiceResponse.partial_success = 1: rejected_spans = 1, error_message = 2. */
function bytesOf(
  answer: Exclude<SinkAnswer, { grpcStatus: unknown } | { httpStatus: unknown }>,
  wrap: (message: Buffer) => Buffer,
): Buffer {
  if (typeof answer === 'string') return wrap(Buffer.alloc(0));
  if ('bytes' in answer) return Buffer.from(answer.bytes);
  const { rejected, message = '' } = answer.partial;
  const partial = Buffer.concat([varintField(1, rejected), bytesField(2, Buffer.from(message))]);
  return wrap(bytesField(1, partial));
}

/** A message of gRPC as it goes over the wire: uncompressed, its length, itself. */
export function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function trailersOf({
  grpcStatus,
  message,
  retryDelayMs,
  trailers,
}: Extract<SinkAnswer, { grpcStatus: unknown }>): Record<string, string> {
  return {
    'grpc-status': String(grpcStatus),
    ...(message !== undefined && { 'grpc-message': encodeURIComponent(message) }),
    ...(retryDelayMs !== undefined && {
      'grpc-status-details-bin': statusMessage(Number(grpcStatus), message ?? '', retryDelayMs).toString(
        'base64',
      ),
    }),
    ...trailers,
  };
}

/**
 * A `google.rpc.Status`: code = 1, message = 2, details = 3 with a `google.rpc.RetryInfo`, whose retry_delay = 1 is a
 * Duration of seconds = 1 and nanos = 2.
 */
export function statusMessage(code: number, message: string, retryDelayMs?: number): Buffer {
  const fields = [varintField(1, code), bytesField(2, Buffer.from(message))];
  if (retryDelayMs !== undefined) {
    const seconds = Math.floor(retryDelayMs / 1000);
    const duration = Buffer.concat([varintField(1, seconds), varintField(2, (retryDelayMs % 1000) * 1e6)]);
    const type = bytesField(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo'));
    fields.push(bytesField(3, Buffer.concat([type, bytesField(2, bytesField(1, duration))])));
  }
  return Buffer.concat(fields);
}

function varintField(number: number, value: number): Buffer {
  return Buffer.from([number << 3, ...varint(value)]);
}

function bytesField(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

function decompress(bytes: Buffer, encoding: string): Buffer {
  if (encoding === 'identity') return bytes;
  if (encoding === 'gzip') return zlib.gunzipSync(bytes);
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer };
  if (encoding === 'zstd' && zstdDecompressSync) return zstdDecompressSync(bytes);
  throw new Error(`cannot decompress ${encoding}`);
}

/** Whether a path is of the signal `metrics`: its requests have the same shape, but no spans in it. */
export const isOfMetrics = (path: string): boolean => /metrics/i.test(path);

/** ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2, Span.span_id = 2. */
function spanIdsOf(request: Buffer): string[] {
  return [...fields(request, 1)]
    .flatMap((resourceSpans) => [...fields(resourceSpans, 2)])
    .flatMap((scopeSpans) => [...fields(scopeSpans, 2)])
    .map((span) => [...fields(span, 2)][0]?.toString('hex') ?? '');
}

/** The length-delimited fields of a protobuf message with this number. */
function* fields(message: Buffer, wanted: number): Generator<Buffer> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = readVarint();
    const kind = tag & 7;
    if (kind === 0) readVarint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = readVarint();
      if (tag >> 3 === wanted) yield message.subarray(at, at + length);
      at += length;
    } else throw new Error(`unexpected wire type ${kind}`);
  }
}
