/**
 * The records of local traces whose root has not ended, as far as they are known to belong together: a record waits for its
 * parent, and when that comes, what waits for it goes along. Owns who waits for whom; decides nothing.
 */
import type { Batch } from '../wire/batch.ts';
import { fieldAt } from '../wire/fields.ts';
import { headerAt } from '../wire/wire.gen.ts';
import { type Piece, RecordHeap } from './record-heap.ts';
import { SpanIndex } from './span-index.ts';

/** Of a record that waits: its number in the order in which all came, and its mark. */
const HEAD_BYTES = 8;

/** What is known of a record by who lets it wait; bits. */
export const recordMark = {
  /** The span of a call or request: others may wait for it. */
  CALL: 1,
  /** It is a slow request. */
  SLOW: 2,
  /** No span: what a goroutine has done for one. */
  TURNS: 4,
  /** Its parent is none of ours, but there is a span of ours around it. */
  AROUND: 8,
} as const;

export const SPAN_ID_AT = fieldAt('EV_SPAN_END', 'span_id');
const PARENT_ID_AT = fieldAt('EV_SPAN_END', 'parent_span_id');
/** Of a span whose parent is none of ours (`SPAN_FLAG_SDK_PARENT`). */
const AROUND_ID_AT = fieldAt('EV_SPAN_END', 'link_span_id');
const TURNS_ID_AT = fieldAt('EV_GOROUTINE_TURNS', 'span_id');

/** Records that wait together. */
export interface Waiting {
  readonly targetId: number;
  /** When the first of them came. */
  readonly since: number;
  piece: Piece;
}

/** Where in a record the id stands for which it waits. */
export function parentIdAt(mark: number): number {
  if (mark & recordMark.TURNS) return TURNS_ID_AT;
  return mark & recordMark.AROUND ? AROUND_ID_AT : PARENT_ID_AT;
}

/** Whether there is a span of ours around one that begins there, whose parent is none. */
export function isAroundAt({ u32 }: Batch, at: number): boolean {
  const id = (at + AROUND_ID_AT) >>> 2;
  return u32[id] !== 0 || u32[id + 1] !== 0;
}

export class WaitingTraces {
  readonly #heap = new RecordHeap();
  /** By the ids of spans that wait, and of those for which something waits. */
  readonly #bySpan = new SpanIndex<Waiting>();
  /** Those that have waited longest come first. */
  readonly #all = new Set<Waiting>();
  #order = 0;

  /** Of the memory that they take. */
  get bytes(): number {
    return this.#heap.bytes;
  }

  /** The longest waiting first. */
  all(): IterableIterator<Waiting> {
    return this.#all.values();
  }

  get oldest(): Waiting | undefined {
    for (const waiting of this.#all) return waiting;
    return undefined;
  }

  /** What waits for the span whose id these words are, or together with it. */
  of(first: number, second: number): Waiting | undefined {
    return this.#bySpan.get(first, second);
  }

  /** Lets a record wait for its parent, with what waits for both. Returns all that waits then. */
  add(batch: Batch, at: number, mark: number, now: number): Waiting {
    const { u32 } = batch;
    const index = this.#bySpan;
    const parent = (at + parentIdAt(mark)) >>> 2;
    const first = u32[parent] as number;
    const second = u32[parent + 1] as number;
    const own = (at + SPAN_ID_AT) >>> 2;
    const before = mark & recordMark.CALL ? index.get(u32[own] as number, u32[own + 1] as number) : undefined;
    const waiting = this.#joined(index.get(first, second), before) ?? this.#begin(batch, at, now);
    index.set(first, second, waiting);
    if (mark & recordMark.CALL) index.set(u32[own] as number, u32[own + 1] as number, waiting);
    this.#append(waiting, batch, at, mark);
    return waiting;
  }

  /** Nothing of that waits any more. Its records stay as they are until `recycle`. */
  remove(waiting: Waiting): void {
    const { batch, used } = waiting.piece;
    for (let at = HEAD_BYTES; at < used; at = nextOf(batch, at)) {
      this.#unlink(batch.u32, at + parentIdAt(markOf(batch, at)));
      if (markOf(batch, at) & recordMark.CALL) this.#unlink(batch.u32, at + SPAN_ID_AT);
    }
    this.#all.delete(waiting);
    this.#heap.give(waiting.piece);
  }

  /** What was removed may be written over from now on. */
  recycle(): void {
    this.#heap.recycle();
  }

  #unlink(u32: Uint32Array, at: number): void {
    this.#bySpan.delete(u32[at >>> 2] as number, u32[(at >>> 2) + 1] as number);
  }

  #begin({ u32 }: Batch, at: number, now: number): Waiting {
    const targetId = u32[(at + headerAt.targetId) >>> 2] as number;
    const waiting = { targetId, since: now, piece: this.#heap.take(HEAD_BYTES + bytesOf(u32, at)) };
    this.#all.add(waiting);
    return waiting;
  }

  #append(waiting: Waiting, { u32 }: Batch, at: number, mark: number): void {
    const bytes = bytesOf(u32, at);
    waiting.piece = this.#heap.withRoom(waiting.piece, HEAD_BYTES + bytes);
    const { piece } = waiting;
    const words = piece.batch.u32;
    let to = piece.used >>> 2;
    words[to++] = this.#order++;
    words[to++] = mark;
    const end = (at + bytes) >>> 2;
    // As long as records are, this takes less than to make a view of one.
    for (let from = at >>> 2; from < end; from++) words[to++] = u32[from] as number;
    piece.used += HEAD_BYTES + bytes;
  }

  /** Both as one, which has waited as long as the older of them. */
  #joined(one: Waiting | undefined, other: Waiting | undefined): Waiting | undefined {
    if (one === undefined || other === undefined || one === other) return one ?? other;
    const [older, younger] = one.since <= other.since ? [one, other] : [other, one];
    const { batch, used } = younger.piece;
    for (let at = HEAD_BYTES; at < used; at = nextOf(batch, at)) {
      this.#link(batch.u32, at + parentIdAt(markOf(batch, at)), older);
      if (markOf(batch, at) & recordMark.CALL) this.#link(batch.u32, at + SPAN_ID_AT, older);
    }
    older.piece = this.#heap.withRoom(older.piece, used);
    older.piece.batch.u8.set(batch.u8.subarray(0, used), older.piece.used);
    older.piece.used += used;
    this.#all.delete(younger);
    this.#heap.give(younger.piece);
    return older;
  }

  #link(u32: Uint32Array, at: number, waiting: Waiting): void {
    this.#bySpan.set(u32[at >>> 2] as number, u32[(at >>> 2) + 1] as number, waiting);
  }
}

/** Calls `visit` for each record that waits there, as they stand. */
export function eachWaiting(
  { piece: { batch, used } }: Waiting,
  visit: (at: number, mark: number) => void,
): void {
  for (let at = HEAD_BYTES; at < used; at = nextOf(batch, at)) visit(at, markOf(batch, at));
}

/** Where the records stand that wait there, in the order in which they came. */
export function inOrder(waiting: Waiting): number[] {
  const { u32 } = waiting.piece.batch;
  const places: number[] = [];
  eachWaiting(waiting, (at) => places.push(at));
  const orderOf = (at: number): number => u32[(at - HEAD_BYTES) >>> 2] as number;
  // Numbers begin again after 2^32.
  return places.sort((a, b) => (orderOf(a) - orderOf(b)) | 0);
}

export const markOf = ({ u32 }: Batch, at: number): number => u32[(at >>> 2) - 1] as number;

const nextOf = ({ u32 }: Batch, at: number): number => at + bytesOf(u32, at) + HEAD_BYTES;

/** That a record takes, up to the beginning of the next one. */
const bytesOf = (u32: Uint32Array, at: number): number =>
  ((u32[(at + headerAt.size) >>> 2] as number) + 7) & ~7;
