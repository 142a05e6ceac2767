/**
 * The folder of a store: which files are in it, and who may write. A segment has a number and is one file: `.hot` while it is written,
 * `.spans` once it is whole. Where both are there, the process ended between the two, and the whole one counts.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GoidspanError } from '../errors.ts';
import { type Database, isBusy, openDatabase } from './sqlite.ts';

/** Says that a file is ours: "gspn". */
export const APPLICATION_ID = 0x6773_706e;
/** Of all files of a store. A newer one is not read. */
export const FORMAT = 1;

export type SegmentKind = 'hot' | 'spans';

export interface SegmentFile {
  readonly number: number;
  readonly kind: SegmentKind;
  readonly path: string;
}

/** What SQLite lays beside a file that is written. */
const BESIDE = ['', '-wal', '-shm', '-journal'];
const SEGMENT = /^(\d{8})\.(hot|spans)$/;
const UNFINISHED = /\.unfinished(?:-journal|-wal|-shm)?$/;

/** Where the store is if nobody says where, by the conventions of the platform. */
export function defaultFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_STATE_HOME: state } = env;
  // Relative ones are to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  return join(state?.startsWith('/') ? state : join(homedir(), '.local/state'), 'goidspan');
}

/** Readable by its owner alone: spans tell what a program is asked. */
export function makeFolder(folder: string): void {
  try {
    if (existsSync(folder)) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (cause) {
    throw new GoidspanError(
      'cannot_write',
      `cannot make the store ${folder}: ${(cause as Error).message} (choose another --store)`,
      { cause },
    );
  }
}

export const pathOf = (folder: string, number: number, kind: SegmentKind): string =>
  join(folder, `${String(number).padStart(8, '0')}.${kind}`);

/** By their numbers. */
export function segmentFiles(folder: string): SegmentFile[] {
  const byNumber = new Map<number, SegmentFile>();
  for (const name of readdirSync(folder).sort()) {
    const [, digits, kind] = SEGMENT.exec(name) ?? [];
    if (digits === undefined) continue;
    const number = Number(digits);
    byNumber.set(number, { number, kind: kind as SegmentKind, path: join(folder, name) });
  }
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

/** What a process that was killed has left half done, or done twice. Only for who holds the lock. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) if (UNFINISHED.test(name)) rmSync(join(folder, name));
  for (const { number, kind } of segmentFiles(folder))
    if (kind === 'spans') removeFile(pathOf(folder, number, 'hot'));
}

/** A file and what lies beside it. Who has it open may read on. */
export function removeFile(path: string): void {
  for (const suffix of BESIDE) rmSync(path + suffix, { force: true });
}

/** 0 if it is not there. */
export function bytesOf(path: string): number {
  let bytes = 0;
  for (const suffix of BESIDE) bytes += statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/**
 * Holds the folder for one writer, until it is closed or the process ends, however it does.
 * @throws {GoidspanError} `store_busy`.
 */
export function lockFolder(folder: string): Database {
  const lock = openDatabase(join(folder, 'lock'), { readOnly: false, busyMs: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw cause;
    throw new GoidspanError(
      'store_busy',
      `cannot write to the store ${folder}: another process does (end it, or choose another --store)`,
      { cause },
    );
  }
}
