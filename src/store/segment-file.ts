/** What the files of segments have in common: how they are opened, and how it is told that one is ours. */
import { GoidspanError } from '../errors.ts';
import { APPLICATION_ID, FORMAT } from './folder.ts';
import { type Database, isDamage, openDatabase } from './sqlite.ts';

export const OPERATIONS_TABLE =
  'CREATE TABLE operations (number INTEGER PRIMARY KEY, service TEXT, name TEXT, kind INTEGER';
export const CHUNKS_TABLE =
  'CREATE TABLE chunks (chunk INTEGER PRIMARY KEY, size INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT';

/** Marks a new file as ours. */
export const markSql = `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}`;

/**
 * Opens a file that is there.
 * @throws {GoidspanError} `bad_store` if it is none of ours, of a newer version, or damaged: nothing is changed of it.
 */
export function openSegmentFile(path: string, readOnly: boolean): Database {
  let database: Database | undefined;
  try {
    database = openDatabase(path, { readOnly });
    // Few segments are looked at at once, and each of their parts once.
    database.exec('PRAGMA cache_size = -512');
    const id = Number(database.prepare('PRAGMA application_id').get()?.['application_id']);
    const format = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (id !== APPLICATION_ID) throw badFile(path, 'it is no file of a store', REMEDY);
    if (format > FORMAT)
      throw badFile(
        path,
        `it has format ${format}, and this goidspan knows ${FORMAT}`,
        'use the newer goidspan, or choose another --store',
      );
    return database;
  } catch (error) {
    database?.close();
    throw readableError(path, error);
  }
}

/** Says of damage where it is. */
export function readableError(path: string, error: unknown): unknown {
  return isDamage(error) ? badFile(path, (error as Error).message, REMEDY, error) : error;
}

const REMEDY = 'move it away, or choose another --store';

export const badFile = (path: string, cause: string, remedy = REMEDY, error?: unknown): GoidspanError =>
  new GoidspanError('bad_store', `cannot read ${path}: ${cause} (${remedy})`, { cause: error });
