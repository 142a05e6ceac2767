/**
 * An application's own spans in their export: `queue.mjs speed|pause|memory ours|stock|none SPANS NUMBER`, where SPANS is
 * a recording, or `synthetic`. Says one line of JSON and ends.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { GoidBatchSpanProcessor } from '../../../src/plugin/goid-batch-span-processor.ts';
import type { ReadableSpan } from '../../../src/span/readable-span.ts';
import { eachRecordedSpan, recordedSpans } from '../recorded.ts';
import { makeSyntheticSpan } from '../synthetic-span.ts';

const [what = '', which = '', source = '', count = ''] = process.argv.slice(2);
const number = Number(count);

/** What is measured of either pipeline. */
interface Queue {
  onEnd(span: ReadableSpan): void;
  /** Spans that the collector has taken. */
  accepted(): number;
}

const SPANS_MAX = 2 ** 20;

function openQueue(): Queue {
  if (which === 'none') return { onEnd: () => {}, accepted: () => Number.POSITIVE_INFINITY };
  if (which.startsWith('ours')) {
    const processor = new GoidBatchSpanProcessor({ maxQueueBytes: 2 ** 30 });
    return { onEnd: (span) => processor.onEnd(span), accepted: () => processor.status().exports.exported };
  }
  const stock = new OTLPTraceExporter();
  let accepted = 0;
  const counting: SpanExporter = {
    export: (spans, done) =>
      stock.export(spans, (result) => {
        if (result.code === 0) accepted += spans.length;
        done(result);
      }),
    shutdown: () => stock.shutdown(),
  };
  const processor = new BatchSpanProcessor(counting, { maxQueueSize: SPANS_MAX });
  return { onEnd: (span) => processor.onEnd(span as never), accepted: () => accepted };
}

const readySpans = async (): Promise<ReadableSpan[]> =>
  source === 'synthetic'
    ? Array.from({ length: 4_096 }, (_, index) => makeSyntheticSpan(index + 1))
    : await recordedSpans(source);

const UNACCEPTED_MAX = 8_192;

/** As many spans as the pipeline takes; a first fifth is not counted. */
async function speed(): Promise<unknown> {
  const [queue, spans] = [openQueue(), await readySpans()];
  let pushed = 0;
  const push = async (until: number): Promise<void> => {
    while (pushed < until) {
      for (let index = 0; index < 64; index++) queue.onEnd(spans[pushed++ % spans.length] as ReadableSpan);
      while (pushed - queue.accepted() > UNACCEPTED_MAX) await turn();
    }
    while (queue.accepted() < until) await turn();
  };
  await push(number / 5);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await push(number + number / 5);
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - began;
  return { perSecond: (number * 1000) / ms, cpuUsPerSpan: (user + system) / number };
}

/** Longest time between two turns of the event loop while a batch of 512 spans comes in and goes out, for each batch. */
async function pause(): Promise<unknown> {
  const [queue, spans] = [openQueue(), await readySpans()];
  const gaps: number[] = [];
  let pushed = 0;
  for (let batch = 0; batch < number; batch++) {
    let [longest, last] = [0, performance.now()];
    const nextTurn = async (): Promise<void> => {
      await turn();
      const now = performance.now();
      [longest, last] = [Math.max(longest, now - last), now];
    };
    for (let index = 0; index < 512; index++) {
      queue.onEnd(spans[pushed++ % spans.length] as ReadableSpan);
      if (index % 4 === 3) await nextTurn();
    }
    for (let turns = 0; queue.accepted() < pushed || turns < 16; turns++) await nextTurn();
    gaps.push(longest);
  }
  // The first are of code that was not compiled yet.
  return { gaps: gaps.slice(Math.floor(number / 3)) };
}

/** Of spans that wait, and that nobody else knows. */
async function memory(): Promise<unknown> {
  const used = (): number => {
    for (let round = 0; round < 3; round++) globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  // What is loaded once, and what a parser keeps.
  await eachSpan(() => {});
  const queue = openQueue();
  const before = used();
  let spans = 0;
  await eachSpan((span) => {
    queue.onEnd(span);
    spans++;
  });
  await settled();
  const bytesPerSpan = (used() - before) / spans;
  return { bytesPerSpan, spans, accepted: queue.accepted() };
}

const eachSpan = async (take: (span: ReadableSpan) => void): Promise<void> => {
  if (source !== 'synthetic') return eachRecordedSpan(source, take);
  for (let index = 1; index <= number; index++) take(makeSyntheticSpan(index));
};

/** Time to notice that the collector is away, and to compress what waits for it. */
const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 2_000));

const ways: Readonly<Record<string, () => Promise<unknown>>> = { speed, pause, memory };
const measured = await ways[what]?.();
process.stdout.write(`${JSON.stringify(measured)}\n`);
process.exit();
