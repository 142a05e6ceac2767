import { createNoopMeter, type Histogram } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { CountedHistogram } from '../../src/telemetry/histogram.ts';
import { HistogramProducer } from '../../src/telemetry/histogram-producer.ts';
import { HistogramRecorder } from '../../src/telemetry/histogram-recorder.ts';

const instrument = { name: 'd', unit: 's', description: 'D.', bucketBoundaries: [1, 2, 4] };
const counted = (counts: number[], sums: number[], key = 'a'): CountedHistogram => ({
  key,
  instrument,
  attributes: { key },
  counts,
  sums,
});

/** A recorder, and what it has recorded. */
class Recorded {
  readonly recorder = new HistogramRecorder();
  readonly values: number[] = [];
  readonly #histogram: Histogram = Object.assign(createNoopMeter().createHistogram('d'), {
    record: (value: number) => void this.values.push(value),
  });

  record(most?: number): boolean {
    return this.recorder.record(() => this.#histogram, most);
  }
}

describe('histograms that are recorded value by value', () => {
  it('have the same counts and sums', () => {
    const of = new Recorded();
    of.recorder.take([counted([2, 0, 1, 1], [0.5, 0, 3, 100])]);
    expect(of.record()).toBe(false);
    expect(of.values).toEqual([0.25, 0.25, 3, 100]);
    of.recorder.take([counted([2, 1, 1, 1], [0.5, 1.5, 3, 100])]);
    of.record();
    expect(of.values.slice(4)).toEqual([1.5]);
  });

  it('are recorded in turns, in which more may come', () => {
    const of = new Recorded();
    of.recorder.take([counted([3, 0, 0, 0], [1.5, 0, 0, 0])]);
    expect(of.record(2)).toBe(true);
    of.recorder.take([counted([5, 0, 0, 0], [3.5, 0, 0, 0])]);
    expect(of.record(2)).toBe(true);
    expect(of.record(2)).toBe(false);
    expect(of.values).toHaveLength(5);
    expect(of.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(3.5, 12);
  });

  it('stay in their buckets whatever the sum says', () => {
    const of = new Recorded();
    of.recorder.take([counted([1, 1, 0, 1], [7, 0.5, 0, 0])]);
    of.record();
    expect(of.values[0]).toBe(1);
    expect(of.values[1]).toBeGreaterThan(1);
    expect(of.values[2]).toBeGreaterThan(4);
    expect(of.values[1]).toBeLessThan(1.000001);
  });
});

describe('a producer', () => {
  it('gives them as they are, cumulative, those of one metric together', async () => {
    const producer = new HistogramProducer();
    expect((await producer.collect()).resourceMetrics.scopeMetrics).toEqual([]);
    producer.source = () => [
      counted([1, 0, 0, 2], [0.5, 0, 0, 20]),
      counted([0, 1, 0, 0], [0, 1.5, 0, 0], 'b'),
    ];
    const { resourceMetrics, errors } = await producer.collect();
    expect(errors).toEqual([]);
    expect(resourceMetrics.scopeMetrics).toMatchObject([
      {
        scope: { name: 'goidspan' },
        metrics: [
          {
            descriptor: { name: 'd', unit: 's', description: 'D.' },
            aggregationTemporality: 1,
            dataPointType: 0,
            dataPoints: [
              {
                attributes: { key: 'a' },
                value: { buckets: { boundaries: [1, 2, 4], counts: [1, 0, 0, 2] }, count: 3, sum: 20.5 },
              },
              { attributes: { key: 'b' }, value: { count: 1, sum: 1.5 } },
            ],
          },
        ],
      },
    ]);
  });

  it('tells of a source that throws, and does not throw', async () => {
    const producer = new HistogramProducer();
    const error = new Error('gone');
    producer.source = () => {
      throw error;
    };
    expect(await producer.collect()).toMatchObject({
      resourceMetrics: { scopeMetrics: [] },
      errors: [error],
    });
  });
});
