/** OTLP over HTTP/1.1 with protobuf, by node:http and node:https, on a few connections that are kept open. */
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as requestSecurely, Agent as SecureAgent } from 'node:https';
import { httpFailure } from '../export/export-failure.ts';
import { NOT_OTLP, TOO_LONG_ANSWER } from '../export/failure-kinds.ts';
import { VERSION } from '../version.ts';
import { failedAs, failedBy, MAX_ANSWER_BYTES, OpenCalls } from './open-calls.ts';
import { readExportResponse, readStatus } from './response.ts';
import type { OtlpSettings } from './settings.ts';
import type { Outcome, RequestBody, Transport } from './transport.ts';

/** More than a delivery uses at once: a request must not wait here, where its time runs. */
const MAX_SOCKETS = 16;
const MAX_IDLE_SOCKETS = 2;

/** See the header of this file. */
export class HttpTransport implements Transport {
  readonly #options: RequestOptions;
  readonly #request: typeof request;
  readonly #agent: Agent;
  readonly #calls = new OpenCalls();

  constructor({ signal, url, headers, tls }: OtlpSettings) {
    const { protocol, hostname, port, pathname, search } = new URL(url);
    const pool = { keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_IDLE_SOCKETS };
    const isSecure = protocol === 'https:';
    this.#request = isSecure ? requestSecurely : request;
    this.#agent = isSecure ? new SecureAgent({ ...pool, ...tls }) : new Agent(pool);
    this.#options = {
      agent: this.#agent,
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'user-agent': `goidspan/${VERSION}`,
        ...headers,
      },
      ...(protocol === 'unix:'
        ? { socketPath: decodeURIComponent(pathname), path: `/v1/${signal}` }
        : { host: hostname.replace(/^\[|\]$/g, ''), port, path: `${pathname}${search}` }),
    };
  }

  send({ bytes, encoding }: RequestBody, timeoutMs: number, signal: AbortSignal): Promise<Outcome> {
    return this.#calls.run(timeoutMs, signal, (finish) => {
      const call = this.#request({
        ...this.#options,
        headers: {
          ...this.#options.headers,
          'content-length': bytes.length,
          ...(encoding !== 'identity' && { 'content-encoding': encoding }),
        },
      });
      // The agent holds on to the process for each socket that it hands out.
      call.on('socket', (socket) => socket.unref());
      call.on('response', (response) => receive(response, finish));
      call.on('error', (error) => finish(failedBy(error)));
      call.end(bytes);
      return (why) => {
        // An answer may come before the request is through: the connection is of no use then.
        if (why !== 'answered' || !call.writableFinished) call.destroy();
      };
    });
  }

  close(): void {
    this.#calls.close();
    this.#agent.destroy();
  }
}

function receive(response: IncomingMessage, finish: (outcome: Outcome) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_ANSWER_BYTES) chunks.push(chunk);
    else {
      finish(failedAs(TOO_LONG_ANSWER));
      response.destroy();
    }
  });
  response.on('end', () => finish(outcomeOf(response, Buffer.concat(chunks))));
  response.on('error', (error) => finish(failedBy(error)));
}

function outcomeOf({ statusCode = 0, statusMessage = '', headers }: IncomingMessage, body: Buffer): Outcome {
  if (statusCode < 200 || statusCode > 299) {
    const text = readStatus(body)?.message || statusMessage;
    const retryAfterMs = retryAfterOf(headers['retry-after']);
    return {
      ok: false,
      failure: httpFailure(statusCode, text),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
  // A page for people, such as that of a portal: nothing took the spans.
  if (headers['content-type']?.startsWith('text/html')) return failedAs(NOT_OTLP);
  const isProtobuf = headers['content-type']?.startsWith('application/x-protobuf') ?? true;
  const response = isProtobuf ? readExportResponse(body) : { rejectedItems: 0, message: '' };
  return { ok: true, ...(response ?? { rejectedItems: 0, message: 'the answer cannot be read' }) };
}

/** Seconds, or a date. */
function retryAfterOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
