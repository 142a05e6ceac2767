/**
 * A collector that accepts every request over gRPC unread: the least that one can cost. `swallow.mjs [PORT]` says
 * `listening PORT`, and `accepted {…}` for each line of its standard input.
 */
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

const accepted = { requests: 0, bytes: 0, lastAtMs: 0 };

function take(stream: ServerHttp2Stream): void {
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    accepted.bytes += chunk.length;
  });
  stream.on('end', () => {
    accepted.requests++;
    accepted.lastAtMs = Date.now();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    // An empty message.
    stream.end(Buffer.alloc(5));
  });
}

const server = createServer({ settings: { initialWindowSize: 4 * 2 ** 20 } });
server.on('session', (session) => session.setLocalWindowSize(16 * 2 ** 20));
server.on('stream', take);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
createInterface({ input: process.stdin }).on('line', () => {
  process.stdout.write(`accepted ${JSON.stringify(accepted)}\n`);
});
