import { describe, expect, it } from 'vitest';
import { hexOf } from '../../src/span/span-context.ts';
import { Program } from '../correlate/program.ts';
import { Random } from '../support/random.ts';
import { nanosOf } from '../support/valid-span.ts';
import { runHost } from './host.ts';

describe('programs that read nonsense from the target', () => {
  // Wrong goroutines and parents cannot be helped then; damaged records and reads beyond an object can.
  it('still write records that decode, with ids and an end after the start, in 200 random schedules', () => {
    const inputs = Array.from({ length: 200 }, (_, seed) => {
      const { events } = new Program(new Random(seed), 3).schedule(new Random(9_000 + seed));
      const percent = 1 + (seed % 40);
      return `run ${seed + 1}\n1 set scramble=${percent} seed=${seed + 1}\n${events.join('\n')}\n`;
    });
    const runs = runHost(inputs.join(''));
    expect(runs).toHaveLength(inputs.length);
    let spans = 0;
    for (const span of runs.flatMap((run) => run.spans)) {
      spans++;
      const isWhole = /[1-9a-f]/.test(hexOf(span.traceId)) && /[1-9a-f]/.test(hexOf(span.spanId));
      if (!isWhole || nanosOf(span.end) < nanosOf(span.start)) throw new Error(JSON.stringify(span));
    }
    expect(spans).toBeGreaterThan(500);
  }, 120_000);
});
