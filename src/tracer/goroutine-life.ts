/** Whether a goroutine still lives, read from the memory of its process. */
import { closeSync, openSync, readSync } from 'node:fs';

/** `_Gdead` of runtime/runtime2.go: not in use; the goid stays until the struct is used again. */
const G_DEAD = 6;
/** `_Gscan`, set while the garbage collector looks at the stack. */
const G_SCAN = 0x1000;

/** A goroutine as a span remembers it, and where in `runtime.g` to look. */
export interface GoroutineRef {
  readonly gAddr: number;
  readonly goid: number;
  readonly goidOffset: number;
  readonly statusOffset: number;
}

/**
 * False if the goroutine has ended: its struct is dead or belongs to another one. True when it lives, or when the
 * memory cannot be read. Reads only.
 */
export function isGoroutineAlive(pid: number, ref: GoroutineRef): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(`/proc/${pid}/mem`, 'r');
    const bytes = Buffer.alloc(8);
    readSync(fd, bytes, 0, 8, ref.gAddr + ref.goidOffset);
    if (Number(bytes.readBigUInt64LE()) !== ref.goid) return false;
    readSync(fd, bytes, 0, 4, ref.gAddr + ref.statusOffset);
    return (bytes.readUInt32LE() & ~G_SCAN) !== G_DEAD;
  } catch {
    return true;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
