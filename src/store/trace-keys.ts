/** In which parts of a sealed segment a trace may be: pairs of key and part, in 256 lists by the upper bits of the key. */
import type { SpanRows } from './span-rows.ts';
import type { Statement } from './sqlite.ts';

/** Four bytes of the key, two of the part: there are fewer than 65,536. */
const PAIR_BYTES = 6;
export const CHUNKS_MAX = 0xffff;
const CHUNK_STEP = 2 ** 16;

export const bucketOfKey = (traceKey: number): number => traceKey >>> 24;

export function writeTraceKeys({ count, traceKey, chunk }: SpanRows, insert: Statement): void {
  const pairs = new Float64Array(count);
  for (let row = 0; row < count; row++)
    pairs[row] = (traceKey[row] as number) * CHUNK_STEP + (chunk[row] as number);
  pairs.sort();
  let bytes = Buffer.alloc(0);
  for (let from = 0; from < count; ) {
    const bucket = bucketOfKey(Math.floor((pairs[from] as number) / CHUNK_STEP));
    let to = from;
    let at = 0;
    if (bytes.length < (count - from) * PAIR_BYTES) bytes = Buffer.alloc((count - from) * PAIR_BYTES);
    while (to < count) {
      const pair = pairs[to] as number;
      const key = Math.floor(pair / CHUNK_STEP);
      if (bucketOfKey(key) !== bucket) break;
      if (to === from || pair !== pairs[to - 1]) {
        bytes.writeUInt32LE(key, at);
        bytes.writeUInt16LE(pair % CHUNK_STEP, at + 4);
        at += PAIR_BYTES;
      }
      to++;
    }
    insert.run(bucket, bytes.subarray(0, at));
    from = to;
  }
}

/** The parts that a list names for a key. */
export function findTraceKey(bytes: Uint8Array, traceKey: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let low = 0;
  let high = Math.floor(bytes.length / PAIR_BYTES);
  const end = high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (view.getUint32(middle * PAIR_BYTES, true) < traceKey) low = middle + 1;
    else high = middle;
  }
  const chunks: number[] = [];
  for (; low < end && view.getUint32(low * PAIR_BYTES, true) === traceKey; low++)
    chunks.push(view.getUint16(low * PAIR_BYTES + 4, true));
  return chunks;
}
