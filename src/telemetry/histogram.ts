/** Histograms as data. Owns the types only. */
import type { Attributes } from '@opentelemetry/api';

export interface HistogramInstrument {
  readonly name: string;
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
  /** Upper bounds of the buckets, ascending; one more is above the last. */
  readonly bucketBoundaries: readonly number[];
}

/** What was counted elsewhere, of one metric and one set of attributes, since its target is one. */
export interface CountedHistogram {
  /** Unique among all. */
  readonly key: string;
  readonly instrument: HistogramInstrument;
  readonly attributes: Attributes;
  /** By the buckets of the instrument. */
  readonly counts: readonly number[];
  /** What is in each, together, in the unit of the instrument. */
  readonly sums: readonly number[];
}
