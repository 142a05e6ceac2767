/** Reads the segment that grows, beside whoever writes it. Keeps its rows, so that only what is new is read. */
import { GoidspanError } from '../errors.ts';
import type { Operation } from '../page-api/query.ts';
import type { PlaceColumns, ScanColumns } from './columns.ts';
import { unpack } from './compress.ts';
import type { SegmentFile } from './folder.ts';
import { groupRows, type OperationColumns } from './operation-columns.ts';
import type { OperationFacts, Segment } from './segment.ts';
import { badFile, openSegmentFile, readableError } from './segment-file.ts';
import { SpanRows } from './span-rows.ts';
import type { Database, Statement } from './sqlite.ts';
import { StackPartsReader } from './stack-parts.ts';

const FIRST_ROWS = 1_024;

export class HotSegment implements Segment {
  readonly number: number;
  readonly hasSpans = true;
  readonly #path: string;
  readonly #database: Database;
  readonly #newParts: Statement;
  readonly #newOperations: Statement;
  readonly #chunk: Statement;
  readonly #stacks: StackPartsReader;
  readonly #operations: (Operation | undefined)[] = [undefined];
  readonly #rows: SpanRows;
  #lastPart = 0;
  /** Of all rows; undefined when there are new ones. */
  #grouped: Map<number, OperationColumns> | undefined;
  #factsOf: readonly OperationFacts[] = [];

  constructor({ number, path }: SegmentFile) {
    this.number = number;
    this.#path = path;
    this.#database = openSegmentFile(path, true);
    // Of that size at once: rows that grow are there twice for a moment.
    const known = this.#guard(() => this.#database.prepare('SELECT sum(spans) AS n FROM row_parts').get());
    this.#rows = new SpanRows(Math.max(FIRST_ROWS, Number(known?.['n'] ?? 0)));
    this.#newParts = this.#database.prepare(
      'SELECT chunk, bytes FROM row_parts WHERE chunk > ? ORDER BY chunk',
    );
    this.#newOperations = this.#database.prepare(
      'SELECT service, name, kind FROM operations WHERE number >= ? ORDER BY number',
    );
    this.#stacks = new StackPartsReader(this.#database);
    this.#chunk = this.#database.prepare('SELECT size, bytes FROM chunks WHERE chunk = ?');
  }

  /** Reads what has been written since. */
  refresh(): void {
    this.#guard(() => {
      this.#database.exec('BEGIN');
      try {
        for (const { chunk, bytes } of this.#newParts.iterate(this.#lastPart)) {
          if (!this.#rows.addBytes(bytes as Uint8Array, chunk as number))
            throw badFile(this.#path, `its rows ${chunk} are damaged`);
          this.#lastPart = chunk as number;
          this.#grouped = undefined;
        }
        for (const row of this.#newOperations.iterate(this.#operations.length))
          this.#operations.push({ ...(row as unknown as Operation) });
      } finally {
        this.#database.exec('COMMIT');
      }
    });
  }

  get operations(): readonly (Operation | undefined)[] {
    return this.#operations;
  }

  get rows(): SpanRows {
    return this.#rows;
  }

  get spans(): number {
    return this.#rows.count;
  }

  get minStartUs(): number {
    return this.facts.reduce(
      (least, { minStartUs }) => Math.min(least, minStartUs),
      Number.POSITIVE_INFINITY,
    );
  }

  get maxStartUs(): number {
    return this.facts.reduce((most, { maxStartUs }) => Math.max(most, maxStartUs), Number.NEGATIVE_INFINITY);
  }

  get facts(): readonly OperationFacts[] {
    this.#group();
    return this.#factsOf;
  }

  scan(operation: number): ScanColumns {
    return this.#columnsOf(operation).scan;
  }

  shares(operation: number): Uint8Array {
    return this.#columnsOf(operation).shares;
  }

  places(operation: number): PlaceColumns {
    return this.#columnsOf(operation).places;
  }

  ids(operation: number): Uint8Array {
    return this.#columnsOf(operation).ids;
  }

  chunk(chunk: number): Uint8Array {
    return this.#guard(() => {
      const row = this.#chunk.get(chunk);
      if (row === undefined) throw badFile(this.#path, `part ${chunk} is missing`);
      return unpack(row['bytes'] as Uint8Array, row['size'] as number);
    });
  }

  /** As it is kept, and how long it is unpacked. */
  packedChunk(chunk: number): { readonly bytes: Uint8Array; readonly size: number } {
    return this.#guard(() => this.#chunk.get(chunk)) as unknown as { bytes: Uint8Array; size: number };
  }

  mayHaveTrace(traceKey: number): boolean {
    return this.chunksOfTrace(traceKey).length > 0;
  }

  chunksOfTrace(traceKey: number): readonly number[] {
    const { traceKey: keys, chunk, count } = this.#rows;
    const chunks = new Set<number>();
    for (let row = 0; row < count; row++) if (keys[row] === traceKey) chunks.add(chunk[row] as number);
    return [...chunks];
  }

  get hasStacks(): boolean {
    return this.#guard(() => this.#stacks.hasAny());
  }

  stacksOfTrace(traceKey: number): readonly Uint8Array[] {
    return this.#guard(() => this.#stacks.ofTrace(traceKey));
  }

  /** All parts with stacks. */
  stackParts(): Iterable<Uint8Array> {
    return this.#stacks.all();
  }

  rollups(): undefined {
    return undefined;
  }

  /** By number of the operation. */
  columns(): Iterable<OperationColumns> {
    return this.#group().values();
  }

  close(): void {
    this.#database.close();
  }

  #group(): Map<number, OperationColumns> {
    if (this.#grouped) return this.#grouped;
    const columns = groupRows(this.#rows, this.#operations);
    this.#factsOf = columns.map(({ facts }) => facts);
    this.#grouped = new Map(columns.map((of) => [of.facts.number, of]));
    return this.#grouped;
  }

  #columnsOf(operation: number): OperationColumns {
    const columns = this.#group().get(operation);
    if (columns === undefined)
      throw new GoidspanError('bad_store', `no operation ${operation} in ${this.#path}`);
    return columns;
  }

  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw readableError(this.#path, error);
    }
  }
}
