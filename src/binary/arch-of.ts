/** The architectures that there are. */

import { GoidspanError } from '../errors.ts';
import type { Arch } from './arch.ts';
import { amd64 } from './arch-amd64.ts';
import { arm64 } from './arch-arm64.ts';

const archByElfMachine: ReadonlyMap<number, Arch> = new Map([
  [62, amd64],
  [183, arm64],
]);

/** @throws GoidspanError `not_supported_binary` for a processor that is not supported. */
export function archOf(elfMachine: number): Arch {
  const arch = archByElfMachine.get(elfMachine);
  if (arch) return arch;
  throw new GoidspanError(
    'not_supported_binary',
    `cannot trace the executable: it is built for ELF machine ${elfMachine}, and only amd64 (62) and arm64 (183) are supported (build it with GOARCH=amd64 or arm64)`,
  );
}
