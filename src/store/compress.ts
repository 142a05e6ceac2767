/** Packs what is written: with zstd where this Node has it (22.15 and newer), else with deflate. The first byte says how. */
import * as zlib from 'node:zlib';
import { GoidspanError } from '../errors.ts';

/** First byte of what is packed. Part of the format. */
const CODEC = { none: 0, deflate: 1, zstd: 2 } as const;
/** The fastest level: it has nine tenths of what the slow ones save on spans. */
const LEVEL = 1;
/** What is smaller costs more time than it saves room. */
const PACKED_BYTES_MIN = 64;

type Codec = (bytes: Uint8Array, options: object) => Buffer;

/** In Node since 22.15, and in no types of the oldest Node that goidspan runs on. */
const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as {
  readonly zstdCompressSync?: Codec;
  readonly zstdDecompressSync?: Codec;
};
const constants = zlib.constants as unknown as Readonly<Record<string, number>>;
const zstdOptions = {
  // What most parts come to, so that they are in one piece.
  chunkSize: 64 << 10,
  params: {
    [constants['ZSTD_c_compressionLevel'] ?? 0]: LEVEL,
    [constants['ZSTD_c_checksumFlag'] ?? 0]: 1,
  },
};

/** Damage of what is packed shows when it is unpacked. */
export function pack(bytes: Uint8Array): Uint8Array {
  if (bytes.length < PACKED_BYTES_MIN) return prefixed(CODEC.none, bytes);
  if (zstdCompressSync) return prefixed(CODEC.zstd, zstdCompressSync(bytes, zstdOptions));
  return prefixed(CODEC.deflate, zlib.deflateSync(bytes, { level: LEVEL }));
}

/** Kept as it is, for what is read too often. */
export const unpacked = (bytes: Uint8Array): Uint8Array => prefixed(CODEC.none, bytes);

/**
 * In memory of its own, or a part of `packed`. `size`: how many bytes it must be.
 * @throws {GoidspanError} `bad_store`.
 */
export function unpack(packed: Uint8Array, size: number): Uint8Array {
  const body = packed.subarray(1);
  const options = { maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size) };
  let bytes: Uint8Array | undefined;
  try {
    if (packed[0] === CODEC.none) bytes = body;
    else if (packed[0] === CODEC.deflate) bytes = zlib.inflateSync(body, options);
    else if (packed[0] === CODEC.zstd && zstdDecompressSync) {
      bytes = zstdDecompressSync(body, options);
    }
  } catch (cause) {
    throw new GoidspanError(
      'bad_store',
      `cannot read a part of the store: ${(cause as Error).message} (${REMEDY})`,
      { cause },
    );
  }
  if (bytes === undefined)
    throw new GoidspanError(
      'bad_store',
      `cannot read a part of the store: Node ${process.versions.node} has no zstd (use Node 22.15 or newer)`,
    );
  if (bytes.length !== size)
    throw new GoidspanError(
      'bad_store',
      `cannot read a part of the store: ${bytes.length} bytes in the place of ${size} (${REMEDY})`,
    );
  return bytes;
}

const REMEDY = 'the disk has damaged it: move the store away and begin a new one';

function prefixed(codec: number, bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(Buffer.allocUnsafeSlow(bytes.length + 1).buffer);
  all[0] = codec;
  all.set(bytes, 1);
  return all;
}
