/** The server of the page: its files, its API, the live tail. Owns the server and what each answer says of security. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { type ErrorCode, GoidspanError } from '../errors.ts';
import type { AgentState } from '../page-api/agent-state.ts';
import type { JaegerState } from '../page-api/answers.ts';
import type { SpanReader } from '../page-api/span-store.ts';
import { type Admission, refusalOf } from '../receiver/admission.ts';
import { listen, urlOf } from '../receiver/receiver.ts';
import { answerOf, type Surroundings } from './api.ts';
import type { LiveTail } from './live-tail.ts';
import { cookieOf, tokenOf } from './session-cookie.ts';
import { type StaticFile, staticFilesIn } from './static-files.ts';
import { TRACE_FORMATS, type TraceFile, traceFile } from './trace-file.ts';

export interface PageServerOptions extends Admission {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Folder of the built page. */
  readonly files: string;
  readonly live: LiveTail;
  /** What is to be told of a Jaeger. */
  readonly jaeger?: (() => JaegerState | undefined) | undefined;
  /** What a tracer in this process tells of itself. */
  readonly agent?: (() => AgentState | undefined) | undefined;
}

/** Nothing from anywhere else, no script but our own file, no HTML made of texts. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** Of speedscope, which is in a frame without an origin: it makes styles of its own, and may ask nobody for anything. */
const SPEEDSCOPE = /^\/speedscope\//;
const SPEEDSCOPE_HEADERS = {
  ...HEADERS,
  'content-security-policy': [
    'sandbox allow-scripts',
    "default-src 'none'",
    // It takes names of C++ apart by WebAssembly, as soon as it starts.
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; '),
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
} as const;

/** Of errors that are none of ours. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = { no_jaeger: 502, not_in_jaeger: 501 };

/** Below, packing costs more than it saves. */
const PACKED_BYTES_MIN = 2_048;
const pack = promisify(gzip);

export class PageServer {
  readonly #server: Server;
  readonly #reader: SpanReader;
  readonly #files: ReadonlyMap<string, StaticFile>;
  readonly #admission: Admission;
  readonly #live: LiveTail;
  readonly #around: () => Surroundings;

  /** @throws {GoidspanError} `cannot_listen`. */
  static async open(reader: SpanReader, options: PageServerOptions): Promise<PageServer> {
    const server = new PageServer(reader, options);
    await listen(server.#server, options.host, options.port);
    return server;
  }

  private constructor(reader: SpanReader, { files, token, live, jaeger, agent }: PageServerOptions) {
    this.#reader = reader;
    this.#files = staticFilesIn(files);
    this.#admission = { token };
    this.#live = live;
    this.#around = () => ({ jaeger: jaeger?.(), agent: agent?.() });
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.on('error', () => {});
  }

  /** Without a token. */
  get url(): string {
    return urlOf(this.#server);
  }

  /** The process does not go on for it, nor for who looks. */
  unref(): void {
    this.#server.unref();
    this.#server.on('connection', (socket) => socket.unref());
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#live.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    try {
      await this.#answer(request, response);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      const status = error instanceof GoidspanError ? (statuses[error.code] ?? 500) : 500;
      if (!response.headersSent) await sendJson(request, response, status, { error: said });
      else response.destroy();
    }
  }

  /** To everybody: it is the same everywhere, and its frame has no cookie to show. */
  #sendSpeedscope(path: string, { headers }: IncomingMessage, response: ServerResponse): void {
    const file = this.#files.get(path);
    for (const [name, value] of Object.entries(SPEEDSCOPE_HEADERS)) response.setHeader(name, value);
    if (!file) response.writeHead(404).end();
    else if (!file.isPacked) sendFile(response, file);
    else if (!takesGzip(headers)) sendFile(response, { ...file, bytes: gunzipSync(file.bytes) });
    else {
      response.setHeader('content-encoding', 'gzip');
      sendFile(response, file);
    }
  }

  async #sendExport(
    request: IncomingMessage,
    response: ServerResponse,
    traceId: string,
    query: URLSearchParams,
  ): Promise<void> {
    const format = query.get('format');
    if (format === null || !TRACE_FORMATS.includes(format)) {
      const error = `format=${format ?? ''} is none of ${TRACE_FORMATS.join(', ')}`;
      return sendJson(request, response, 400, { error });
    }
    const spanId = query.get('span') ?? undefined;
    const file = await traceFile(this.#reader, traceId, format, spanId);
    const what = spanId === undefined ? `trace ${traceId}` : `span ${spanId} of trace ${traceId}`;
    if (!file) return sendJson(request, response, 404, { error: `${what} is not here` });
    response.setHeader('content-disposition', `attachment; filename="${file.name}"`);
    sendFile(response, file);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOfRequest(request);
    if (url && SPEEDSCOPE.test(url.pathname)) return this.#sendSpeedscope(url.pathname, request, response);
    const given = url && tokenOf(request.headers, url);
    const refusal = refusalOf(this.#admission, request.headers, given);
    if (refusal) return sendJson(request, response, refusal.status, { error: refusal.reason });
    if (!url) return sendJson(request, response, 400, { error: 'the URL cannot be read' });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendJson(request, response, 405, {
        error: `${request.method}: there is nothing to change here`,
      });
    }
    if (given !== undefined && url.searchParams.has('token')) return withoutToken(response, url, given);
    if (url.pathname === '/api/live') {
      if (this.#live.watch(response)) return;
      return sendJson(request, response, 503, { error: 'too many look at the live tail' });
    }
    const file = this.#files.get(url.pathname);
    if (file) return sendFile(response, file);
    const path = /^\/api\/(.+)$/.exec(url.pathname)?.[1];
    const exported = /^trace\/([0-9a-f]{32})\/export$/.exec(path ?? '')?.[1];
    if (exported !== undefined) return this.#sendExport(request, response, exported, url.searchParams);
    const nowUs = Date.now() * 1000;
    const answer = path && (await answerOf(this.#reader, path, url.searchParams, nowUs, this.#around));
    if (answer) return sendJson(request, response, answer.status, answer.body);
    return sendJson(request, response, 404, { error: `${url.pathname}: there is no such page` });
  }
}

function urlOfRequest({ url = '' }: IncomingMessage): URL | undefined {
  return url.startsWith('/') && URL.canParse(url, 'http://page') ? new URL(url, 'http://page') : undefined;
}

/** The token goes where nobody reads it, and out of the address that might be sent to somebody. */
function withoutToken(response: ServerResponse, url: URL, token: string): void {
  url.searchParams.delete('token');
  response.writeHead(303, { 'set-cookie': cookieOf(token), location: url.pathname + url.search });
  response.end();
}

const takesGzip = ({ 'accept-encoding': encodings = '' }: IncomingMessage['headers']): boolean =>
  /\bgzip\b/.test(String(encodings));

function sendFile(response: ServerResponse, { bytes, type }: Pick<TraceFile, 'bytes' | 'type'>): void {
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
  response.end(bytes);
}

async function sendJson(
  { headers }: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: unknown,
): Promise<void> {
  const text = Buffer.from(JSON.stringify(body));
  const isPacked = text.length >= PACKED_BYTES_MIN && takesGzip(headers);
  const bytes = isPacked ? await pack(text, { level: 1 }) : text;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    ...(isPacked && { 'content-encoding': 'gzip' }),
  });
  response.end(bytes);
}
