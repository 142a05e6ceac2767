/** The segments of a folder for reading, whoever writes them meanwhile: opened when they are first asked for, and once. */
import { existsSync } from 'node:fs';
import type { StoreState } from '../page-api/answers.ts';
import { bytesOf, type SegmentFile, type SegmentKind, segmentFiles } from './folder.ts';
import { HotSegment } from './hot-segment.ts';
import { SealedSegment } from './sealed-segment.ts';
import type { Segment } from './segment.ts';
import { openSegmentFile } from './segment-file.ts';
import { StackPartsReader } from './stack-parts.ts';

/** A file may be gone when it is opened, and be there in its other form. */
const ATTEMPTS = 5;

export class SegmentSet {
  readonly #folder: string;
  readonly #open = new Map<number, { readonly kind: SegmentKind; readonly segment: Segment }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All that there are now, the oldest first. Throws `bad_store`. */
  segments(): readonly Segment[] {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#segments();
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  get bytes(): number {
    return segmentFiles(this.#folder).reduce((sum, { path }) => sum + bytesOf(path), 0);
  }

  /** Spans and stacks that are not kept, by why, as the newest segment says. */
  losses(): Pick<StoreState, 'losses' | 'stackLosses'> {
    const newest = segmentFiles(this.#folder).findLast(({ kind }) => kind === 'hot');
    if (newest === undefined) return { losses: {}, stackLosses: {} };
    const database = openSegmentFile(newest.path, true);
    try {
      const rows = database.prepare('SELECT reason, spans FROM losses WHERE spans > 0 ORDER BY reason').all();
      return {
        losses: Object.fromEntries(rows.map(({ reason, spans }) => [String(reason), Number(spans)])),
        stackLosses: Object.fromEntries(new StackPartsReader(database).losses()),
      };
    } finally {
      database.close();
    }
  }

  close(): void {
    for (const { segment } of this.#open.values()) segment.close();
    this.#open.clear();
  }

  /** Lets go of files that are no more, whose room on the disk is held as long as they are open; returns those that are. */
  release(): SegmentFile[] {
    const files = segmentFiles(this.#folder);
    const numbers = new Map(files.map(({ number, kind }) => [number, kind]));
    for (const [number, { kind, segment }] of this.#open) {
      if (numbers.get(number) === kind) continue;
      segment.close();
      this.#open.delete(number);
    }
    return files;
  }

  #segments(): Segment[] {
    const files = this.release();
    for (const file of files) {
      const known = this.#open.get(file.number);
      if (known !== undefined) {
        if (known.segment instanceof HotSegment) known.segment.refresh();
        continue;
      }
      try {
        const segment = file.kind === 'hot' ? new HotSegment(file) : new SealedSegment(file);
        this.#open.set(file.number, { kind: file.kind, segment });
        if (segment instanceof HotSegment) segment.refresh();
      } catch (error) {
        // Removed since by who writes: what is in its place comes next time.
        if (existsSync(file.path) || file.kind === 'hot') throw error;
      }
    }
    return [...this.#open.values()].map(({ segment }) => segment).sort((a, b) => a.number - b.number);
  }
}
