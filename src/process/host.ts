/** What the host is. Owns the reading, once at start; targets in containers share the host's facts. */
import { readFileSync } from 'node:fs';
import { arch, hostname } from 'node:os';

/** The host that the kernel runs on, as this process sees it. */
export interface HostFacts {
  readonly name: string;
  /** `/etc/machine-id`, when there is one. */
  readonly id?: string;
  /** In the terms of the conventions: `amd64`, `arm64`. */
  readonly arch: string;
  /** Differs after each boot, so that it makes pid and start time unique for ever. */
  readonly bootId: string;
}

const ARCH_BY_NODE_NAME: Readonly<Record<string, string>> = { x64: 'amd64' };

/** The processor of this host, in the terms of the conventions and of Go: `amd64`, `arm64`. */
export const hostArch = (): string => ARCH_BY_NODE_NAME[arch()] ?? arch();

/** Reads the host's facts; what cannot be read is left out. */
export function readHost(procRoot: string, machineIdPath = '/etc/machine-id'): HostFacts {
  const id = readTrimmed(machineIdPath);
  return {
    name: hostname(),
    ...(id && { id }),
    arch: hostArch(),
    bootId: readTrimmed(`${procRoot}/sys/kernel/random/boot_id`),
  };
}

function readTrimmed(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
