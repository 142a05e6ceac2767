import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GoidBatchSpanProcessor } from '../../src/plugin/goid-batch-span-processor.ts';
import type { GoidBatchSpanProcessorOptions } from '../../src/plugin/otlp-options.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { makeSpan, sumOf } from '../export/spans.ts';
import { BOOT_UNIX_SECONDS } from '../span/fact.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Authority, openssl } from '../support/certificates.ts';
import { Child, eventually } from '../support/child.ts';
import { goidspan, readSummary } from '../support/command.ts';
import type { HostReport } from '../support/export-host.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { type Jaeger, jaegerTraces, peers, startJaeger, startPlainCollector } from '../support/peers.ts';
import type { SinkAnswer } from '../support/scripted-sink.ts';
import { bundleProgram, SinkProcess, type SinkProcessOptions } from '../support/sink-process.ts';

const TRACES = 100;

/** Spans that end now, pushed into a queue that is watched. */
class Source {
  readonly processor: GoidBatchSpanProcessor;
  pushed = 0;

  constructor(options: GoidBatchSpanProcessorOptions) {
    this.processor = new GoidBatchSpanProcessor({ scheduledDelayMillis: 200, ...options });
    closing.push(() => this.#close());
  }

  push(spans: number, change: (span: ReadableSpan) => ReadableSpan = (span) => span): void {
    const start = [Math.floor(Date.now() / 1000) - BOOT_UNIX_SECONDS, 0] as const;
    for (let index = 0; index < spans; index++) {
      const number = ++this.pushed;
      const span = makeSpan(1 + (number % TRACES), number, { start, end: [start[0], 1_000] });
      this.processor.onEnd(change(span));
    }
  }

  /** So many a second, in slices of 10 ms. */
  async pushFor(seconds: number, rate: number): Promise<void> {
    const [began, before] = [performance.now(), this.pushed];
    for (let at = began; at < began + seconds * 1000; at = performance.now()) {
      this.push(Math.floor(((at - began) * rate) / 1000) - (this.pushed - before));
      await sleep(10);
    }
  }

  get counts() {
    const { exports, queue } = this.processor.status();
    return { exported: exports.exported, lost: exports.lostByReason, queued: queue.spans };
  }

  /** Each span has one outcome, or waits. */
  check() {
    const { exported, lost, queued } = this.counts;
    const { handed } = this.processor.status().exports;
    expect({ handed, sum: exported + sumOf(lost) + queued }).toEqual({
      handed: this.pushed,
      sum: this.pushed,
    });
    return { exported, lost, queued };
  }

  /** Waits until all that was pushed has an outcome. */
  async settle(timeoutMs = 20_000): Promise<ReturnType<Source['check']>> {
    const endsAt = performance.now() + timeoutMs;
    while (this.counts.queued > 0 && performance.now() < endsAt) await this.processor.forceFlush();
    return this.check();
  }

  async #close(): Promise<void> {
    await this.processor.shutdown();
    expect(this.check().queued).toBe(0);
  }
}

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

let folder: string;
let sinkProgram: string;
let hostProgram: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goidspan-faults-'));
  sinkProgram = await bundleProgram('support/sink-program.ts', folder);
  hostProgram = await bundleProgram('support/export-host.ts', folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function startSink(options: SinkProcessOptions): Promise<SinkProcess> {
  const sink = await SinkProcess.start(sinkProgram, options);
  closing.push(() => sink.stop());
  return sink;
}

const protocols = [
  { protocol: 'grpc', otlp: 'grpc', busy: { grpcStatus: 14 } },
  { protocol: 'http', otlp: 'http/protobuf', busy: { httpStatus: 503 } },
] as const;

describeWith([peers], 'with a real peer', () => {
  const collectorFor = async (otlp: 'grpc' | 'http/protobuf') => {
    const collector = await startPlainCollector();
    closing.push(() => collector.kill());
    return { collector, url: otlp === 'grpc' ? collector.otlpGrpc : collector.otlpHttp };
  };

  it.each(protocols)(
    'nothing is lost when the collector is killed and restarted under load, over $protocol',
    async ({ otlp }) => {
      const { collector, url } = await collectorFor(otlp);
      const source = new Source({ url, protocol: otlp });
      const load = source.pushFor(3, 10_000);
      await sleep(1_000);
      await collector.kill();
      await sleep(300);
      const second = await startPlainCollector(collector);
      closing.push(() => second.kill());
      await load;
      expect(await source.settle()).toEqual({ exported: source.pushed, lost: {}, queued: 0 });
      expect(source.pushed).toBeGreaterThan(25_000);
      // The log is on its way when the answer is.
      const arrived = () => collector.arrived() + second.arrived() >= source.pushed || undefined;
      await eventually(`all ${source.pushed} spans in the logs`, 5_000, arrived);
      expect(second.arrived()).toBeGreaterThan(0);
    },
  );

  const downSeconds = isFullRun ? 60 : 5;
  it(`nothing is lost when the collector is down for ${downSeconds} s at 10,000 spans/s`, async () => {
    const { collector, url } = await collectorFor('grpc');
    await collector.kill();
    const source = new Source({ url, protocol: 'grpc' });
    await source.pushFor(downSeconds, 10_000);
    expect(source.check()).toMatchObject({ exported: 0, lost: {} });
    expect(source.processor.status().queue.bytes).toBeLessThan(64 * 2 ** 20);
    const second = await startPlainCollector(collector);
    closing.push(() => second.kill());
    expect(await source.settle(40_000)).toEqual({ exported: source.pushed, lost: {}, queued: 0 });
    await expect.poll(() => second.arrived()).toBe(source.pushed);
  }, 150_000);

  it('no request is too large for the 4 MiB that a collector takes, and a span that is gets through as well', async () => {
    const { collector, url } = await collectorFor('grpc');
    const source = new Source({ url, protocol: 'grpc' });
    const sized = (bytes: number) => (span: ReadableSpan) => ({
      ...span,
      attributes: { text: 'x'.repeat(bytes) },
    });
    source.push(20, sized(1_000_000));
    source.push(1, sized(10_000_000));
    source.push(5, sized(10));
    expect(await source.settle()).toEqual({ exported: 26, lost: {}, queued: 0 });
    await expect.poll(() => collector.arrived()).toBe(26);
  });

  it('a Jaeger that stands still and goes on has every span', async () => {
    const jaeger: Jaeger = await startJaeger();
    closing.push(() => jaeger.stop());
    const source = new Source({ url: jaeger.otlpGrpc, protocol: 'grpc', timeoutMillis: 500 });
    source.push(1_000);
    await eventually('the first spans', 5_000, () => source.counts.exported > 0 || undefined);
    process.kill(jaeger.pid, 'SIGSTOP');
    const load = source.pushFor(2, 2_000);
    await sleep(1_500);
    expect(source.check().queued).toBeGreaterThan(0);
    process.kill(jaeger.pid, 'SIGCONT');
    await load;
    expect(await source.settle()).toEqual({ exported: source.pushed, lost: {}, queued: 0 });
    const idsIn = (traces: Awaited<ReturnType<typeof jaegerTraces>>) =>
      new Set(traces.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)));
    const traces = await jaegerTraces(jaeger, 'shop', {
      until: (found) => idsIn(found).size >= source.pushed,
    });
    expect(idsIn(traces).size).toBe(source.pushed);
  });
});

describe.each(protocols)('over $protocol', ({ protocol, otlp, busy }) => {
  const sourceTo = (url: string, options: GoidBatchSpanProcessorOptions = {}) =>
    new Source({ url, protocol: otlp, ...options });

  it('what a collector did not answer is sent again', async () => {
    const sink = await startSink({ protocol, answers: ['silence', 'silence', 'silence', 'accept'] });
    const source = sourceTo(sink.url, { timeoutMillis: 400 });
    await source.pushFor(1, 5_000);
    expect(await source.settle()).toEqual({ exported: source.pushed, lost: {}, queued: 0 });
    expect((await sink.report()).distinct).toBe(source.pushed);
  });

  it('a collector that never answers gets nothing counted as exported, and all is counted at the end', async () => {
    const sink = await startSink({ protocol, answers: ['silence'] });
    const source = sourceTo(sink.url, { timeoutMillis: 300, shutdownTimeoutMillis: 1_000 });
    await source.pushFor(1, 5_000);
    expect(source.check()).toMatchObject({ exported: 0, lost: {}, queued: source.pushed });
    const startedAt = performance.now();
    await source.processor.shutdown();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(source.check()).toMatchObject({ exported: 0, queued: 0 });
  });

  it('a collector that reads 1 kB/s holds nobody up, and all is counted', async () => {
    const sink = await startSink({ protocol, bytesPerSecond: 1_000 });
    const source = sourceTo(sink.url, { shutdownTimeoutMillis: 1_000 });
    await source.pushFor(1, 10_000);
    expect(source.pushed).toBeGreaterThan(8_000);
    const startedAt = performance.now();
    await source.processor.shutdown();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    const { exported, queued } = source.check();
    expect(queued).toBe(0);
    expect((await sink.report()).spans).toBeGreaterThanOrEqual(exported);
  });

  it('a collector that cuts its connections again and again loses nothing', async () => {
    const cuts: SinkAnswer[] = Array.from({ length: 8 }, (_, index) => (index % 2 ? 'accept' : 'disconnect'));
    const sink = await startSink({ protocol, answers: [...cuts, 'leave', 'accept-and-leave', 'accept'] });
    const source = sourceTo(sink.url);
    await source.pushFor(1, 5_000);
    expect(await source.settle()).toEqual({ exported: source.pushed, lost: {}, queued: 0 });
    expect((await sink.report()).distinct).toBe(source.pushed);
  });

  const refusals: readonly SinkAnswer[] =
    protocol === 'grpc'
      ? Array.from({ length: 16 }, (_, index) => ({ grpcStatus: index + 1 }))
      : [400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504].map((httpStatus) => ({ httpStatus }));
  const retried = protocol === 'grpc' ? new Set([1, 4, 10, 11, 14, 15]) : new Set([429, 502, 503, 504]);

  it('every status code costs exactly the spans that it refuses for good', async () => {
    const sink = await startSink({ protocol });
    let arrived = 0;
    for (const refusal of refusals) {
      await sink.answer([refusal, 'accept']);
      const source = sourceTo(sink.url);
      source.push(10);
      await source.settle();
      source.push(20);
      const { exported, lost } = await source.settle();
      const code = Object.values(refusal).map(Number)[0] ?? 0;
      expect({ code, exported, lost: sumOf(lost) }).toEqual({
        code,
        exported: retried.has(code) ? 30 : 20,
        lost: retried.has(code) ? 0 : 10,
      });
      arrived += exported;
    }
    expect((await sink.report()).spans).toBe(arrived);
  });

  it('what is rejected in part is counted to the span', async () => {
    const sink = await startSink({ protocol, answers: [{ partial: { rejected: 3, message: 'too old' } }] });
    const source = sourceTo(sink.url, { maxExportBatchSize: 100 });
    source.push(2_000);
    expect(await source.settle()).toEqual({ exported: 1_940, lost: { rejected: 60 }, queued: 0 });
    expect((await sink.report()).spans).toBe(1_940);
  });

  it('a collector that is overloaded gets everything as soon as it is not', async () => {
    const sink = await startSink({ protocol, answers: [busy] });
    const source = sourceTo(sink.url);
    await source.pushFor(1, 5_000);
    expect(source.check()).toMatchObject({ exported: 0, lost: {} });
    await sink.answer(['accept']);
    expect(await source.settle()).toEqual({ exported: source.pushed, lost: {}, queued: 0 });
  });

  describeWith([openssl], 'with TLS', () => {
    it('a certificate of somebody else loses all of it, by that name', async () => {
      const [ours, other] = [new Authority('ours'), new Authority('other')];
      closing.push(() => [ours, other].map((authority) => authority.close()));
      const tls = other.sign('server', ['DNS:localhost', 'IP:127.0.0.1']);
      const sink = await startSink({ protocol, tls });
      const source = sourceTo(sink.url, { certificate: ours.cert });
      source.push(1_000);
      expect(await source.settle()).toEqual({ exported: 0, lost: { tls: 1_000 }, queued: 0 });
      expect((await sink.report()).spans).toBe(0);
    });
  });

  it('a name that nobody knows keeps everything until the end, and is named then', async () => {
    const source = sourceTo('http://collector.invalid:4317', { shutdownTimeoutMillis: 500 });
    source.push(1_000);
    await source.processor.forceFlush();
    expect(source.check()).toEqual({ exported: 0, lost: {}, queued: 1_000 });
    await source.processor.shutdown();
    expect(source.check()).toEqual({ exported: 0, lost: { unknown_host: 1_000 }, queued: 0 });
  });
});

/** States that a collector may be in when a process ends; each gives the endpoint, and what else the process needs to know. */
const states: Readonly<Record<string, () => Promise<Readonly<Record<string, string>>>>> = {
  'is not there': async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }),
  'has a name that nobody knows': async () => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.invalid:4317',
  }),
  'never answers': () => endpointOf({ answers: ['silence'] }),
  'reads 1 kB/s': () => endpointOf({ bytesPerSecond: 1_000 }),
  'cuts every connection': () => endpointOf({ answers: ['disconnect'] }),
  'is overloaded': () => endpointOf({ answers: [{ grpcStatus: 14 }] }),
  'refuses for good': () => endpointOf({ answers: [{ grpcStatus: 3 }] }),
  'takes a part': () => endpointOf({ answers: [{ partial: { rejected: 1 } }] }),
};

async function endpointOf(options: Omit<SinkProcessOptions, 'protocol'>) {
  const sink = await startSink({ protocol: 'grpc', ...options });
  return { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
}

const over = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_EXPORTER: 'otlp' };

describe('a process ends within its deadline, with every span counted,', () => {
  it('when it is a host and the collector is in whatever state', async () => {
    const ends = Object.entries(states).map(async ([state, endpoint]) => {
      const child = new Child(process.execPath, [hostProgram, '3000', '1500'], {
        env: { ...over, ...(await endpoint()) },
      });
      expect(await child.ended, child.stderr).toBe(0);
      const { handed, exported, lostByReason, queued, ms } = JSON.parse(child.stdout) as HostReport;
      const sum = exported + sumOf(lostByReason) + queued;
      expect({ state, handed, sum, queued }).toEqual({ state, handed: 3_000, sum: 3_000, queued: 0 });
      expect(ms, state).toBeLessThan(2_500);
    });
    await Promise.all(ends);
  });
});

describeWith([kernel, go], 'goidspan run ends within its deadline, with every span counted,', () => {
  /** Five seconds for the spans, and what detaching and ending take beside many others. */
  const DEADLINE_MS = 9_000;
  const REQUESTS = 200;

  it('when the collector is in whatever state', async () => {
    const hello = await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' });
    const ends = Object.entries(states).map(async ([state, endpoint], index) => {
      const file = join(folder, `summary-${index}.json`);
      const command = goidspan(['run', '--summary', file, '--', hello], { ...over, ...(await endpoint()) });
      const server = await GoServer.of(command);
      for (let request = 0; request < REQUESTS; request++) await server.get('/');
      const startedAt = performance.now();
      await command.stop('SIGINT', 2 * DEADLINE_MS);
      expect(performance.now() - startedAt, state).toBeLessThan(DEADLINE_MS);
      const { spans, lost } = readSummary(file);
      expect({ state, spans: spans.exported + lost.total }).toEqual({ state, spans: REQUESTS });
    });
    await Promise.all(ends);
  });
});

describe.runIf(isFullRun)('for ten minutes at 20,000 spans/s', () => {
  const MINUTES = 10;

  it(
    'memory stays where it was',
    async () => {
      const sink = await startSink({ protocol: 'grpc', forgets: true });
      const source = new Source({ url: sink.url, protocol: 'grpc' });
      const megabytes: number[] = [];
      for (let minute = 0; minute < MINUTES; minute++) {
        await source.pushFor(60, 20_000);
        megabytes.push(process.memoryUsage.rss() / 1e6);
        expect(source.check().lost).toEqual({});
      }
      expect(await source.settle()).toEqual({ exported: source.pushed, lost: {}, queued: 0 });
      expect((await sink.report()).spans).toBe(source.pushed);
      // The first minutes are for the compiler and for the heap to find its size.
      const [early, late] = [Math.max(...megabytes.slice(1, 4)), Math.max(...megabytes.slice(-3))];
      expect(late, `${megabytes.map(Math.round)} MB`).toBeLessThan(early * 1.1);
    },
    (MINUTES + 1) * 60_000,
  );
});
