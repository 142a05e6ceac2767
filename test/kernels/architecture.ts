/** What differs between processors: names of packages, the emulated machine, and its ports. Data only. */

/** As Node names processors. */
export type ArchitectureName = 'x64' | 'arm64';

export interface Architecture {
  readonly name: ArchitectureName;
  /** As Debian and Go name it. */
  readonly debian: string;
  /** Debian's name of library folders. */
  readonly triplet: string;
  /** Debian package of the emulator. */
  readonly qemuPackage: string;
  /** The emulator and the machine that it is. */
  readonly qemu: string;
  readonly machine: readonly string[];
  /** The port of the console, and the second one: its name, and how the machine gets it, to write into a file. */
  readonly console: string;
  readonly secondPort: string;
  readonly secondPortArguments: (path: string) => readonly string[];
  /** Lines of kernels that are booted beside the newest; all if not said. */
  readonly lines?: readonly string[];
  /** Command-line words of kernels of this processor. */
  readonly bootWords: readonly string[];
}

export const architectures: Readonly<Record<ArchitectureName, Architecture>> = {
  x64: {
    name: 'x64',
    debian: 'amd64',
    triplet: 'x86_64-linux-gnu',
    qemuPackage: 'qemu-system-x86',
    qemu: 'qemu-system-x86_64',
    machine: ['-cpu', 'max'],
    console: 'ttyS0',
    secondPort: '/dev/ttyS1',
    secondPortArguments: (path) => ['-serial', `file:${path}`],
    bootWords: [],
  },
  arm64: {
    name: 'arm64',
    debian: 'arm64',
    triplet: 'aarch64-linux-gnu',
    qemuPackage: 'qemu-system-arm',
    qemu: 'qemu-system-aarch64',
    // Pointer authentication by the emulator's own algorithm: the one of the architecture takes most of the time.
    machine: ['-M', 'virt', '-cpu', 'max,pauth-impdef=on'],
    console: 'ttyAMA0',
    // The machine has one port of its own; the other is on a card.
    secondPort: '/dev/ttyS0',
    secondPortArguments: (path) => [
      '-chardev',
      `file,id=results,path=${path}`,
      '-device',
      'pci-serial,chardev=results',
    ],
    // From the first that programs with both tail calls and calls of functions are loaded by (6.0).
    lines: ['6.1', '6.12', '6.18'],
    bootWords: [],
  },
};
