/**
 * Where a thread of an amd64 program keeps the goroutine that it runs. The linker decides: pure Go has it at −8, C code
 * with thread-local variables moves it.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/asm_amd64.s (gogo<>: `get_tls(CX); MOVQ DX, g(CX)`).
 */

import { viewOf } from './byte-source.ts';

/** Farther from the thread pointer lie no thread-local variables of an executable. */
const farthestBytes = 1 << 24;

/** `MOVQ DX, FS:disp32`: linked to a fixed address. */
const direct = [0x64, 0x48, 0x89, 0x14, 0x25];
/** `MOVQ $imm32, CX`: position-independent, as linkers leave it in an executable … */
const load = [0x48, 0xc7, 0xc1];
/** … and `MOVQ DX, FS:(CX)` behind it. */
const store = [0x64, 0x48, 0x89, 0x11];
const numberBytes = 4;

/** Bytes from the thread pointer (FS), which is negative; undefined if `code` does not begin as `gogo` does. */
export function goroutineTlsOfAmd64(code: Uint8Array): number | undefined {
  const at = numberAt(code);
  const offset = at === undefined ? 0 : viewOf(code).getInt32(at, true);
  return offset < 0 && offset > -farthestBytes ? offset : undefined;
}

function numberAt(code: Uint8Array): number | undefined {
  const isAt = (at: number, wanted: readonly number[]) => wanted.every((byte, i) => code[at + i] === byte);
  if (code.length < direct.length + numberBytes) return undefined;
  if (isAt(0, direct)) return direct.length;
  return isAt(0, load) && isAt(load.length + numberBytes, store) ? load.length : undefined;
}
