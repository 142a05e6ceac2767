/** `goidspan serve` as users run it, on a Node that has SQLite, and what is sent to it and asked of it. */
import { type ClientHttp2Session, connect } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { sqliteNode } from '../../.scripts/lib/nodes.mjs';
import type { StoreState } from '../../src/page-api/answers.ts';
import type { Child } from '../support/child.ts';
import { type Core, start } from './cores.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** Of one message: whether it is compressed, and its length. */
const FRAME_BYTES = 5;

export class Serve {
  readonly child: Child;
  /** Of the page, without a slash at its end. */
  readonly url: string;
  readonly #session: ClientHttp2Session;

  private constructor(child: Child, url: string, session: ClientHttp2Session) {
    this.child = child;
    this.url = url;
    this.#session = session;
  }

  /** With its store in that folder. */
  static async start(folder: string, core: Core = 'any'): Promise<Serve> {
    const ports = ['--port', '0', '--otlp-grpc-port', '0', '--otlp-http-port', '0'];
    const args = [main, 'serve', '--store', folder, '--store-bytes', '8GiB', ...ports];
    const child = start(core, await sqliteNode(), args);
    try {
      const [, grpc = ''] = await child.output(/^.*taking OTLP at (\S+) \(gRPC\)/m);
      const [, url = ''] = await child.output(/^.*the page is at (\S+)/m);
      const session = connect(grpc, { settings: { initialWindowSize: 1 << 20 } });
      session.on('error', () => {});
      return new Serve(child, url, session);
    } catch (error) {
      await child.stop('SIGKILL');
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Resolves when an `ExportTraceServiceRequest` is kept; rejects if it is not, or not all of it. */
  send(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const frame = Buffer.alloc(FRAME_BYTES);
      frame.writeUInt32BE(request.length, 1);
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': EXPORT,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const answer: Buffer[] = [];
      let status: unknown;
      stream.on('response', (headers) => {
        status = headers['grpc-status'];
      });
      stream.on('trailers', (headers) => {
        status = headers['grpc-status'];
      });
      stream.on('data', (part: Buffer) => answer.push(part));
      stream.on('error', reject);
      stream.on('close', () => {
        // A message without fields: all spans were taken.
        const isWhole = Buffer.concat(answer).length <= FRAME_BYTES;
        if (status === '0' && isWhole) resolve();
        else reject(new Error(`cannot store a request: grpc-status ${status}`));
      });
      stream.write(frame);
      stream.end(request);
    });
  }

  /** What its API answers to that, and how long it took until the last byte was here. */
  async ask<T>(path: string): Promise<{ readonly answer: T; readonly ms: number }> {
    const began = performance.now();
    const response = await fetch(`${this.url}/api/${path}`);
    const bytes = await response.arrayBuffer();
    const ms = performance.now() - began;
    const text = Buffer.from(bytes).toString();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
    return { answer: JSON.parse(text) as T, ms };
  }

  /** Undefined where there is no such thing. */
  async find<T>(path: string): Promise<T | undefined> {
    const response = await fetch(`${this.url}/api/${path}`);
    if (response.status === 404) return void (await response.arrayBuffer());
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as T;
  }

  async state(): Promise<StoreState> {
    return (await this.ask<StoreState>('state')).answer;
  }

  /** Ends it at once, whatever it does. */
  async kill(): Promise<void> {
    this.#session.destroy();
    await this.child.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#session.destroy();
    await this.child.stop('SIGINT', 20_000);
  }
}
