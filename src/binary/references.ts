/** Where program text calls a function or takes the address of a variable, found without decoding: a hint, not a proof. */

import { viewOf } from './byte-source.ts';

/** Calls `found` with the address of each such instruction in `code`, which begins at `vaddr`. */
export type FindReferences = (
  code: Uint8Array,
  vaddr: number,
  targets: ReadonlySet<number>,
  found: (vaddr: number) => void,
) => void;

/** Bytes by which pieces of code must overlap, so that no reference is cut in two. */
export const referenceBytes = 8;

/** `CALL rel32` and `LEAQ rel32(RIP), AX`, which is how a type gets to `runtime.newobject`. */
export const referencesOfAmd64: FindReferences = (code, vaddr, targets, found) => {
  const view = viewOf(code);
  for (let at = 0; at + 7 <= code.length; at++) {
    const byte = code[at];
    let displacement: number;
    if (byte === 0xe8) displacement = at + 1;
    else if (byte === 0x48 && code[at + 1] === 0x8d && code[at + 2] === 0x05) displacement = at + 3;
    else continue;
    if (targets.has(vaddr + displacement + 4 + view.getInt32(displacement, true))) found(vaddr + at);
  }
};

/** `BL` and `ADRP Xn; ADD Xn, Xn`. */
export const referencesOfArm64: FindReferences = (code, vaddr, targets, found) => {
  const view = viewOf(code);
  for (let at = 0; at + 8 <= code.length; at += 4) {
    const word = view.getUint32(at, true);
    let target: number;
    if (word >>> 26 === 0x25) target = vaddr + at + ((word << 6) >> 6) * 4;
    else if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      const add = view.getUint32(at + 4, true);
      const register = word & 31;
      if (
        (add & 0xff800000) >>> 0 !== 0x91000000 ||
        (add & 31) !== register ||
        ((add >>> 5) & 31) !== register
      ) {
        continue;
      }
      // 19 bits above the 2 lowest, of pages.
      const pages = (((word << 8) >> 13) << 2) | ((word >>> 29) & 3);
      const here = vaddr + at;
      const offset = ((add >>> 10) & 0xfff) << ((add >>> 22) & 1 ? 12 : 0);
      target = here - (here % 4096) + pages * 4096 + offset;
    } else continue;
    if (targets.has(target)) found(vaddr + at);
  }
};
