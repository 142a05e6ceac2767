/**
 * An application whose spans go out by a {@link GoidBatchSpanProcessor}: `export-host.mjs SPANS DEADLINE_MS`. Ends its
 * spans over a second, shuts down, and says what came of them when the process ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GoidBatchSpanProcessor } from '../../src/plugin/goid-batch-span-processor.ts';
import { makeSpan } from '../export/spans.ts';

/** What it says. */
export interface HostReport {
  readonly handed: number;
  readonly exported: number;
  readonly lostByReason: Readonly<Record<string, number>>;
  readonly queued: number;
  /** From the beginning of the shutdown to the end of the process. */
  readonly ms: number;
}

const [spans, deadlineMs] = process.argv.slice(2).map(Number) as [number, number];
const processor = new GoidBatchSpanProcessor({ shutdownTimeoutMillis: deadlineMs });
for (let tenth = 0; tenth < 10; tenth++) {
  for (let index = 0; index < spans / 10; index++) {
    processor.onEnd(makeSpan(tenth + 1, (tenth * spans) / 10 + index + 1));
  }
  await sleep(100);
}
const startedAt = performance.now();
process.on('exit', () => {
  const { exports, queue } = processor.status();
  const report: HostReport = { ...exports, queued: queue.spans, ms: performance.now() - startedAt };
  process.stdout.write(`${JSON.stringify(report)}\n`);
});
void processor.shutdown();
