/** OTLP receivers that count the spans they get and answer as a test wants: over HTTP, and gRPC over node:http2. */
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { isOfMetrics } from '../support/scripted-sink.ts';

export interface Receiver {
  readonly url: string;
  /** Spans of the requests that were answered with success. */
  received: number;
  requests: number;
  close(): Promise<void>;
}

/** What to answer to the request with this number (from 1): a status, or nothing at all. */
type Answer = (request: number) => number | 'silence';

export async function startHttpReceiver(answer: Answer = () => 200): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = answer(++receiver.requests);
      if (status === 'silence') return;
      if (status === 200) receiver.received += countSpans(request.url, Buffer.concat(chunks));
      response.writeHead(status).end();
    });
  });
  const receiver = await listen(server);
  return receiver;
}

export async function startGrpcReceiver(answer: Answer = () => 0): Promise<Receiver> {
  const server = createHttp2Server();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => {});
    stream.on('end', () => {
      const status = answer(++receiver.requests);
      if (status === 'silence') return;
      // A gRPC message is preceded by a flag and its length: https://grpc.io/docs/what-is-grpc, HTTP/2 protocol mapping.
      if (status === 0) receiver.received += countSpans(headers[':path'], Buffer.concat(chunks).subarray(5));
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': status, 'grpc-message': 'scripted' }),
      );
      stream.end(status === 0 ? Buffer.alloc(5) : undefined);
    });
  });
  const receiver = await listen(server, () => {
    for (const session of sessions) session.destroy();
  });
  return receiver;
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const receiver = await startHttpReceiver();
  await receiver.close();
  return Number(new URL(receiver.url).port);
}

async function listen(server: Server & { closeAllConnections?(): void }, drop = () => {}): Promise<Receiver> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received: 0,
    requests: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections?.();
        drop();
      }),
  };
}

/** ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2. In metrics there are none. */
function countSpans(path: string | undefined, request: Buffer): number {
  if (path !== undefined && isOfMetrics(path)) return 0;
  return [...fields(request, 1)]
    .flatMap((resourceSpans) => [...fields(resourceSpans, 2)])
    .reduce((sum, scopeSpans) => sum + [...fields(scopeSpans, 2)].length, 0);
}

/** The length-delimited fields of a protobuf message with this number. */
function* fields(message: Buffer, wanted: number): Generator<Buffer> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if ((tag & 7) !== 2) throw new Error(`unexpected wire type ${tag & 7}`);
    const length = varint();
    if (tag >> 3 === wanted) yield message.subarray(at, at + length);
    at += length;
  }
}
