/** Kernel time against wall time, measured again and again so that drift and steps are followed. */
import type { Ktime } from '../wire/batch.ts';
import { loadNative } from './native.ts';

const NANOS = 1_000_000_000n;

/** Turns kernel time into wall time by the offset that was measured last. */
export class Clock {
  readonly #offset = new BigInt64Array(1);
  readonly #error = new BigUint64Array(1);
  #seconds = 0;
  #nanos = 0;

  constructor() {
    this.measure();
  }

  /** Measures the offset: the tightest of 64 bracketed reads. Takes about 5 µs. */
  measure(): void {
    loadNative().measureClock(this.#offset, this.#error);
    const offset = this.#offset[0] as bigint;
    const nanos = ((offset % NANOS) + NANOS) % NANOS;
    this.#nanos = Number(nanos);
    this.#seconds = Number((offset - nanos) / NANOS);
  }

  /** The true offset is within this many nanoseconds of the measured one. */
  get errorNs(): number {
    return Number(this.#error[0]);
  }

  /** Seconds and nanoseconds since 1970, in integers. */
  toUnix([seconds, nanos]: Ktime): [number, number] {
    const sum = nanos + this.#nanos;
    return sum < 1e9 ? [seconds + this.#seconds, sum] : [seconds + this.#seconds + 1, sum - 1e9];
  }
}
