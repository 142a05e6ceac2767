/** Where the bytes of a binary come from, and the only checked way to take some. Performs no I/O itself. */

import { GoidspanError } from '../errors.ts';

/** Random access to the bytes of one file, whose content does not change while it is read. */
export interface ByteSource {
  /** Length of the file in bytes. */
  readonly size: number;
  /**
   * The bytes `[offset, offset + length)`; the caller keeps inside the file. The result may be shared: do not write to
   * it. It may lie in `scratch`, if that is large enough: then it is valid until the scratch is used again.
   */
  read(offset: number, length: number, scratch?: Uint8Array): Uint8Array;
}

/** No single read is larger, whatever a hostile header claims. */
const maxReadBytes = 32 << 20;

/**
 * Reads exactly `length` bytes at `offset`.
 * @throws GoidspanError `bad_binary` when they are not all inside the file, naming `what`.
 */
export function readExact(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
  scratch?: Uint8Array,
): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size && length <= maxReadBytes)) {
    throw new GoidspanError(
      'bad_binary',
      `cannot read ${what}: bytes ${offset} to ${offset + length} are outside the file of ${source.size} bytes (the file is cut short or damaged; copy or build it again)`,
    );
  }
  const bytes = source.read(offset, length, scratch);
  if (bytes.length !== length) {
    throw new GoidspanError(
      'bad_binary',
      `cannot read ${what}: the file ended early (it changed while it was read; try again)`,
    );
  }
  return bytes;
}

/** A view of the same bytes for multi-byte numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Little-endian 64-bit value as a number; values of 2^53 and more are `Infinity`, which no range check passes. */
export function u64(view: DataView, offset: number): number {
  const high = view.getUint32(offset + 4, true);
  return high < 0x200000 ? high * 0x1_0000_0000 + view.getUint32(offset, true) : Number.POSITIVE_INFINITY;
}
