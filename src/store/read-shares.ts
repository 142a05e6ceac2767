/** The text of `goidspan.breakdown` as shares of a byte each, without parsing it as JSON: it is one flat object of our names and integers. */
import { USES, WHOLE } from './uses.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const NAME_BYTES_MAX = 32;

/** By a hash of the name: the tests see to it that no two of ours have the same. */
const indexes = new Map(USES.map((name, index) => [hashOf(Buffer.from(name), 0, name.length), index]));

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  return hash;
}

/** Of `durationNs`, into `shares`, which is zeroed first. False if there is nothing of the kind: the shares are zeros then. */
export function readShares(
  bytes: Uint8Array,
  from: number,
  to: number,
  durationNs: number,
  shares: Uint8Array,
): boolean {
  shares.fill(0);
  if (to - from < 2 || bytes[from] !== OPEN || bytes[to - 1] !== CLOSE) return false;
  let at = from + 1;
  while (at < to - 1) {
    if (bytes[at] !== QUOTE) return nothing(shares);
    const nameFrom = at + 1;
    at = nameFrom;
    while (at < to && bytes[at] !== QUOTE && at - nameFrom <= NAME_BYTES_MAX) at++;
    const index = indexes.get(hashOf(bytes, nameFrom, at));
    if (bytes[at] !== QUOTE || bytes[at + 1] !== COLON) return nothing(shares);
    at += 2;
    let ns = 0;
    const digitsFrom = at;
    while ((bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39)
      ns = ns * 10 + (bytes[at++] as number) - 0x30;
    if (at === digitsFrom || ns > durationNs) return nothing(shares);
    // What we have no name for is left out, as a newer version's would be.
    if (index !== undefined && durationNs > 0) shares[index] = Math.round((ns / durationNs) * WHOLE);
    if (bytes[at] === COMMA) at++;
    else if (at !== to - 1) return nothing(shares);
  }
  return true;
}

function nothing(shares: Uint8Array): false {
  shares.fill(0);
  return false;
}
