/** The whole body of a request, up to a limit. */
import type { Readable } from 'node:stream';
import { REQUEST_BYTES_MAX } from '../page-api/limits.ts';

/** Undefined: it is longer than the limit, and the rest of it is not read. Rejects when the sender goes away. */
export async function readBody(
  stream: Readable,
  maxBytes = REQUEST_BYTES_MAX,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}
