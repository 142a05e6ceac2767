/** The memory of a process, to read: never anything else. */
import { closeSync, openSync, readSync } from 'node:fs';
import { PROC_ROOT } from './proc-file.ts';

export class ProcessMemory {
  readonly #fd: number;

  /** Undefined when the process has gone, or is not for us. */
  static open(pid: number, procRoot: string = PROC_ROOT): ProcessMemory | undefined {
    try {
      return new ProcessMemory(openSync(`${procRoot}/${pid}/mem`, 'r'));
    } catch {
      return undefined;
    }
  }

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Exactly so many bytes; undefined where there is no such memory. */
  read(address: number, length: number): Buffer | undefined {
    const bytes = Buffer.alloc(length);
    try {
      return readSync(this.#fd, bytes, 0, length, address) === length ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
