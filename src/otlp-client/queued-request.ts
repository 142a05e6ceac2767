/** One encoded request and what becomes of it. Owns its bytes, at rest and on their way to the wire; knows no clock and no order. */

import type { ExportFailure } from '../export/export-failure.ts';
import type { EncodedRequest } from '../otlp/trace-request.ts';
import type { Codec } from './codec.ts';
import type { RequestBody } from './transport.ts';

/** What became of a request. */
export type Fate =
  /** The collector took it, but for `rejected` of its spans. */
  | { readonly ok: true; readonly rejected: number }
  /** All its spans are lost; `failure` is that of its last try, if there was one. */
  | { readonly ok: false; readonly reason: string; readonly failure?: ExportFailure };

/** What the queue knows of a request. */
export interface Ticket {
  /** Larger than that of every request before it. */
  readonly sequence: number;
  /** On the clock of `performance.now()`. */
  readonly expiresAt: number;
  /** Told when it holds more or, if negative, fewer bytes than before. */
  readonly onResize: (request: QueuedRequest, byBytes: number) => void;
}

export class QueuedRequest {
  readonly spans: number;
  readonly sequence: number;
  readonly expiresAt: number;
  readonly fate: Promise<Fate>;
  /** On the clock of `performance.now()`; undefined before the first try. */
  firstTriedAt: number | undefined;
  /** Of its last try, if that failed. */
  lastFailure: ExportFailure | undefined;
  readonly #onResize: Ticket['onResize'];
  #decide: (fate: Fate) => void = () => {};
  #body: RequestBody;
  #compression: Promise<void> | undefined;

  constructor({ bytes, spans }: EncodedRequest, { sequence, expiresAt, onResize }: Ticket) {
    this.spans = spans;
    this.sequence = sequence;
    this.expiresAt = expiresAt;
    this.#onResize = onResize;
    this.#body = { bytes: exactSize(bytes), encoding: 'identity' };
    this.fate = new Promise((resolve) => {
      this.#decide = resolve;
    });
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.#body.bytes.byteLength;
  }

  /** Whether nobody has compressed it, or begun to. */
  get isAsEncoded(): boolean {
    return this.#compression === undefined;
  }

  decide(fate: Fate): void {
    this.#decide(fate);
  }

  /** Compresses what is held, once, and resolves when that is over. Never rejects: at worst the bytes stay as they are. */
  compress(codec: Codec): Promise<void> {
    this.#compression ??= this.#compress(codec);
    return this.#compression;
  }

  /** As it goes over the wire. Rejects when what is held cannot be decompressed. */
  async wireBody(codec: Codec, isWireCompressed: boolean): Promise<RequestBody> {
    if (isWireCompressed) await this.compress(codec);
    else await this.#compression;
    if (isWireCompressed || this.#body.encoding === 'identity') return this.#body;
    return { bytes: await codec.decompress(this.#body.bytes), encoding: 'identity' };
  }

  async #compress(codec: Codec): Promise<void> {
    try {
      const before = this.byteLength;
      const packed = await codec.compress(this.#body.bytes);
      if (packed.byteLength >= before) return;
      this.#body = { bytes: exactSize(packed), encoding: codec.encoding };
      this.#onResize(this, this.byteLength - before);
    } catch {
      // No memory for it. As encoded it can still be sent.
    }
  }
}

/** A view of a part would keep the whole: zlib's output is the beginning of a 16 KiB chunk, an encoder's may be a slab of MiBs. */
function exactSize(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
