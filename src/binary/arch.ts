/** The one place where the reader depends on the processor: everything else asks this interface. */

import type { FindDataReferences } from './data-reference.ts';
import type { Instruction } from './instruction.ts';
import type { FindReferences } from './references.ts';

/** A processor architecture that can be decoded. */
export interface Arch {
  /** As Go calls it (`GOARCH`). */
  readonly name: 'amd64' | 'arm64';
  /** A call pushes the return address; otherwise it puts it into a register, and the called function saves it. */
  readonly callsPush: boolean;
  /** Decodes all of `code` in order from its first byte; bytes that are no instruction become a `trap`. */
  decode(code: Uint8Array, vaddr: number): Instruction[];
  readonly findReferences: FindReferences;
  /** What the instructions of `code` read, write or point to at fixed addresses. */
  readonly dataReferences: FindDataReferences;
  /**
   * Where a thread keeps the goroutine that it runs: bytes from its thread pointer, as the code of `gogo` says, which sets
   * it. Absent where it is always in a register (R28 on arm64).
   */
  readonly goroutineTls?: (code: Uint8Array) => number | undefined;
  /** Assembly text of the instruction that `code` begins with, e.g. `push rbp`. */
  textOf(code: Uint8Array, vaddr: number): string;
}
