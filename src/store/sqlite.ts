/**
 * Node's own SQLite, and only as much of it as the store uses: `node:sqlite` is in Node since 22.13, newer than the oldest Node that
 * everything else here runs on, so that it is asked for when a store is opened.
 * Source: https://nodejs.org/docs/latest-v24.x/api/sqlite.html
 */
import { GoidspanError } from '../errors.ts';

/** What a column holds. Integers are read as numbers: below 2^53, or it throws. */
export type Value = number | string | Uint8Array | null;

export interface Statement {
  run(...values: readonly Value[]): { readonly changes: number | bigint };
  get(...values: readonly Value[]): Record<string, Value> | undefined;
  all(...values: readonly Value[]): Record<string, Value>[];
  iterate(...values: readonly Value[]): IterableIterator<Record<string, Value>>;
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

interface Sqlite {
  readonly DatabaseSync: new (
    path: string,
    options?: { readonly readOnly?: boolean; readonly timeout?: number },
  ) => Database;
}

let loaded: Sqlite | undefined;

/** How long one waits for another process that is just writing. */
const BUSY_MS = 2_000;
/** Result codes. Source: https://www.sqlite.org/rescode.html */
const RESULT = { busy: 5, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const;

/** @throws {GoidspanError} `no_sqlite`; what SQLite throws if the file cannot be opened. */
export function openDatabase(
  path: string,
  { readOnly, busyMs = BUSY_MS }: { readonly readOnly: boolean; readonly busyMs?: number },
): Database {
  loaded ??= load();
  return new loaded.DatabaseSync(path, { readOnly, timeout: busyMs });
}

/** The primary result code of an error of SQLite. */
const resultOf = (error: unknown): number | undefined => {
  const code = (error as { readonly errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
};

export const isBusy = (error: unknown): boolean => resultOf(error) === RESULT.busy;

export const isDamage = (error: unknown): boolean => {
  const result = resultOf(error);
  return result === RESULT.corrupt || result === RESULT.notADatabase;
};

/** The disk does not take what is written: it is full, or something stands in the way. */
export const isRefusedWrite = (error: unknown): boolean => {
  const result = resultOf(error);
  return result === RESULT.full || result === RESULT.ioError || result === RESULT.cannotOpen;
};

function load(): Sqlite {
  const emitWarning = process.emitWarning;
  // Said once when the module is loaded, of this module: nothing that a user of the store could act upon.
  process.emitWarning = (() => {}) as typeof process.emitWarning;
  try {
    const sqlite = process.getBuiltinModule('node:sqlite') as unknown as Sqlite | undefined;
    if (sqlite) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw new GoidspanError(
    'no_sqlite',
    `cannot open the store: Node ${process.versions.node} has no SQLite (use Node 22.13 or newer)`,
  );
}
