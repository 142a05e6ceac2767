/** What the memory of a running process holds at the places where probes go. */
import { closeSync, openSync, readSync } from 'node:fs';
import { arch } from 'node:os';
import { viewOf } from '../binary/byte-source.ts';
import { openFileSource } from '../binary/file-source.ts';
import type { Site } from '../probes/site.ts';

const INT3 = 0xcc;
const CALL = 0xe8;
/** BRK of any immediate, which is in bits 5 to 20; the kernel's own has 5 (UPROBES_BRK_IMM). */
const BRK = 0xd4200000;
const BRK_MASK = 0xffe0001f;

/**
 * The first site at which the memory of the process differs from the file, byte by byte; undefined if there is none, or
 * if the memory cannot be read. The breakpoint of a probe that is there already, of whatever tracer, is no difference.
 */
export function findForeignCode(
  pid: number,
  path: string,
  loadBias: number,
  sites: readonly Site[],
): Site | undefined {
  const file = openFileSource(path);
  try {
    return loadedCode(pid, loadBias, sites).find(
      ({ site, bytes }) => !isSame(bytes, file.read(site.fileOffset, site.bytes), site),
    )?.site;
  } finally {
    file.close();
  }
}

/** The sites that hold no probe's breakpoint, of whatever tracer; those that cannot be read are left out. */
export function sitesWithoutProbe(pid: number, loadBias: number, sites: readonly Site[]): Site[] {
  const loaded = loadedCode(pid, loadBias, sites);
  return loaded.filter(({ site, bytes }) => !holdsProbe(bytes, site)).map(({ site }) => site);
}

interface LoadedSite {
  readonly site: Site;
  readonly bytes: Uint8Array;
}

/** The instructions at the sites as they are loaded; those that cannot be read are left out. */
function loadedCode(pid: number, loadBias: number, sites: readonly Site[]): LoadedSite[] {
  let memory: number;
  try {
    memory = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return [];
  }
  try {
    return sites.flatMap((site) => {
      const bytes = Buffer.alloc(site.bytes);
      return isRead(memory, bytes, site.vaddr + loadBias) ? [{ site, bytes }] : [];
    });
  } finally {
    closeSync(memory);
  }
}

function isRead(memory: number, bytes: Uint8Array, address: number): boolean {
  try {
    return readSync(memory, bytes, 0, bytes.length, address) === bytes.length;
  } catch {
    return false;
  }
}

/** The kernel has put a breakpoint there, or turned a probed 5-byte nop into a call. */
function holdsProbe(loaded: Uint8Array, site: Site): boolean {
  return breakpointBytes(loaded) > 0 || (site.class === 'nop5' && loaded[0] === CALL);
}

function isSame(loaded: Uint8Array, wanted: Uint8Array, site: Site): boolean {
  if (site.class === 'nop5' && loaded[0] === CALL) return true;
  const changed = breakpointBytes(loaded);
  return loaded.every((byte, at) => byte === wanted[at] || at < changed);
}

/** How many bytes of the instruction a breakpoint has taken, by default of this host's processor; 0 if there is none. */
export function breakpointBytes(loaded: Uint8Array, processor: string = arch()): number {
  if (processor !== 'arm64') return loaded[0] === INT3 ? 1 : 0;
  const word = viewOf(loaded).getUint32(0, true);
  return (word & BRK_MASK) >>> 0 === BRK ? 4 : 0;
}
