/**
 * Writes the segment that grows: requests as they came, and rows by which their spans are found, in one transaction with each other.
 * They are in SQLite's write-ahead log, which survives the end of the process, and stay there until the segment is sealed: nothing
 * is written twice, and no commit waits for the disk.
 */
import { closeSync, existsSync, fdatasync, openSync, renameSync } from 'node:fs';
import type { Operation } from '../page-api/query.ts';
import { pack } from './compress.ts';
import { bytesOf, makeFile, removeFile } from './folder.ts';
import { CHUNKS_TABLE, markSql, OPERATIONS_TABLE, openSegmentFile, readableError } from './segment-file.ts';
import { type Database, openDatabase, type Statement } from './sqlite.ts';
import { STACK_TABLES, StackPartsReader, StackPartsWriter } from './stack-parts.ts';

/** What is found of a chunk. */
export interface NewChunk {
  readonly bytes: Uint8Array;
  readonly rows: Uint8Array;
  readonly spans: number;
}

const SETTINGS = 'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL';

const unfinishedOf = (path: string): string => `${path}.unfinished`;

const SCHEMA = `PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; ${markSql};
  ${CHUNKS_TABLE};
  CREATE TABLE row_parts (chunk INTEGER PRIMARY KEY, spans INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
  ${OPERATIONS_TABLE}) STRICT;
  CREATE TABLE losses (reason TEXT PRIMARY KEY, spans INTEGER NOT NULL) STRICT; ${STACK_TABLES}; COMMIT; PRAGMA journal_mode = WAL`;

export class HotWriter {
  readonly path: string;
  readonly #database: Database;
  readonly #insertChunk: Statement;
  readonly #insertRows: Statement;
  readonly #insertOperation: Statement;
  readonly #setLoss: Statement;
  readonly #stacks: StackPartsWriter;
  #chunks: number;
  #operations: number;
  #spans: number;
  /** The log, to have it on the disk. Closing it frees none of SQLite's locks, which are not on this file. */
  #log: number | undefined;

  private constructor(path: string, database: Database) {
    this.path = path;
    this.#database = database;
    database.exec(SETTINGS);
    // One that was begun by an earlier version has none.
    database.exec(STACK_TABLES);
    this.#stacks = new StackPartsWriter(database);
    this.#insertChunk = database.prepare('INSERT INTO chunks VALUES (?, ?, ?)');
    this.#insertRows = database.prepare('INSERT INTO row_parts VALUES (?, ?, ?)');
    this.#insertOperation = database.prepare('INSERT INTO operations VALUES (?, ?, ?, ?)');
    this.#setLoss = database.prepare('INSERT OR REPLACE INTO losses VALUES (?, ?)');
    const numberOf = (sql: string) => Number(database.prepare(sql).get()?.['n'] ?? 0);
    this.#chunks = numberOf('SELECT max(chunk) AS n FROM chunks');
    this.#operations = numberOf('SELECT max(number) AS n FROM operations');
    this.#spans = numberOf('SELECT sum(spans) AS n FROM row_parts');
  }

  /**
   * Makes a file for `create` beforehand, and has it on the disk meanwhile, for which nobody waits. Throws what SQLite throws, and
   * leaves nothing then.
   */
  static prepare(path: string): void {
    const unfinished = unfinishedOf(path);
    removeFile(unfinished);
    try {
      makeFile(unfinished);
      const database = openDatabase(unfinished, { readOnly: false });
      try {
        database.exec(SCHEMA);
      } finally {
        database.close();
      }
      const file = openSync(unfinished, 'r');
      fdatasync(file, () => closeSync(file));
    } catch (error) {
      removeFile(unfinished);
      throw error;
    }
  }

  /** A new one; it has its name when it is one, so that whoever opens it finds all of it or nothing. */
  static create(path: string): HotWriter {
    if (!existsSync(unfinishedOf(path))) HotWriter.prepare(path);
    renameSync(unfinishedOf(path), path);
    return HotWriter.open(path);
  }

  /** One that is there. */
  static open(path: string): HotWriter {
    const database = openSegmentFile(path, false);
    try {
      return new HotWriter(path, database);
    } catch (error) {
      database.close();
      throw readableError(path, error);
    }
  }

  get spans(): number {
    return this.#spans;
  }

  get chunks(): number {
    return this.#chunks;
  }

  get bytes(): number {
    return bytesOf(this.path);
  }

  operations(): Operation[] {
    const rows = this.#database.prepare('SELECT service, name, kind FROM operations ORDER BY number').all();
    return rows as unknown as Operation[];
  }

  losses(): Map<string, number> {
    const rows = this.#database.prepare('SELECT reason, spans FROM losses').all();
    return new Map(rows.map(({ reason, spans }) => [String(reason), Number(spans)]));
  }

  /** All of it or nothing: what SQLite throws leaves everything as it was. `operations`: all of the segment, by number. */
  write(
    chunks: readonly NewChunk[],
    operations: readonly (Operation | undefined)[],
    losses: ReadonlyMap<string, number>,
  ): void {
    const packed = chunks.map(({ bytes }) => pack(bytes));
    this.#database.exec('BEGIN IMMEDIATE');
    let number = this.#operations;
    let spans = 0;
    try {
      while (number + 1 < operations.length) {
        const { service, name, kind } = operations[++number] as Operation;
        this.#insertOperation.run(number, service, name, kind);
      }
      for (const [index, chunk] of chunks.entries()) {
        const id = this.#chunks + 1 + index;
        this.#insertChunk.run(id, chunk.bytes.length, packed[index] as Uint8Array);
        this.#insertRows.run(id, chunk.spans, chunk.rows);
        spans += chunk.spans;
      }
      for (const [reason, lost] of losses) this.#setLoss.run(reason, lost);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    this.#chunks += chunks.length;
    this.#operations = number;
    this.#spans += spans;
  }

  stackLosses(): Map<string, number> {
    return new Map(new StackPartsReader(this.#database).losses());
  }

  /** All of it or nothing, as `write`. `traceIds`: of which something is in the bytes. */
  writeStacks(bytes: Uint8Array, traceIds: ReadonlySet<string>, losses: ReadonlyMap<string, number>): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      if (traceIds.size > 0) this.#stacks.write(bytes, traceIds);
      this.#stacks.writeLosses(losses);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Has the log on the disk, so that it survives the end of the machine too; resolves when it is, or cannot be. */
  sync(): Promise<void> {
    return new Promise((resolve) => {
      try {
        this.#log ??= openSync(`${this.path}-wal`, 'r');
        fdatasync(this.#log, () => resolve());
      } catch {
        resolve();
      }
    });
  }

  /** Leaves the file whole: the log is taken into it. */
  close(): void {
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
    this.#database.close();
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite has done so itself.
    }
  }
}
