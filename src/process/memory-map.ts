/** `/proc/<pid>/maps` and what follows from it: where a position-independent executable was loaded. Pure. */

/** One mapping of a file. Addresses stay below 2^47, so numbers hold them. */
export interface MemoryMapping {
  readonly start: number;
  readonly end: number;
  /** Offset of `start` in the file, in bytes. */
  readonly fileOffset: number;
  readonly inode: number;
  /** As the kernel prints it, with ` (deleted)` if so. */
  readonly path: string;
}

/** A `PT_LOAD` program header, in bytes. */
export interface LoadSegment {
  readonly fileOffset: number;
  readonly vaddr: number;
  readonly fileSize: number;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) \S{4} ([0-9a-f]+) \S+ (\d+) +(.*)$/;

/** The mappings that have a file behind them, in order of address; other lines are left out. */
export function parseMaps(text: string): MemoryMapping[] {
  const mappings: MemoryMapping[] = [];
  for (const line of text.split('\n')) {
    const [, start, end, fileOffset, inode, path] = LINE.exec(line) ?? [];
    if (start === undefined || end === undefined || fileOffset === undefined || !path || inode === '0')
      continue;
    mappings.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      fileOffset: Number.parseInt(fileOffset, 16),
      inode: Number(inode),
      path: path.replaceAll('\\012', '\n'),
    });
  }
  return mappings;
}

/**
 * The load bias: what to add to a link-time address. 0 for an executable that is not position-independent.
 * `exeLink` is the text of the link `/proc/<pid>/exe`: the kernel prints the same path in `maps` (inode and
 * device may differ from `stat` on overlayfs and btrfs, so they are not compared). `pageBytes` is the size of the kernel's
 * pages: it rounds the offset of a segment down to one when it maps it.
 * Undefined when no mapping of the executable belongs to a segment.
 */
export function loadBias(
  mappings: readonly MemoryMapping[],
  exeLink: string,
  segments: readonly LoadSegment[],
  pageBytes: number,
): number | undefined {
  for (const mapping of mappings) {
    if (mapping.path !== exeLink) continue;
    const segment = segmentOf(mapping.fileOffset, segments, pageBytes);
    if (segment) return mapping.start - (segment.vaddr - segment.fileOffset + mapping.fileOffset);
  }
  return undefined;
}

/** A page on the border of two segments is mapped for both, so the later segment that begins in it counts. */
function segmentOf(
  fileOffset: number,
  segments: readonly LoadSegment[],
  pageBytes: number,
): LoadSegment | undefined {
  let found: LoadSegment | undefined;
  for (const segment of segments) {
    const firstPage = segment.fileOffset - (segment.fileOffset % pageBytes);
    const covers = firstPage <= fileOffset && fileOffset < segment.fileOffset + segment.fileSize;
    if (covers && (!found || segment.fileOffset > found.fileOffset)) found = segment;
  }
  return found;
}
