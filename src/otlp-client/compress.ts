/** Compression of requests and of answers, off the event loop (in libuv's thread pool). */
import { promisify } from 'node:util';
import zlib, { constants, type InputType } from 'node:zlib';
import type { Encoding } from './transport.ts';

type Codec = (input: InputType, options: object) => Promise<Uint8Array>;
type Callback = (
  input: InputType,
  options: object,
  done: (error: Error | null, result: Buffer) => void,
) => void;

/** In Node from 22.15 and 23.8 on; the types of Node 20 do not know them. */
const { zstdCompress, zstdDecompress } = zlib as unknown as Record<string, Callback | undefined>;

/** Does this Node know zstd? */
export const hasZstd = zstdCompress !== undefined && zstdDecompress !== undefined;

/**
 * The fastest levels: 196,503 bytes of 512 spans come to 23,342 in 0.5 ms at gzip 1, to 23,222 in 1.3 ms at gzip 6 and
 * to 20,761 in 0.2 ms at zstd 1 (3 and 6 save nothing worth their time).
 */
const GZIP_LEVEL = 1;
const ZSTD_LEVEL = 1;

const compressors: Readonly<Record<Exclude<Encoding, 'identity'>, Codec>> = {
  gzip: (input) => promisify(zlib.gzip)(input, { level: GZIP_LEVEL }),
  zstd: (input) => {
    // The number of ZSTD_c_compressionLevel in zstd.h, which Node 20 does not export.
    const level = (constants as Record<string, number>)['ZSTD_c_compressionLevel'] ?? 100;
    return codecOf(zstdCompress)(input, { params: { [level]: ZSTD_LEVEL } });
  },
};

const decompressors: Readonly<Record<Exclude<Encoding, 'identity'>, Codec>> = {
  gzip: (input, options) => promisify(zlib.gunzip)(input, options),
  zstd: (input, options) => codecOf(zstdDecompress)(input, options),
};

function codecOf(callback: Callback | undefined): Codec {
  if (!callback) throw new Error('this Node has no zstd');
  return promisify(callback);
}

/** The bytes as `encoding` wants them; the same array for `identity`. Rejects where Node lacks the encoding. */
export async function compress(bytes: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  return encoding === 'identity' ? bytes : compressors[encoding](bytes, {});
}

/** The plain bytes. Rejects what is damaged, or longer than `maxBytes` when plain. */
export async function decompress(
  bytes: Uint8Array,
  encoding: Encoding,
  maxBytes: number,
): Promise<Uint8Array> {
  if (encoding !== 'identity') return decompressors[encoding](bytes, { maxOutputLength: maxBytes });
  if (bytes.length > maxBytes) throw new RangeError(`longer than ${maxBytes} bytes`);
  return bytes;
}
