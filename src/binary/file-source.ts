/** A {@link ByteSource} over a path: range reads with `fs.readSync`, never the whole file. The only I/O of this folder. */

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { GoidspanError, remedyOf } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';

/** An open file; `close` it when the binary is no longer asked anything. */
export interface FileSource extends ByteSource {
  /** Path by which any thread of this process can open the very same file again, while this is open. */
  readonly path: string;
  /** Releases the descriptor. Idempotent. */
  close(): void;
}

/**
 * Opens `path` for reading; `/proc/‹pid›/exe` works for a deleted executable too.
 * @throws GoidspanError `bad_binary` when there is no such readable regular file.
 */
export function openFileSource(path: string): FileSource {
  const fd = orRefuse(path, () => openSync(path, 'r'));
  const stat = orRefuse(path, () => fstatSync(fd));
  if (!stat.isFile()) {
    closeSync(fd);
    throw new GoidspanError(
      'bad_binary',
      `cannot read ${path}: not a regular file (name an executable file)`,
    );
  }
  let open = true;
  return {
    path: `/proc/self/fd/${fd}`,
    size: stat.size,
    read(offset, length, scratch) {
      const fits = scratch !== undefined && scratch.length >= length;
      const bytes = fits ? scratch.subarray(0, length) : new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = orRefuse(path, () => readSync(fd, bytes, filled, length - filled, offset + filled));
        if (count === 0) break;
        filled += count;
      }
      return filled === length ? bytes : bytes.subarray(0, filled);
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/**
 * The same file under another path has the same key; one that was written to has not.
 * @throws GoidspanError `bad_binary` when it cannot be looked at.
 */
export function fileKey(path: string): string {
  const { dev, ino, size, mtimeMs } = orRefuse(path, () => statSync(path));
  return `${dev}:${ino}:${size}:${mtimeMs}`;
}

function orRefuse<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new GoidspanError(
      'bad_binary',
      `cannot read ${path}: ${cause} (${remedyOf(cause, 'check the path and its permissions')})`,
      {
        cause: error,
      },
    );
  }
}
