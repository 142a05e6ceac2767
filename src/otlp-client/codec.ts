/** How requests are packed: on the wire as the settings say, at rest in any case. */
import { compress, decompress, hasZstd } from './compress.ts';
import type { Compression } from './delivery-settings.ts';
import type { Encoding } from './transport.ts';

/** Packs bytes, off the event loop. May reject: what it was given then stays as it is. */
export interface Codec {
  readonly encoding: Exclude<Encoding, 'identity'>;
  compress(bytes: Uint8Array): Promise<Uint8Array>;
  decompress(bytes: Uint8Array): Promise<Uint8Array>;
}

/** What is to be packed on the wire is packed in the same way at rest, so that it is done once. `maxBytes` is of a plain request. */
export function codecFor(compression: Compression, maxBytes: number): Codec {
  const encoding = compression === 'none' ? (hasZstd ? 'zstd' : 'gzip') : compression;
  return {
    encoding,
    compress: (bytes) => compress(bytes, encoding),
    decompress: (bytes) => decompress(bytes, encoding, maxBytes),
  };
}
