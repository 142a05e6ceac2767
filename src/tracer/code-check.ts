/** Whether a running process has the code that its file has, byte by byte, at the places where probes go. */
import { closeSync, openSync, readSync } from 'node:fs';
import { openFileSource } from '../binary/file-source.ts';
import type { Site } from '../probes/plan.ts';

const INT3 = 0xcc;
const CALL = 0xe8;

/**
 * The first site at which the memory of the process differs from the file; undefined if there is none, or if the
 * memory cannot be read. The breakpoint of a probe that is there already, of whatever tracer, is no difference.
 */
export function findForeignCode(
  pid: number,
  path: string,
  loadBias: number,
  sites: readonly Site[],
): Site | undefined {
  const file = openFileSource(path);
  let memory: number | undefined;
  try {
    const fd = openSync(`/proc/${pid}/mem`, 'r');
    memory = fd;
    return sites.find((site) => {
      const loaded = Buffer.alloc(site.bytes);
      const read = readSync(fd, loaded, 0, site.bytes, site.vaddr + loadBias);
      return read === site.bytes && !isSame(loaded, file.read(site.fileOffset, site.bytes), site);
    });
  } catch {
    return undefined;
  } finally {
    if (memory !== undefined) closeSync(memory);
    file.close();
  }
}

function isSame(loaded: Uint8Array, wanted: Uint8Array, site: Site): boolean {
  // The kernel has turned a probed 5-byte nop into a call.
  if (site.class === 'nop5' && loaded[0] === CALL) return true;
  return loaded.every((byte, at) => byte === wanted[at] || (at === 0 && byte === INT3));
}
