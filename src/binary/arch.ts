/** The one place where the reader depends on the processor: everything else asks this interface. */

import { GoidspanError } from '../errors.ts';
import { amd64 } from './arch-amd64.ts';
import type { Instruction } from './instruction.ts';

/** A processor architecture that can be decoded. */
export interface Arch {
  /** As Go calls it (`GOARCH`). */
  readonly name: 'amd64';
  /** Decodes all of `code` in order from its first byte; bytes that are no instruction become a `trap` of one byte. */
  decode(code: Uint8Array, vaddr: number): Instruction[];
  /** Assembly text of the instruction that `code` begins with, e.g. `push rbp`. */
  textOf(code: Uint8Array, vaddr: number): string;
}

const archByElfMachine: ReadonlyMap<number, Arch> = new Map([[62, amd64]]);

/** @throws GoidspanError `not_supported_binary` for a processor that is not supported. */
export function archOf(elfMachine: number): Arch {
  const arch = archByElfMachine.get(elfMachine);
  if (arch) return arch;
  throw new GoidspanError(
    'not_supported_binary',
    `cannot trace the executable: it is built for ELF machine ${elfMachine}, and only amd64 (62) is supported (build it with GOARCH=amd64)`,
  );
}
