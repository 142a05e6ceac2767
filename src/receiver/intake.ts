/**
 * One body, however it came → the store, and what is to be answered. Owns how much may be under way at once; whatever is in a body, it
 * never throws.
 */
import { GoidspanError } from '../errors.ts';
import { decompress } from '../otlp-client/compress.ts';
import type { Encoding } from '../otlp-client/transport.ts';
import { REQUEST_BYTES_MAX } from '../page-api/limits.ts';
import type { SpanStore, StoreResult } from '../page-api/span-store.ts';
import { requestOfJson } from './json-request.ts';

/** Of all requests under way: the oldest are written within milliseconds, unless the disk is slow. */
const UNDER_WAY_BYTES_MAX = 64 * 2 ** 20;
/** By then some will have been written. */
const RETRY_AFTER_MS = 1_000;

export type Intaken =
  | { readonly kind: 'taken'; readonly result: StoreResult }
  /** Try again. */
  | { readonly kind: 'busy'; readonly reason: string; readonly retryAfterMs: number }
  /** It is wrong, and will be: do not try again. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Body {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
  readonly form: 'protobuf' | 'json';
}

/** Requests by what became of them. */
export interface IntakeCounts {
  requests: number;
  busy: number;
  refused: number;
  failed: number;
}

export class Intake {
  readonly #store: Pick<SpanStore, 'append'>;
  #underWayBytes = 0;
  readonly counts: IntakeCounts = { requests: 0, busy: 0, refused: 0, failed: 0 };

  constructor(store: Pick<SpanStore, 'append'>) {
    this.#store = store;
  }

  async take(body: Body): Promise<Intaken> {
    const outcome = await this.#take(body);
    this.counts.requests++;
    if (outcome.kind !== 'taken') this.counts[outcome.kind]++;
    return outcome;
  }

  async #take({ bytes, encoding, form }: Body): Promise<Intaken> {
    // What is packed may be as much as one may be.
    const reserved = encoding === 'identity' ? bytes.length : REQUEST_BYTES_MAX;
    if (this.#underWayBytes + reserved > UNDER_WAY_BYTES_MAX) {
      return { kind: 'busy', reason: 'too much is being written', retryAfterMs: RETRY_AFTER_MS };
    }
    this.#underWayBytes += reserved;
    try {
      return await this.#keep(bytes, encoding, form);
    } finally {
      this.#underWayBytes -= reserved;
    }
  }

  async #keep(bytes: Uint8Array, encoding: Encoding, form: Body['form']): Promise<Intaken> {
    let request: Uint8Array;
    try {
      const plain = await decompress(bytes, encoding, REQUEST_BYTES_MAX);
      request = form === 'json' ? requestOfJson(Buffer.from(plain).toString('utf8')) : plain;
    } catch (error) {
      return { kind: 'refused', reason: `the body cannot be read: ${reasonOf(error)}` };
    }
    try {
      return { kind: 'taken', result: await this.#store.append(request) };
    } catch (error) {
      const reason = reasonOf(error);
      if (error instanceof GoidspanError && error.code === 'store_full') {
        return { kind: 'busy', reason, retryAfterMs: RETRY_AFTER_MS };
      }
      return { kind: 'failed', reason };
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
