/**
 * Stacks of spans in the file of a segment: parts, each a `StackBatch`, packed, and beside each the keys of the traces that it has something
 * of. Keys in an index of their own would touch as many of its pages in each transaction, and all of these would go to the log. They go with
 * their segment. A file of an earlier version has none of these tables.
 */
import { readStackBatch, StackBatchBuilder } from '../span/stack-batch.ts';
import { pack, unpack } from './compress.ts';
import { traceKeyAt } from './span-rows.ts';
import type { Database, Statement } from './sqlite.ts';

export const STACK_TABLES = `
  CREATE TABLE IF NOT EXISTS stack_parts (part INTEGER PRIMARY KEY, size INTEGER NOT NULL, keys BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS stack_losses (reason TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT`;

/** Small parts are joined up to this: more would have to be read for one span. */
const JOINED_BYTES = 256 << 10;

export const stackKeyOf = (traceId: string): number => traceKeyAt(Buffer.from(traceId, 'hex'), 0);

export class StackPartsWriter {
  readonly #insertPart: Statement;
  readonly #setLoss: Statement;
  #last: number;

  /** Of a file that has the tables. */
  constructor(database: Database) {
    this.#insertPart = database.prepare('INSERT INTO stack_parts VALUES (?, ?, ?, ?)');
    this.#setLoss = database.prepare('INSERT OR REPLACE INTO stack_losses VALUES (?, ?)');
    this.#last = Number(database.prepare('SELECT max(part) AS n FROM stack_parts').get()?.['n'] ?? 0);
  }

  /** Within a transaction of whoever calls. */
  write(bytes: Uint8Array, traceIds: ReadonlySet<string>): void {
    const part = this.#last + 1;
    const keys = new Set([...traceIds].map(stackKeyOf));
    this.#insertPart.run(part, bytes.length, new Uint8Array(Uint32Array.from(keys).buffer), pack(bytes));
    this.#last = part;
  }

  writeLosses(losses: ReadonlyMap<string, number>): void {
    for (const [reason, count] of losses) this.#setLoss.run(reason, count);
  }
}

export class StackPartsReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Parts that may have something of a trace. */
  ofTrace(key: number): Uint8Array[] {
    if (!this.#isThere()) return [];
    const parts: number[] = [];
    const rows = this.#database.prepare('SELECT part, keys FROM stack_parts ORDER BY part').iterate();
    for (const { part, keys } of rows)
      if (new Uint32Array((keys as Uint8Array).slice().buffer).includes(key)) parts.push(part as number);
    const read = this.#database.prepare('SELECT size, bytes FROM stack_parts WHERE part = ?');
    return parts.flatMap((part) => read.all(part).map(unpacked));
  }

  hasAny(): boolean {
    if (!this.#isThere()) return false;
    return this.#database.prepare('SELECT 1 AS n FROM stack_parts LIMIT 1').get() !== undefined;
  }

  *all(): Generator<Uint8Array> {
    if (!this.#isThere()) return;
    const rows = this.#database.prepare('SELECT size, bytes FROM stack_parts ORDER BY part').iterate();
    for (const row of rows) yield unpacked(row);
  }

  losses(): [reason: string, count: number][] {
    if (!this.#isThere()) return [];
    const rows = this.#database.prepare('SELECT reason, count FROM stack_losses ORDER BY reason').all();
    return rows.map(({ reason, count }) => [String(reason), Number(count)]);
  }

  /** Also while who writes the file is just making them. */
  #isThere(): boolean {
    const found = this.#database
      .prepare("SELECT 1 AS n FROM sqlite_master WHERE name = 'stack_losses'")
      .get();
    return found !== undefined;
  }
}

const unpacked = ({ size, bytes }: Record<string, unknown>): Uint8Array =>
  unpack(bytes as Uint8Array, size as number);

/** Writes all parts into another file, within a transaction of whoever calls. */
export function joinStackParts(parts: Iterable<Uint8Array>, database: Database): void {
  const writer = new StackPartsWriter(database);
  const joined = new StackBatchBuilder();
  let traceIds = new Set<string>();
  const flush = (): void => {
    if (traceIds.size > 0) writer.write(joined.take(), traceIds);
    traceIds = new Set();
  };
  for (const part of parts) {
    for (const span of readStackBatch(part)?.spans ?? []) {
      joined.add(span);
      traceIds.add(span.traceId);
      if (joined.bytes >= JOINED_BYTES) flush();
    }
  }
  flush();
}
