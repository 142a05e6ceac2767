/** Frames and the header as bytes. Pure. */
import { crc32 } from 'node:zlib';
import {
  BINARY_BYTES_MAX,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  type Frame,
  frameKind,
  HEADER_BYTES,
  JSON_BYTES_MAX,
  MAGIC,
  padded,
} from './format.ts';

/** The first bytes of every recording. */
export function headerBytes(formatVersion: number = FORMAT_VERSION): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(formatVersion, MAGIC.length);
  return header;
}

/** Throws a RangeError for a frame that no reader would take. */
export function frameBytes(frame: Frame): Buffer {
  const { kind, ...rest } = frame;
  const { bytes, ...json } = rest as { bytes?: ArrayBuffer };
  const text = Buffer.from(JSON.stringify(json));
  const binary = bytes ? new Uint8Array(bytes) : new Uint8Array();
  if (text.length > JSON_BYTES_MAX || binary.length > BINARY_BYTES_MAX) {
    throw new RangeError(
      `${kind} frame of ${text.length} + ${binary.length} bytes: at most ${JSON_BYTES_MAX} + ${BINARY_BYTES_MAX}`,
    );
  }
  const out = Buffer.alloc(FRAME_HEADER_BYTES + padded(text.length) + padded(binary.length));
  out.writeUInt32LE(frameKind[kind], 0);
  out.writeUInt32LE(text.length, 4);
  out.writeUInt32LE(binary.length, 8);
  out.set(text, FRAME_HEADER_BYTES);
  out.set(binary, FRAME_HEADER_BYTES + padded(text.length));
  out.writeUInt32LE(checksumOf(out, out.subarray(FRAME_HEADER_BYTES)), 12);
  return out;
}

/** Of a frame, whose own checksum field is left out. */
export function checksumOf(header: Uint8Array, body: Uint8Array): number {
  return crc32(body, crc32(header.subarray(0, 12)));
}
