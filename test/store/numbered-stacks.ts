/** Stacks that are known by a number alone, as the spans of `numbered-spans.ts`. */
import type { SpanStacks } from '../../src/span/span-stacks.ts';
import { StackBatchBuilder } from '../../src/span/stack-batch.ts';
import { traceIdOf } from './numbered-spans.ts';

const frame = (at: number) => ({
  function: `main.f${at}`,
  file: `/src/f${at % 3}.go`,
  line: at,
  isInlined: at % 2 === 1,
});

/** Of one span of a numbered request, with its number in it. */
export function stacksOf(number: number): SpanStacks {
  const frames = Array.from({ length: 4 + (number % 5) }, (_, depth) => frame((number + depth) % 50));
  return {
    traceId: traceIdOf(number),
    spanId: number.toString(16).padStart(16, '0'),
    left: number % 4,
    seen: [
      { goid: 7, use: 'cpu', isSample: true, count: 2, ns: number, frames, isCut: false },
      {
        goid: 8,
        use: 'mutex',
        isSample: false,
        count: 1,
        ns: 5_000_000,
        frames: frames.slice(1),
        isCut: true,
      },
    ],
  };
}

export function batchOf(numbers: readonly number[], lost = 0): Uint8Array {
  const batch = new StackBatchBuilder();
  for (const number of numbers) batch.add(stacksOf(number));
  batch.lose('queue_full', lost);
  return batch.take();
}
