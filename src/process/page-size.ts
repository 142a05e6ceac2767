/** Size of the kernel's pages: 4 KiB on x86-64; on arm64 16 and 64 KiB too, as the kernel was built. */
import { readFileSync } from 'node:fs';

/** Key of the page size in the auxiliary vector (include/uapi/linux/auxvec.h), which is pairs of 64-bit words. */
const AT_PAGESZ = 6n;
const SMALLEST = 4096;

let known: number | undefined;

/** In bytes. */
export function pageBytes(): number {
  known ??= readPageBytes(readFileSync('/proc/self/auxv'));
  return known;
}

/** Of an auxiliary vector; the smallest there is if it does not say. */
export function readPageBytes(auxiliaryVector: Uint8Array): number {
  const { buffer, byteOffset, byteLength } = auxiliaryVector;
  const view = new DataView(buffer, byteOffset, byteLength);
  for (let at = 0; at + 16 <= byteLength; at += 16) {
    if (view.getBigUint64(at, true) === AT_PAGESZ) return Number(view.getBigUint64(at + 8, true));
  }
  return SMALLEST;
}
