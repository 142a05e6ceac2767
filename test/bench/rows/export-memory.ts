/** Memory of a span that waits for the collector. */
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { queue, withRecording, withSilence } from '../program.ts';
import { spreadOf } from '../statistics.ts';

const row = 'export-memory';
const spans = { full: 50_000, quick: 10_000 };
/** Where nobody listens: the discard service. */
const NOBODY = 'http://127.0.0.1:9';

interface Memory {
  readonly bytesPerSpan: number;
  readonly spans: number;
}

export async function exportMemory(bench: Bench): Promise<Figure[]> {
  const count = bench.quick ? spans.quick : spans.full;
  return withRecording(bench, count, (path) =>
    withSilence(async (silence) => {
      const ours: number[] = [];
      const away: number[] = [];
      const stock: number[] = [];
      for (let round = 0; round < Math.min(bench.rounds, 3); round++) {
        ours.push((await queue<Memory>(['memory', 'ours', path, count], silence)).bytesPerSpan);
        away.push((await queue<Memory>(['memory', 'ours', path, count], NOBODY)).bytesPerSpan);
        stock.push((await queue<Memory>(['memory', 'stock', path, count], silence)).bytesPerSpan);
      }
      const detail = `stock ${numberText(spreadOf(stock).median)} B; heap and buffers of ${numberText(count)} spans`;
      const text = { row, unit: 'B' };
      return [
        figureOf(
          { ...text, what: 'memory of a span that waits', goal: { atMost: 400 }, detail },
          spreadOf(ours),
        ),
        figureOf(
          { ...text, what: '… while the collector is away (compressed)', goal: { atMost: 100 }, detail },
          spreadOf(away),
        ),
      ];
    }),
  );
}
