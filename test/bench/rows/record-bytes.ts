/** Bytes of a span's record, by family: what it costs the ring, the drain and a recording. */
import { batchOf } from '../../../src/wire/batch.ts';
import { decodeBatch } from '../../../src/wire/decode.ts';
import { familyNames, SPAN_BODY_AT, spanBodyBytes } from '../../../src/wire/wire.gen.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf } from '../figure.ts';
import { withRecording } from '../program.ts';
import { recordedFrames } from '../recorded.ts';

const row = 'record-bytes';

export async function recordBytes(bench: Bench): Promise<Figure[]> {
  const sums = new Map<number, { spans: number; bytes: number }>();
  for (const frame of await withRecording(bench, 2_048, recordedFrames)) {
    if (frame.kind !== 'batch') continue;
    decodeBatch(batchOf(frame.bytes), {
      spanEnd: ({ family, header }) => {
        const sum = sums.get(family) ?? { spans: 0, bytes: 0 };
        sums.set(family, { spans: sum.spans + 1, bytes: sum.bytes + header.size });
      },
      bad: (reason) => {
        throw new Error(`a recording with a record that is ${reason}`);
      },
    });
  }
  return Object.entries(familyNames).flatMap(([number, name]) => {
    const fixed = SPAN_BODY_AT + (spanBodyBytes[Number(number)] ?? 0);
    const sum = sums.get(Number(number));
    const without = figureOf({ row, what: `record of a span of ${name}, without texts`, unit: 'B' }, fixed);
    if (sum === undefined) return [without];
    const detail = `of ${sum.spans} spans`;
    const what = `record of a span of ${name}`;
    return [without, figureOf({ row, what, unit: 'B', detail }, Math.round(sum.bytes / sum.spans))];
  });
}
