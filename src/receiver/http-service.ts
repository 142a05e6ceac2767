/** OTLP over HTTP: `POST /v1/traces`, protobuf or JSON. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Admission, refusalOf } from './admission.ts';
import { encodingOf } from './encodings.ts';
import type { Body, Intake } from './intake.ts';
import { readBody } from './read-body.ts';
import { exportResponse, exportResponseJson, rpcStatus } from './responses.ts';

const forms: ReadonlyMap<string, Body['form']> = new Map([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);
/** Codes of gRPC, which answers over HTTP name as well. */
const INVALID_ARGUMENT = 3;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;

export class HttpService {
  readonly #intake: Intake;
  readonly #admission: Admission;

  constructor(intake: Intake, admission: Admission) {
    this.#intake = intake;
    this.#admission = admission;
  }

  /** Answers one request, whatever it is. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#handle(request, new Answering(request, response));
    } catch {
      // The sender has gone away.
      response.destroy();
    }
  }

  async #handle(request: IncomingMessage, answer: Answering): Promise<void> {
    const { headers, method, url = '' } = request;
    const refusal = refusalOf(this.#admission, headers);
    if (refusal) return answer.status(refusal.status, PERMISSION_DENIED, refusal.reason);
    const path = url.replace(/\?.*$/, '');
    if (path !== '/v1/traces') {
      return answer.status(404, UNIMPLEMENTED, `${path}: only spans are taken, at /v1/traces`);
    }
    if (method !== 'POST') return answer.status(405, UNIMPLEMENTED, 'spans are taken by POST');
    const form = forms.get((headers['content-type'] ?? '').replace(/;.*$/, '').trim().toLowerCase());
    if (!form) {
      const reason = 'content-type must be application/x-protobuf or application/json';
      return answer.status(415, INVALID_ARGUMENT, reason);
    }
    const encoding = encodingOf(headers['content-encoding']);
    if (!encoding) return answer.status(415, INVALID_ARGUMENT, 'content-encoding must be gzip or zstd');
    const bytes = await readBody(request);
    if (!bytes) return answer.status(413, INVALID_ARGUMENT, 'the body is longer than 16 MiB');
    const outcome = await this.#intake.take({ bytes, encoding, form });
    switch (outcome.kind) {
      case 'taken':
        return answer.taken(exportResponse(outcome.result), () => exportResponseJson(outcome.result));
      case 'busy':
        return answer.status(429, RESOURCE_EXHAUSTED, outcome.reason, outcome.retryAfterMs);
      case 'refused':
        return answer.status(400, INVALID_ARGUMENT, outcome.reason);
      case 'failed':
        return answer.status(503, UNAVAILABLE, outcome.reason);
    }
  }
}

/** Answers in the form of the request. */
class Answering {
  readonly #response: ServerResponse;
  readonly #isJson: boolean;

  constructor({ headers }: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    this.#isJson = (headers['content-type'] ?? '').toLowerCase().startsWith('application/json');
  }

  taken(bytes: Uint8Array, json: () => string): void {
    this.#end(200, bytes, json);
  }

  status(http: number, code: number, message: string, retryAfterMs?: number): void {
    if (retryAfterMs !== undefined) {
      this.#response.setHeader('retry-after', String(Math.ceil(retryAfterMs / 1000)));
    }
    // What has not been read of a body would be taken for the next request.
    this.#response.setHeader('connection', 'close');
    this.#end(http, rpcStatus(code, message, retryAfterMs), () => JSON.stringify({ code, message }));
  }

  #end(status: number, bytes: Uint8Array, json: () => string): void {
    const type = this.#isJson ? 'application/json' : 'application/x-protobuf';
    this.#response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' });
    this.#response.end(this.#isJson ? json() : bytes);
  }
}
