/**
 * Makes of the segment that has grown one that is whole: small parts are joined, rows grouped by operation, minutes summed up. It is
 * written beside, and has its name only when it is on the disk, so that a process may end at any moment.
 */
import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { pack, unpack, unpacked } from './compress.ts';
import { makeFile, pathOf, removeFile, type SegmentFile } from './folder.ts';
import { HotSegment } from './hot-segment.ts';
import { type OperationColumns, placeBytes, scanBytes } from './operation-columns.ts';
import { MINUTE_US, Rollup, writeRollup } from './rollup.ts';
import { CHUNKS_TABLE, markSql, OPERATIONS_TABLE } from './segment-file.ts';
import type { SpanRows } from './span-rows.ts';
import { type Database, openDatabase } from './sqlite.ts';
import { joinStackParts, STACK_TABLES } from './stack-parts.ts';
import { writeTraceKeys } from './trace-keys.ts';
import { VarintWriter } from './varints.ts';

/** Parts of `columns`, by the lower bits of their id. Part of the format. */
export const COLUMN_PART = { scan: 0, shares: 1, places: 2, ids: 3 } as const;
export const PARTS_AN_OPERATION = 4;

/** What is smaller is joined with its neighbours, since little can be packed less well, … */
const SMALL_BYTES = 64 << 10;
/** … up to this much: more would have to be unpacked to read one span. */
const JOINED_BYTES = 256 << 10;

const SCHEMA = `PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; ${markSql};
  ${CHUNKS_TABLE};
  ${OPERATIONS_TABLE}, count INTEGER, errors INTEGER, minStartUs INTEGER, maxStartUs INTEGER, minNs INTEGER, maxNs INTEGER,
    tops INTEGER, causes INTEGER) STRICT;
  CREATE TABLE columns (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE rollups (operation INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE trace_keys (bucket INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  ${STACK_TABLES}`;

export interface SealOptions {
  /** False: another one has the spans, and only what is told of many of them is kept. */
  readonly keepsSpans?: boolean;
  /** The file is open for reading: its writer may close it without being the last. */
  readonly onOpen?: () => void;
}

/** The file that was grown is removed. Throws what SQLite and the file system throw; nothing is changed then. */
export function sealSegment(file: SegmentFile, { keepsSpans = true, onOpen }: SealOptions = {}): void {
  const hot = new HotSegment(file);
  onOpen?.();
  const unfinished = `${file.path}.unfinished`;
  removeFile(unfinished);
  try {
    hot.refresh();
    makeFile(unfinished);
    const database = openDatabase(unfinished, { readOnly: false });
    try {
      database.exec(SCHEMA);
      if (keepsSpans) moveRows(hot.rows, copyChunks(hot, database));
      copyColumns(hot.columns(), database, keepsSpans);
      writeTraceKeys(hot.rows, database.prepare('INSERT INTO trace_keys VALUES (?, ?)'));
      joinStackParts(hot.stackParts(), database);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
    sync(unfinished);
    renameSync(unfinished, pathOf(dirname(file.path), file.number, 'spans'));
    sync(dirname(file.path));
  } catch (error) {
    removeFile(unfinished);
    throw error;
  } finally {
    hot.close();
  }
  removeFile(file.path);
}

function sync(path: string): void {
  const opened = openSync(path, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Where a part is now: in which, and how far from its beginning. */
interface Moved {
  readonly chunk: number;
  readonly by: number;
}

function copyChunks(hot: HotSegment, database: Database): Map<number, Moved> {
  const insert = database.prepare('INSERT INTO chunks VALUES (?, ?, ?)');
  const moved = new Map<number, Moved>();
  let next = 1;
  let joined: Uint8Array[] = [];
  let size = 0;
  const flush = (): void => {
    if (joined.length === 0) return;
    insert.run(next++, size, pack(Buffer.concat(joined)));
    joined = [];
    size = 0;
  };
  const last = hot.rows.count === 0 ? 0 : (hot.rows.chunk[hot.rows.count - 1] as number);
  for (let chunk = 1; chunk <= last; chunk++) {
    const packed = hot.packedChunk(chunk);
    if (packed.size > JOINED_BYTES || (packed.size > SMALL_BYTES && joined.length === 0)) {
      flush();
      moved.set(chunk, { chunk: next, by: 0 });
      insert.run(next++, packed.size, packed.bytes);
      continue;
    }
    if (size + packed.size > JOINED_BYTES) flush();
    moved.set(chunk, { chunk: next, by: size });
    joined.push(unpack(packed.bytes, packed.size));
    size += packed.size;
  }
  flush();
  return moved;
}

function moveRows({ count, chunk, offset }: SpanRows, moved: ReadonlyMap<number, Moved>): void {
  for (let row = 0; row < count; row++) {
    const to = moved.get(chunk[row] as number) as Moved;
    chunk[row] = to.chunk;
    offset[row] = (offset[row] as number) + to.by;
  }
}

function copyColumns(columns: Iterable<OperationColumns>, database: Database, hasPlaces: boolean): void {
  const insertOperation = database.prepare(
    'INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const insertColumn = database.prepare('INSERT INTO columns VALUES (?, ?, ?)');
  const insertRollup = database.prepare('INSERT INTO rollups VALUES (?, ?)');
  const minute = new Rollup();
  for (const of of columns) {
    const { number, operation, count, errors, minStartUs, maxStartUs, minNs, maxNs, tops, causes } = of.facts;
    const { service = null, name = null, kind = null } = operation ?? {};
    insertOperation.run(
      ...[number, service, name, kind, count, errors, minStartUs, maxStartUs, minNs, maxNs, tops, causes],
    );
    const id = number * PARTS_AN_OPERATION;
    const scan = scanBytes(of);
    // The first is what a search reads of many operations: unpacking it would take longer than all else.
    insertColumn.run(id + COLUMN_PART.scan, scan.length, unpacked(scan));
    insertColumn.run(id + COLUMN_PART.shares, of.shares.length, pack(of.shares));
    if (hasPlaces) {
      const places = placeBytes(of.places);
      insertColumn.run(id + COLUMN_PART.places, places.length, pack(places));
    }
    insertColumn.run(id + COLUMN_PART.ids, of.ids.length, unpacked(of.ids));
    insertRollup.run(number, minutesOf(of, minute));
  }
}

/** Rows are in the order of their starts, so that each minute is one run of them. */
function minutesOf({ scan, shares }: OperationColumns, rollup: Rollup): Uint8Array {
  const writer = new VarintWriter();
  const sharesOf = () => shares;
  let current = -1;
  rollup.clear();
  for (let row = 0; row < scan.count; row++) {
    const minute = Math.floor((scan.startUs[row] as number) / MINUTE_US);
    if (minute !== current && rollup.count > 0) {
      writeRollup(writer, current, rollup);
      rollup.clear();
    }
    current = minute;
    rollup.add(scan, row, sharesOf);
  }
  if (rollup.count > 0) writeRollup(writer, current, rollup);
  return writer.bytes().slice();
}
