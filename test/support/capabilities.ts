/**
 * What this host can do, as far as a test needs it, and skips that say why.
 * A requirement looks only at hard facts (rights, files): where they are all there, a feature that does not work is a
 * failing test and never a skip.
 */

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** Something that the host must have; the reason why it has not, or undefined if it has. */
export type Requirement = () => string | undefined;

/** Bits of `CapEff` in `/proc/self/status` (linux/capability.h). */
const capSysAdmin = 1n << 21n;
const capSysNice = 1n << 23n;
const capPerfmonAndBpf = (1n << 38n) | (1n << 39n);

function effectiveCapabilities(): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return hex === undefined ? 0n : BigInt(`0x${hex}`);
}

/** May this process load BPF programs and attach uprobes, on a kernel that has BTF and uprobes? */
export const kernel: Requirement = () => {
  const held = effectiveCapabilities();
  if (!(held & capSysAdmin) && (held & capPerfmonAndBpf) !== capPerfmonAndBpf) {
    return 'needs root, or CAP_BPF and CAP_PERFMON';
  }
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel has no BTF (/sys/kernel/btf/vmlinux)';
  if (!existsSync('/sys/bus/event_source/devices/uprobe/type')) return 'the kernel has no uprobes';
  return undefined;
};

/** May a thread leave idle priority again? */
export const niceness: Requirement = () =>
  effectiveCapabilities() & capSysNice ? undefined : 'needs root, or CAP_SYS_NICE';

/** Is there a Go toolchain to build the fixtures with? */
export const go: Requirement = () => (onPath('go') ? undefined : 'no go on the PATH');

/** Debian's Go 1.19. */
export const go119: Requirement = () =>
  existsSync(go119Path) ? undefined : `no Go 1.19 (${go119Path}; Debian package golang-1.19-go)`;

const go119Path = '/usr/lib/go-1.19/bin/go';

function onPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A `describe` that is skipped, with the reason in its name, when the host lacks one of the requirements. */
export function describeWith(requirements: readonly Requirement[], name: string, body: () => void): void {
  const reason = requirements.map((missing) => missing()).find((text) => text !== undefined);
  if (reason === undefined) describe(name, body);
  else describe.skip(`${name} (skipped: ${reason})`, body);
}

/** Tests that load programs into the kernel. */
export function describeKernel(name: string, body: () => void): void {
  describeWith([kernel], name, body);
}

/** Tests that trace a real Go program. */
export function describeLive(name: string, body: () => void): void {
  describeWith([kernel, go], name, body);
}
