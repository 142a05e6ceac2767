/**
 * Asks a Jaeger by its query API, version 3, over HTTP. Owns how long is waited and how much is taken of an answer.
 * API: https://www.jaegertracing.io/docs/2.20/architecture/apis/#query-json-over-http
 */
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { GoidspanError } from '../errors.ts';
import { readBody } from '../receiver/read-body.ts';

const TIMEOUT_MS = 15_000;
/** Questions at once; those that wait for that. */
const ASKED_MAX = 4;
const WAITING_MAX = 64;
/** A trace of 50,000 spans has as much. */
const ANSWER_BYTES_MAX = 64 * 2 ** 20;

/** An answer is longer than is taken. */
export class TooLongError extends GoidspanError {}

export class JaegerClient {
  /** Without a slash at its end. */
  readonly url: string;
  #asked = 0;
  readonly #waiting: (() => void)[] = [];

  /** `url`: http or https, where its page is. */
  constructor(url: string) {
    this.url = url.replace(/\/+$/, '');
  }

  /**
   * Of `/api/v3/…`. Undefined: there is no such thing.
   * @throws {GoidspanError} `no_jaeger`.
   */
  async ask(path: string, params: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const query = new URLSearchParams(params).toString();
    await this.#enter();
    try {
      return await this.#ask(path, query);
    } finally {
      this.#asked--;
      this.#waiting.shift()?.();
    }
  }

  async #enter(): Promise<void> {
    if (this.#asked >= ASKED_MAX) {
      if (this.#waiting.length >= WAITING_MAX) throw this.#failed('too much is asked at once', 'try again');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#asked++;
  }

  async #ask(path: string, query: string): Promise<unknown> {
    const response = await this.#get(`${this.url}/api/v3/${path}${query && `?${query}`}`);
    const type = response.headers.get('content-type') ?? '';
    // Whatever path it does not know it answers by its page.
    if (type.startsWith('text/html')) {
      await response.body?.cancel();
      throw this.#failed('answers with a page in place of its API', 'Jaeger 1.76 or 2 and newer has api/v3');
    }
    const bytes = await this.#read(response);
    if (response.status === 404) return undefined;
    const text = Buffer.from(bytes).toString();
    if (!response.ok) throw this.#failed(`answers ${response.status}: ${text.slice(0, 300).trim()}`);
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw this.#failed(`answers what is no JSON: ${text.slice(0, 80)}`);
    }
  }

  async #get(url: string): Promise<Response> {
    try {
      // It is asked where it is said to be, and nowhere else.
      return await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      throw this.#failed(reasonOf(error), 'is it running, and is this the port of its page, usually 16686?');
    }
  }

  async #read({ body }: Response): Promise<Uint8Array> {
    if (!body) return new Uint8Array();
    let bytes: Uint8Array | undefined;
    try {
      bytes = await readBody(Readable.fromWeb(body as ReadableStream), ANSWER_BYTES_MAX);
    } catch (error) {
      throw this.#failed(reasonOf(error));
    }
    if (bytes) return bytes;
    const said = `cannot take the answer of Jaeger at ${this.url}: it is longer than 64 MiB (ask for less)`;
    throw new TooLongError('no_jaeger', said);
  }

  #failed(reason: string, remedy = ''): GoidspanError {
    const said = `cannot ask Jaeger at ${this.url}: ${reason}`;
    return new GoidspanError('no_jaeger', remedy ? `${said} (${remedy})` : said);
  }
}

/** What `fetch` says itself is only that it has failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || String((cause as NodeJS.ErrnoException).code);
}
