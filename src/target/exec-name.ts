/** The path by which a process was started, which may lead to its executable through symbolic links. */
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import { PROC_ROOT } from './proc-file.ts';

/** Entry of the auxiliary vector (getauxval(3)): address of the path that was given to execve(2). */
const AT_EXECFN = 31n;
const PATH_MAX = 4096;

/** Absolute, in the process's own file system; undefined if that cannot be read. What stands there now may be another file. */
export function startedAs(pid: number, procRoot: string = PROC_ROOT): string | undefined {
  try {
    const address = auxiliary(readFileSync(`${procRoot}/${pid}/auxv`), AT_EXECFN);
    if (address === undefined) return undefined;
    const name = stringAt(`${procRoot}/${pid}/mem`, address);
    if (name === undefined || name === '') return undefined;
    return name.startsWith('/')
      ? posix.normalize(name)
      : posix.join(readlinkSync(`${procRoot}/${pid}/cwd`), name);
  } catch {
    return undefined;
  }
}

function auxiliary(vector: Buffer, wanted: bigint): number | undefined {
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (vector.readBigUInt64LE(at) === wanted) return Number(vector.readBigUInt64LE(at + 8));
  }
  return undefined;
}

function stringAt(memory: string, address: number): string | undefined {
  const bytes = Buffer.alloc(PATH_MAX);
  const fd = openSync(memory, 'r');
  try {
    const end = bytes.subarray(0, readSync(fd, bytes, 0, PATH_MAX, address)).indexOf(0);
    return end < 0 ? undefined : bytes.toString('utf8', 0, end);
  } finally {
    closeSync(fd);
  }
}
