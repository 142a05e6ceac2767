/** A binary that lies in memory, with bytes of it replaced: what hostile and damaged files are made of. */

import type { ByteSource } from '../../src/binary/byte-source.ts';

/** Bytes of `content`, except that each patch overrides those from its offset on. */
export function memorySource(
  content: Uint8Array,
  patches: readonly { readonly offset: number; readonly bytes: Uint8Array }[] = [],
): ByteSource {
  return {
    size: content.length,
    read(offset, length) {
      const end = Math.min(offset + length, content.length);
      const touching = patches.filter((p) => p.offset < end && p.offset + p.bytes.length > offset);
      if (touching.length === 0) return content.subarray(offset, end);
      const copy = Uint8Array.from(content.subarray(offset, end));
      for (const { offset: at, bytes } of touching) {
        const from = Math.max(at, offset);
        const to = Math.min(at + bytes.length, end);
        copy.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return copy;
    },
  };
}
