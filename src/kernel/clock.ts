/** Kernel time against wall time, measured again and again so that steps of the wall clock are followed. */
import type { Ktime } from '../wire/batch.ts';
import { type ClockOffset, unixOf } from '../wire/clock-offset.ts';
import { loadNative } from './native.ts';

const NANOS = 1_000_000_000n;
/** Of the first measurement: the tightest of so many counts for long. */
const FIRST_TRIES = 16;

/** What to add to kernel time. The true offset is within the error of it; both in nanoseconds. */
export interface MeasuredOffset {
  readonly offsetNs: bigint;
  readonly errorNs: bigint;
}

/**
 * Turns kernel time into wall time. Frequency corrections (NTP) move both clocks alike, so the offset between them changes
 * by steps alone; measurements that agree differ by their own errors. One is kept then, so that what happened at one time in
 * the kernel is at one time in all spans.
 * Source: https://docs.kernel.org/core-api/timekeeping.html
 */
export class Clock {
  #kept: MeasuredOffset;
  #offset: ClockOffset;

  constructor() {
    this.#kept = measured();
    for (let tries = 1; tries < FIRST_TRIES; tries++) {
      const next = measured();
      if (next.errorNs < this.#kept.errorNs) this.#kept = next;
    }
    this.#offset = secondsAndNanos(this.#kept.offsetNs);
  }

  /** Measures again; whether the offset is another now. Takes about 5 µs. */
  measure(): boolean {
    const next = measured();
    if (!replaces(next, this.#kept)) return false;
    this.#kept = next;
    this.#offset = secondsAndNanos(next.offsetNs);
    return true;
  }

  /** The one in use. */
  get offset(): ClockOffset {
    return this.#offset;
  }

  /** The true offset is within this many nanoseconds of the one in use. */
  get errorNs(): number {
    return Number(this.#kept.errorNs);
  }

  /** Seconds and nanoseconds since 1970, in integers. */
  toUnix(ktime: Ktime): [number, number] {
    return unixOf(ktime, this.#offset);
  }
}

/** Whether the wall clock was set since: they cannot both be right of one offset. Or the kept one was measured badly. */
export function replaces(next: MeasuredOffset, kept: MeasuredOffset): boolean {
  const apart = next.offsetNs - kept.offsetNs;
  const isStep = (apart < 0n ? -apart : apart) > next.errorNs + kept.errorNs;
  return isStep || 4n * next.errorNs < kept.errorNs;
}

/** The tightest of 64 bracketed reads. */
function measured(): MeasuredOffset {
  const offset = new BigInt64Array(1);
  const error = new BigUint64Array(1);
  loadNative().measureClock(offset, error);
  return { offsetNs: offset[0] as bigint, errorNs: error[0] as bigint };
}

function secondsAndNanos(offsetNs: bigint): ClockOffset {
  const nanos = ((offsetNs % NANOS) + NANOS) % NANOS;
  return [Number((offsetNs - nanos) / NANOS), Number(nanos)];
}
