/**
 * Writes a store: takes requests in, begins a new segment when the present one is large or old, and removes the oldest when there are
 * too many. Sealing is left to whoever calls `seal`, since it takes long. One a folder.
 */
import { existsSync, statSync } from 'node:fs';
import { GoidspanError } from '../errors.ts';
import type { StoreResult } from '../page-api/span-store.ts';
import { stackBatchHead } from '../span/stack-batch.ts';
import {
  bytesOf,
  lockFolder,
  makeFolder,
  pathOf,
  removeFile,
  removeLeftovers,
  type SegmentFile,
  segmentFiles,
} from './folder.ts';
import { HotWriter, type NewChunk } from './hot-writer.ts';
import { OperationTable } from './operation-table.ts';
import { RequestChunks } from './request-chunks.ts';
import { openSegmentFile } from './segment-file.ts';
import { type Database, isRefusedWrite } from './sqlite.ts';
import { CHUNKS_MAX } from './trace-keys.ts';

export interface StoreLimits {
  /** Of all files. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export interface SegmentLimits {
  readonly spans: number;
  readonly ageMs: number;
}

/** `disk_full`: to be tried again when there is room; `failed`: it cannot be, and stays as it is. */
export type SealOutcome = 'sealed' | 'disk_full' | 'failed';

const SEGMENT_LIMITS: SegmentLimits = { spans: 262_144, ageMs: 600_000 };
const HOT_BYTES_MAX = 128 << 20;
/** Of the bytes that are allowed, at most so much is one segment. */
const SEGMENTS_MIN = 8;
/** Some parts come in one transaction. */
const CHUNKS_LEFT = 4_096;

export class Writer {
  readonly #folder: string;
  readonly #limits: StoreLimits;
  readonly #segmentLimits: SegmentLimits;
  readonly #lock: Database;
  readonly #losses = new Map<string, number>();
  /** Of stacks, which are no spans. */
  readonly #stackLosses: Map<string, number>;
  /** What was written before, and is not yet open for being sealed. */
  readonly #left = new Map<number, HotWriter>();
  #hot: HotWriter;
  #number = 0;
  #begunMs = performance.now();
  #operations = new OperationTable();
  #chunks: RequestChunks;
  #sealing: number | undefined;
  #hasNewToSeal = true;
  /** They are read as they are. */
  readonly #unsealable = new Set<number>();
  #areLossesKept = true;
  #isNextPrepared = false;

  /** @throws {GoidspanError} `store_busy`, `bad_store`, `cannot_write`, `no_sqlite`. */
  constructor(folder: string, limits: StoreLimits, segmentLimits = SEGMENT_LIMITS) {
    this.#folder = folder;
    this.#limits = limits;
    this.#segmentLimits = segmentLimits;
    makeFolder(folder);
    this.#lock = refusedWrites(folder, () => lockFolder(folder));
    try {
      removeLeftovers(folder);
      const files = segmentFiles(folder);
      const last = files.at(-1);
      this.#number = last?.kind === 'hot' ? last.number : (last?.number ?? 0) + 1;
      for (const { path } of files)
        this.#retried(() => existsSync(path) && openSegmentFile(path, true).close());
      this.#hot = this.#retried(() =>
        last?.kind === 'hot'
          ? HotWriter.open(last.path)
          : HotWriter.create(pathOf(folder, this.#number, 'hot')),
      );
      for (const [reason, spans] of this.#hot.losses()) this.#lose(reason, spans);
      this.#stackLosses = this.#hot.stackLosses();
      for (const operation of this.#hot.operations()) this.#operations.add(operation);
      this.#chunks = new RequestChunks(this.#operations);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  /**
   * Keeps the spans of requests, all in one transaction: when it returns, they survive the end of the process.
   * @throws {GoidspanError} `cannot_write`: nothing of them is kept.
   */
  append(requests: readonly Uint8Array[]): StoreResult[] {
    const results = requests.map((request) => this.#chunks.add(request));
    const rejected = results.reduce((sum, result) => sum + result.rejected, 0);
    if (rejected > 0) this.#lose('malformed', rejected);
    const chunks = this.#chunks.take();
    if (chunks.length > 0) this.#write(chunks);
    return results;
  }

  /**
   * Keeps where spans were seen in their code, in a transaction of its own. What is no `StackBatch` is counted.
   * @throws {GoidspanError} `cannot_write`: nothing of it is kept.
   */
  appendStacks(bytes: Uint8Array): void {
    const { traceIds, lost } = stackBatchHead(bytes) ?? { traceIds: new Set(), lost: { malformed: 1 } };
    for (const [reason, count] of Object.entries(lost))
      this.#stackLosses.set(reason, (this.#stackLosses.get(reason) ?? 0) + count);
    this.#retried(() => this.#hot.writeStacks(bytes, traceIds, this.#stackLosses));
    if (!this.#isHotFull()) return;
    this.#rotate();
    this.#removeOld(Date.now());
  }

  /** To be called now and then: has the log on the disk, begins a new segment when it is time, and removes what is over the limits. */
  maintain(nowMs = Date.now()): void {
    if (!this.#areLossesKept) this.#write([]);
    void this.#hot.sync();
    this.#prepareNext();
    if (this.#isHotFull()) this.#rotate();
    this.#removeOld(nowMs);
  }

  /** A segment has become whole since `nextToSeal` was asked. */
  get hasNewToSeal(): boolean {
    return this.#hasNewToSeal;
  }

  /** The oldest segment that is to be sealed, if none is being. Then `sealed` is to be called. */
  nextToSeal(): SegmentFile | undefined {
    if (this.#sealing !== undefined) return undefined;
    this.#hasNewToSeal = false;
    const file = segmentFiles(this.#folder).find(
      ({ kind, number }) => kind === 'hot' && number !== this.#number && !this.#unsealable.has(number),
    );
    this.#sealing = file?.number;
    return file;
  }

  /** It is open for being sealed: closing it here does not take its log into the file any more, which would take long. */
  opened(number: number): void {
    this.#left.get(number)?.close();
    this.#left.delete(number);
  }

  sealed(outcome: SealOutcome): void {
    if (this.#sealing !== undefined && outcome === 'failed') this.#unsealable.add(this.#sealing);
    this.#sealing = undefined;
    if (outcome === 'disk_full') this.#dropOldest('disk_full');
  }

  close(): void {
    try {
      if (!this.#areLossesKept) this.#write([]);
    } finally {
      for (const hot of this.#left.values()) hot.close();
      this.#hot.close();
      this.#lock.close();
    }
  }

  /** Counts spans that are not kept. */
  #lose(reason: string, spans: number): void {
    this.#losses.set(reason, (this.#losses.get(reason) ?? 0) + spans);
    this.#areLossesKept = false;
  }

  #write(chunks: readonly NewChunk[]): void {
    const write = () => this.#hot.write(chunks, this.#operations.operations, this.#losses);
    try {
      this.#retried(write);
      this.#areLossesKept = true;
    } catch (error) {
      this.#lose(
        'disk_full',
        chunks.reduce((sum, { spans }) => sum + spans, 0),
      );
      throw error;
    }
    if (chunks.length > 0 && this.#isHotFull()) {
      this.#rotate();
      this.#removeOld(Date.now());
    }
  }

  /** Makes room for what the disk refuses, by removing the oldest. */
  #retried<T>(write: () => T): T {
    for (;;) {
      try {
        return write();
      } catch (error) {
        if (!isRefusedWrite(error)) throw error;
        if (!this.#dropOldest('disk_full')) throw refusedWrite(this.#folder, error);
      }
    }
  }

  #isHotFull(): boolean {
    const { spans, ageMs } = this.#segmentLimits;
    const hot = this.#hot;
    if (hot.spans === 0) return hot.bytes >= this.#hotBytesMax;
    if (hot.spans >= spans || hot.chunks > CHUNKS_MAX - CHUNKS_LEFT) return true;
    return performance.now() - this.#begunMs >= ageMs || hot.bytes >= this.#hotBytesMax;
  }

  #prepareNext(): void {
    if (this.#isNextPrepared) return;
    this.#isNextPrepared = true;
    try {
      HotWriter.prepare(pathOf(this.#folder, this.#number + 1, 'hot'));
    } catch (error) {
      // It is made when it is due.
      if (!isRefusedWrite(error)) throw error;
    }
  }

  get #hotBytesMax(): number {
    return Math.min(HOT_BYTES_MAX, this.#limits.maxBytes / SEGMENTS_MIN);
  }

  /** Where the disk has no room for a new one, the present one goes on. */
  #rotate(): void {
    const number = this.#number + 1;
    let next: HotWriter;
    try {
      next = HotWriter.create(pathOf(this.#folder, number, 'hot'));
    } catch (error) {
      removeFile(pathOf(this.#folder, number, 'hot'));
      if (isRefusedWrite(error)) return;
      throw error;
    }
    this.#left.set(this.#number, this.#hot);
    this.#hot = next;
    if (this.#stackLosses.size > 0) next.writeStacks(new Uint8Array(), new Set(), this.#stackLosses);
    this.#number = number;
    this.#isNextPrepared = false;
    this.#hasNewToSeal = true;
    this.#begunMs = performance.now();
    this.#operations = new OperationTable();
    this.#chunks = new RequestChunks(this.#operations);
    this.#areLossesKept = this.#losses.size === 0;
  }

  #removeOld(nowMs: number): void {
    const files = segmentFiles(this.#folder);
    // One that is being sealed is there twice for a while.
    const allowed = this.#limits.maxBytes - this.#hotBytesMax;
    let bytes = files.reduce((sum, { path }) => sum + bytesOf(path), 0);
    for (const file of files) {
      if (!this.#mayRemove(file)) continue;
      const writtenMs = statSync(file.path).mtimeMs;
      const isOld = nowMs - writtenMs > this.#limits.maxAgeMs;
      if (!isOld && bytes <= allowed) continue;
      bytes -= bytesOf(file.path);
      this.#remove(file, isOld ? 'removed_by_age' : 'removed_by_size');
    }
  }

  #dropOldest(reason: string): boolean {
    const file = segmentFiles(this.#folder).find((candidate) => this.#mayRemove(candidate));
    if (file) this.#remove(file, reason);
    return file !== undefined;
  }

  #mayRemove({ number }: SegmentFile): boolean {
    return number !== this.#number && number !== this.#sealing;
  }

  #remove(file: SegmentFile, reason: string): void {
    const spans = spansOf(file);
    removeFile(file.path);
    this.opened(file.number);
    if (spans > 0) this.#lose(reason, spans);
  }
}

function spansOf({ path, kind }: SegmentFile): number {
  const database = openSegmentFile(path, true);
  try {
    const sql =
      kind === 'hot' ? 'SELECT sum(spans) AS n FROM row_parts' : 'SELECT sum(count) AS n FROM operations';
    return Number(database.prepare(sql).get()?.['n'] ?? 0);
  } finally {
    database.close();
  }
}

const refusedWrite = (folder: string, cause: unknown): GoidspanError =>
  new GoidspanError(
    'cannot_write',
    `cannot write to the store ${folder}: ${(cause as Error).message} (make room, or choose another --store)`,
    { cause },
  );

function refusedWrites<T>(folder: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw isRefusedWrite(error) ? refusedWrite(folder, error) : error;
  }
}
