/**
 * Memory for records that wait, those of one trace together: pieces that grow by doubling, and are used again. What was given
 * back stays as it is until `recycle`. Owns how many bytes are in use.
 */
import { type Batch, batchOf } from '../wire/batch.ts';

const BYTES_MIN = 2_048;
/** Of pieces that nobody uses; more are left to the collector. */
const FREE_BYTES_MAX = 8 << 20;

/** Records stand in it one behind the other. */
export interface Piece {
  readonly batch: Batch;
  readonly doublings: number;
  used: number;
}

export class RecordHeap {
  #bytes = 0;
  #freeBytes = 0;
  /** By the number of doublings. */
  readonly #free: Piece[][] = [];
  readonly #returned: Piece[] = [];

  /** Of all pieces in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An empty piece of so many bytes or more. */
  take(bytes: number): Piece {
    const doublings = bytes <= BYTES_MIN ? 0 : Math.ceil(Math.log2(bytes / BYTES_MIN));
    const size = BYTES_MIN << doublings;
    let piece = this.#free[doublings]?.pop();
    if (piece) this.#freeBytes -= size;
    else piece = { batch: batchOf(new ArrayBuffer(size)), doublings, used: 0 };
    piece.used = 0;
    this.#bytes += size;
    return piece;
  }

  give(piece: Piece): void {
    this.#bytes -= piece.batch.u8.length;
    this.#returned.push(piece);
  }

  /** What was given back may be written over from now on. */
  recycle(): void {
    for (const piece of this.#returned) {
      const size = piece.batch.u8.length;
      if (this.#freeBytes + size > FREE_BYTES_MAX) continue;
      this.#freeBytes += size;
      const free = this.#free[piece.doublings];
      if (free) free.push(piece);
      else this.#free[piece.doublings] = [piece];
    }
    this.#returned.length = 0;
  }

  /** The piece, or a larger one with the same in it, with so many bytes free. */
  withRoom(piece: Piece, bytes: number): Piece {
    const { used, batch } = piece;
    if (used + bytes <= batch.u8.length) return piece;
    const larger = this.take(used + bytes);
    larger.batch.u8.set(batch.u8.subarray(0, used));
    larger.used = used;
    this.give(piece);
    return larger;
  }
}
