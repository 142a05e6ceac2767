/** Notices a process that does something, but nothing that is traced. */
import { PROC_ROOT, readProcFile } from '../process/proc-file.ts';
import { hasSockets } from '../process/sockets.ts';

/** So little that no request need be in it. */
const BYTES_MIN = 1_000;

export class QuietTarget {
  readonly #pid: number;
  readonly #readBefore: number | undefined;
  readonly #since = performance.now();
  #isSaid = false;

  constructor(pid: number) {
    this.#pid = pid;
    this.#readBefore = bytesRead(pid);
  }

  /**
   * What to say of a process that has made no span yet; undefined if it has not had `afterMs` of time, has no sockets, or has
   * read next to nothing. Told once.
   */
  hint(exe: string, untraced: readonly string[], afterMs: number): string | undefined {
    const ms = performance.now() - this.#since;
    if (this.#isSaid || ms < afterMs || !hasSockets(this.#pid)) return undefined;
    const bytes = (bytesRead(this.#pid) ?? 0) - (this.#readBefore ?? Number.POSITIVE_INFINITY);
    if (bytes < BYTES_MIN) return undefined;
    this.#isSaid = true;
    const why =
      untraced.length > 0
        ? `it serves by ${untraced.join(' and ')}, which is not traced`
        : 'does it use another library? goidspan inspect says what is traced';
    return `pid ${this.#pid} (${exe}) has sockets and has read ${bytes} bytes in ${Math.round(ms / 1e3)} s, but nothing that is traced has run in it: no spans (${why})`;
  }
}

/** By read(2) and its like, from sockets and files. */
function bytesRead(pid: number): number | undefined {
  try {
    const found = /^rchar: (\d+)$/m.exec(readProcFile(pid, 'io', PROC_ROOT) ?? '')?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}
