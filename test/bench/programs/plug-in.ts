/**
 * An application with goidspan in it: `plug-in.mjs PID otlp|stock`. Says `tracing`, then answers each line of its standard
 * input: `watch` begins to measure its event loop, `report` says how that went, `block MS` blocks it, `count` says what was
 * exported so far, `stop` ends it.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import type { SpanExporter } from '../../../src/export/span-sink.ts';
import { GoidSpanProcessor } from '../../../src/plugin/goidspan-span-processor.ts';
import { eventually } from '../../support/child.ts';

const [pid, exporter] = process.argv.slice(2);
const processor = new GoidSpanProcessor({
  targets: { pid: Number(pid) },
  limits: { shutdownTimeoutMillis: 20_000 },
  ...(exporter === 'stock' && { exporter: new OTLPTraceExporter() as SpanExporter }),
});
const say = (what: string, value: unknown = ''): void => {
  process.stdout.write(`${what} ${JSON.stringify(value)}\n`);
};

let delays: IntervalHistogram | undefined;

function watch(): void {
  delays?.disable();
  delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  say('watching');
}

/** Milliseconds beyond the one that it waits for. */
function report(): void {
  const ms = (ns: number): number => Math.max(0, ns / 1e6 - 1);
  const { p50, p99, max } = { p50: delays?.percentile(50), p99: delays?.percentile(99), max: delays?.max };
  say('delays', { p50: ms(p50 ?? 0), p99: ms(p99 ?? 0), max: ms(max ?? 0) });
}

function block(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
  say('blocked', forMs);
}

async function stop(): Promise<void> {
  await processor.shutdown();
  const { stats, exports } = processor.status();
  say('stopped', { lost: stats?.lost, ended: stats?.spans.ended, exports });
  process.exit();
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, value] = line.split(' ');
  if (command === 'watch') watch();
  if (command === 'report') report();
  if (command === 'count') say('counts', processor.status().exports);
  if (command === 'block') block(Number(value));
  if (command === 'stop') void stop();
});
await eventually('a traced process', 20_000, () => processor.status().stats?.targets[0]);
say('tracing');
