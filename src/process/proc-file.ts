/**
 * Reads of `/proc/<pid>/…`. Owns which failures mean "gone" and which are errors; knows no format.
 * Each function takes the mount point of procfs, so that tests and containers can bring their own.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { GoidspanError, remedyOf } from '../errors.ts';

/** Where procfs is mounted. */
export const PROC_ROOT = '/proc';

/** Text of a file, invalid UTF-8 replaced; undefined when the process (or the file) is gone. */
export function readProcFile(pid: number, name: string, procRoot: string): string | undefined {
  return orGone(pid, () => readFileSync(`${procRoot}/${pid}/${name}`, 'utf8'));
}

/** Target of a link; undefined when the process is gone, or has none (kernel threads, zombies). */
export function readProcLink(pid: number, name: string, procRoot: string): string | undefined {
  return orGone(pid, () => readlinkSync(`${procRoot}/${pid}/${name}`));
}

/** ESRCH: the process went away between open and read. EINVAL: not a link, in a hostile or foreign tree. */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ESRCH', 'ENOTDIR', 'EISDIR', 'EINVAL', 'ELOOP']);

function orGone<T>(pid: number, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (GONE.has(code)) return undefined;
    throw new GoidspanError(
      'not_permitted',
      `cannot read process ${pid}: ${code === 'EACCES' || code === 'EPERM' ? 'permission denied' : code} ` +
        `(${remedyOf(code, 'run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH')})`,
      { cause: error },
    );
  }
}
