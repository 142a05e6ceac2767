/**
 * Strings of records: the same few methods, hosts and routes come again and again, and to find one that was decoded
 * before takes a third of the time of decoding it. Bounded; knows nothing of what the texts mean.
 */

/** A power of two: the cache has one place for each value of a hash. */
const PLACES = 1_024;
/** Longer texts seldom come twice. */
const LENGTH_MAX = 64;

interface Place {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class TextCache {
  readonly #places: (Place | undefined)[] = new Array(PLACES).fill(undefined);
  /** Hash of the text that was last looked for in a place: only what comes twice is kept. */
  readonly #wanted = new Int32Array(PLACES);

  /** The UTF-8 text of `size` bytes; what is no UTF-8 becomes U+FFFD. */
  of(u8: Uint8Array, at: number, size: number): string {
    if (size > LENGTH_MAX) return decode(u8, at, size);
    const hash = hashOf(u8, at, size);
    const index = hash & (PLACES - 1);
    const place = this.#places[index];
    if (place !== undefined && isSame(place.bytes, u8, at, size)) return place.text;
    const text = decode(u8, at, size);
    if (this.#wanted[index] === hash) this.#places[index] = { bytes: u8.slice(at, at + size), text };
    else this.#wanted[index] = hash;
    return text;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function decode(u8: Uint8Array, at: number, size: number): string {
  return decoder.decode(u8.subarray(at, at + size));
}

/** FNV-1a. Source: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
function hashOf(u8: Uint8Array, at: number, size: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < size; index++) hash = Math.imul(hash ^ (u8[at + index] as number), 0x01000193);
  return hash;
}

function isSame(bytes: Uint8Array, u8: Uint8Array, at: number, size: number): boolean {
  if (bytes.length !== size) return false;
  for (let index = 0; index < size; index++) if (bytes[index] !== u8[at + index]) return false;
  return true;
}
