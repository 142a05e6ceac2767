/** What differs between processors: names of packages, the emulated machine, and its ports. Data only. */

/** As Node names processors. */
export type ArchitectureName = 'x64';

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
  /** The port of the console, and how the machine gets a second one, and its name. */
  readonly console: string;
  readonly secondPort: string;
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
    bootWords: [],
  },
};
