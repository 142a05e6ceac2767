/** What the auxiliary vector says of the start of a program: by which path, and which start it was. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import { PROC_ROOT, readProcLink } from './proc-file.ts';

/** Entries of the auxiliary vector (getauxval(3)): addresses of 16 random bytes and of the path that was given to execve(2). */
const AT_RANDOM = 25n;
const AT_EXECFN = 31n;
const RANDOM_BYTES = 16;
const PATH_MAX = 4096;

/**
 * The path by which a process was started, which may lead to its executable through symbolic links. Absolute, in the
 * process's own file system; undefined if that cannot be read. What stands there now may be another file.
 */
export function startedAs(pid: number, procRoot: string = PROC_ROOT): string | undefined {
  const bytes = pointedBytes(pid, AT_EXECFN, PATH_MAX, procRoot);
  const end = bytes?.indexOf(0) ?? -1;
  if (bytes === undefined || end <= 0) return undefined;
  const name = bytes.toString('utf8', 0, end);
  if (name.startsWith('/')) return posix.normalize(name);
  const folder = readProcLink(pid, 'cwd', procRoot);
  return folder === undefined ? undefined : posix.join(folder, name);
}

/** Tells one execution of a program from every other, also of the same one; undefined if it cannot be read, or is not complete. */
export function executionOf(pid: number, procRoot: string = PROC_ROOT): string | undefined {
  return pointedBytes(pid, AT_RANDOM, RANDOM_BYTES, procRoot)?.toString('hex');
}

/** At most so many bytes from where an entry of the vector points to. */
function pointedBytes(pid: number, entry: bigint, most: number, procRoot: string): Buffer | undefined {
  try {
    const vector = readFileSync(`${procRoot}/${pid}/auxv`);
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (vector.readBigUInt64LE(at) !== entry) continue;
      return memoryAt(`${procRoot}/${pid}/mem`, Number(vector.readBigUInt64LE(at + 8)), most);
    }
  } catch {
    // Gone, or not for us.
  }
  return undefined;
}

function memoryAt(memory: string, address: number, most: number): Buffer {
  const bytes = Buffer.alloc(most);
  const fd = openSync(memory, 'r');
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, most, address));
  } finally {
    closeSync(fd);
  }
}
