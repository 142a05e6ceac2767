/**
 * Counted histograms by the metrics API, which takes values one by one: what has come since the time before is recorded, each
 * value as the mean of its bucket, so that counts and sums are right. Owns what has been taken, and what is still due.
 */
import type { Attributes, Histogram } from '@opentelemetry/api';
import type { CountedHistogram, HistogramInstrument } from './histogram.ts';

/** A bucket, as far as it was taken. */
interface Taken {
  count: number;
  sum: number;
  /** So many values are to be recorded, a part of one included. */
  due: number;
  /** Each as that. */
  mean: number;
}

interface Series {
  readonly instrument: HistogramInstrument;
  readonly attributes: Attributes;
  readonly buckets: Taken[];
}

export class HistogramRecorder {
  readonly #byKey = new Map<string, Series>();

  /** Takes what is new; of more values than `most`, an even sample. What is not among them any more is forgotten. */
  take(all: readonly CountedHistogram[], most = Number.POSITIVE_INFINITY): void {
    this.#forgetAllBut(new Set(all.map(({ key }) => key)));
    const added = all.flatMap((one) => this.#newOf(one));
    const share = Math.min(1, most / added.reduce((sum, { count }) => sum + count, 0));
    for (const { bucket, count, sum } of added) {
      const value = count * share;
      // With what is due already, of which not all may have been recorded.
      const whole = Math.floor(bucket.due);
      bucket.mean = (bucket.mean * whole + sum * share) / (whole + value);
      bucket.due += value;
    }
  }

  /** Records what is due, so many values at most; true if there is more. */
  record(
    histogramOf: (instrument: HistogramInstrument) => Histogram,
    most = Number.POSITIVE_INFINITY,
  ): boolean {
    let left = most;
    for (const { instrument, attributes, buckets } of this.#byKey.values()) {
      for (const bucket of buckets) {
        if (bucket.due < 1) continue;
        const histogram = histogramOf(instrument);
        for (; bucket.due >= 1; bucket.due--) {
          if (left-- <= 0) return true;
          histogram.record(bucket.mean, attributes);
        }
      }
    }
    return false;
  }

  #newOf({ key, instrument, attributes, counts, sums }: CountedHistogram) {
    const { buckets } = this.#seriesOf(key, instrument, attributes);
    return counts.flatMap((now, index) => {
      buckets[index] ??= { count: 0, sum: 0, due: 0, mean: 0 };
      const bucket = buckets[index];
      const count = now - bucket.count;
      // The kernel adds to the sum a moment later.
      if (count <= 0) return [];
      const sum = (sums[index] as number) - bucket.sum;
      Object.assign(bucket, { count: now, sum: sums[index] });
      return { bucket, count, sum: count * within(instrument.bucketBoundaries, index, sum / count) };
    });
  }

  #seriesOf(key: string, instrument: HistogramInstrument, attributes: Attributes): Series {
    const known = this.#byKey.get(key);
    if (known) return known;
    const series: Series = { instrument, attributes, buckets: [] };
    this.#byKey.set(key, series);
    return series;
  }

  #forgetAllBut(keys: ReadonlySet<string>): void {
    for (const key of this.#byKey.keys()) if (!keys.has(key)) this.#byKey.delete(key);
  }
}

/** Count and sum of a bucket may have been read at different moments; and a mean is rounded. */
function within(bounds: readonly number[], bucket: number, mean: number): number {
  const above = bucket === 0 ? 0 : (bounds[bucket - 1] as number) * (1 + Number.EPSILON);
  return Math.min(Math.max(mean, above), bounds[bucket] ?? Number.POSITIVE_INFINITY);
}
