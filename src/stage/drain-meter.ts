/** Counts what is taken out of the ring buffer, and the time that it takes to make spans of it. */
import type { Batch } from '../wire/batch.ts';

/** What was taken out of the ring buffer. */
export interface DrainStats {
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  /** Spent on making spans of them and handing these over, in milliseconds. */
  readonly timeMs: number;
}

export class DrainMeter {
  #batches = 0;
  #records = 0;
  #bytes = 0;
  #timeMs = 0;

  /** Counts the batch, and the time that `decode` takes, which says how many records there were. */
  measure(batch: Batch, decode: (batch: Batch) => number): void {
    const startedAt = performance.now();
    this.#records += decode(batch);
    this.#timeMs += performance.now() - startedAt;
    this.#batches++;
    this.#bytes += batch.u8.length;
  }

  /** So far. */
  stats(): DrainStats {
    return { batches: this.#batches, records: this.#records, bytes: this.#bytes, timeMs: this.#timeMs };
  }
}
