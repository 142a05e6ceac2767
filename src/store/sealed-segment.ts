/** Reads a segment that is whole: what its operations came to is kept in memory, everything else is read when it is asked for. */
import type { Operation } from '../page-api/query.ts';
import type { PlaceColumns, ScanColumns } from './columns.ts';
import { unpack } from './compress.ts';
import type { SegmentFile } from './folder.ts';
import { placesOf, scanOf } from './operation-columns.ts';
import { type RollupRecord, readRollups } from './rollup.ts';
import { COLUMN_PART, PARTS_AN_OPERATION } from './seal-segment.ts';
import type { OperationFacts, Segment } from './segment.ts';
import { badFile, openSegmentFile, readableError } from './segment-file.ts';
import type { Database, Statement, Value } from './sqlite.ts';
import { StackPartsReader } from './stack-parts.ts';
import { bucketOfKey, findTraceKey } from './trace-keys.ts';

/** Of the pages of a file that SQLite keeps. */
const CACHE_KIB = 128;

export class SealedSegment implements Segment {
  readonly number: number;
  readonly spans: number;
  readonly minStartUs: number;
  readonly maxStartUs: number;
  readonly facts: readonly OperationFacts[];
  readonly hasSpans: boolean;
  readonly #path: string;
  readonly #database: Database;
  readonly #byNumber: ReadonlyMap<number, OperationFacts>;
  readonly #chunk: Statement;
  readonly #column: Statement;
  readonly #keys: Statement;
  readonly #stacks: StackPartsReader;

  constructor({ number, path }: SegmentFile) {
    this.number = number;
    this.#path = path;
    this.#database = openSegmentFile(path, true);
    // Parts are read whole and seldom twice: many open files would else keep 2 MB each.
    this.#database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    this.#chunk = this.#database.prepare('SELECT size, bytes FROM chunks WHERE chunk = ?');
    this.#column = this.#database.prepare('SELECT size, bytes FROM columns WHERE id = ?');
    this.#stacks = new StackPartsReader(this.#database);
    this.#keys = this.#database.prepare('SELECT bytes FROM trace_keys WHERE bucket = ?');
    this.facts = this.#guard(() => this.#database.prepare('SELECT * FROM operations').all().map(factsOf));
    this.hasSpans = this.#guard(
      () => this.#database.prepare('SELECT 1 FROM chunks LIMIT 1').get() !== undefined,
    );
    this.#byNumber = new Map(this.facts.map((facts) => [facts.number, facts]));
    this.spans = this.facts.reduce((sum, { count }) => sum + count, 0);
    this.minStartUs = this.facts.reduce(
      (least, { minStartUs }) => Math.min(least, minStartUs),
      Number.POSITIVE_INFINITY,
    );
    this.maxStartUs = this.facts.reduce(
      (most, { maxStartUs }) => Math.max(most, maxStartUs),
      Number.NEGATIVE_INFINITY,
    );
  }

  scan(operation: number): ScanColumns {
    const facts = this.#byNumber.get(operation) as OperationFacts;
    const scan = scanOf(this.#columnOf(operation, COLUMN_PART.scan), facts);
    if (scan === undefined) throw badFile(this.#path, `columns ${operation} are damaged`);
    return scan;
  }

  shares(operation: number): Uint8Array {
    return this.#columnOf(operation, COLUMN_PART.shares);
  }

  places(operation: number): PlaceColumns {
    const { count } = this.#byNumber.get(operation) as OperationFacts;
    return placesOf(this.#columnOf(operation, COLUMN_PART.places), count);
  }

  ids(operation: number): Uint8Array {
    return this.#columnOf(operation, COLUMN_PART.ids);
  }

  chunk(chunk: number): Uint8Array {
    return this.#part(this.#chunk, chunk);
  }

  mayHaveTrace(traceKey: number): boolean {
    return this.#chunksWith(traceKey).length > 0;
  }

  chunksOfTrace(traceKey: number): readonly number[] {
    return this.hasSpans ? this.#chunksWith(traceKey) : [];
  }

  #chunksWith(traceKey: number): readonly number[] {
    const row = this.#guard(() => this.#keys.get(bucketOfKey(traceKey)));
    return row ? findTraceKey(row['bytes'] as Uint8Array, traceKey) : [];
  }

  get hasStacks(): boolean {
    return this.#guard(() => this.#stacks.hasAny());
  }

  stacksOfTrace(traceKey: number): readonly Uint8Array[] {
    return this.#guard(() => this.#stacks.ofTrace(traceKey));
  }

  *rollups(only?: number): Iterable<readonly [number, Iterable<RollupRecord>]> {
    const where = only === undefined ? '' : ` WHERE operation = ${only}`;
    const rows = this.#guard(() =>
      this.#database.prepare(`SELECT operation, bytes FROM rollups${where}`).all(),
    );
    for (const { operation, bytes } of rows) yield [operation as number, readRollups(bytes as Uint8Array)];
  }

  close(): void {
    this.#database.close();
  }

  #columnOf(operation: number, part: number): Uint8Array {
    return this.#part(this.#column, operation * PARTS_AN_OPERATION + part);
  }

  #part(statement: Statement, id: number): Uint8Array {
    return this.#guard(() => {
      const row = statement.get(id);
      if (row === undefined) throw badFile(this.#path, `part ${id} is missing`);
      return unpack(row['bytes'] as Uint8Array, row['size'] as number);
    });
  }

  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw readableError(this.#path, error);
    }
  }
}

function factsOf(row: Record<string, Value>): OperationFacts {
  const { service, name, kind, ...facts } = row;
  const operation = name === null ? undefined : ({ service, name, kind } as unknown as Operation);
  return { ...(facts as unknown as Omit<OperationFacts, 'operation'>), operation };
}
