import { fileURLToPath } from 'node:url';
import { SpanKind } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { expect, it, onTestFinished } from 'vitest';
import { hasSqlite } from '../../.scripts/lib/nodes.mjs';
import type { ExportEvent } from '../../src/export/export-event.ts';
import { GoidSpanProcessor } from '../../src/plugin/goidspan-span-processor.ts';
import type { Target } from '../../src/plugin/options.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { describeLive, describeWith, go, kernel } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { KeptMetrics } from '../support/metrics.ts';
import { type JaegerSpan, jaegerTraces, peers, startJaeger } from '../support/peers.ts';
import { ScriptedSink } from '../support/scripted-sink.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const acceptance = () => buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });

async function startServer(env: Readonly<Record<string, string>> = {}): Promise<GoServer> {
  const server = await GoServer.start(await acceptance(), env);
  onTestFinished(() => server.stop());
  return server;
}

function keeping() {
  const spans: ReadableSpan[] = [];
  const exporter = {
    export: (batch: ReadableSpan[], done: (result: { code: 0 | 1 }) => void) => {
      spans.push(...batch);
      done({ code: 0 });
    },
    shutdown: async () => {},
  };
  return { spans, exporter };
}

describeLive('the plug-in, live', () => {
  it('exports the spans of a Go program beside those of the application, and ends drained', async () => {
    const server = await startServer();
    const { spans, exporter } = keeping();
    const plugin = new GoidSpanProcessor({
      targets: { pid: server.pid },
      exporter,
      serviceName: 'named',
      limits: { scheduledDelayMillis: 60_000 },
    });
    const provider = new BasicTracerProvider({ spanProcessors: [plugin] });
    await provider.forceFlush();
    expect(plugin.status()).toMatchObject({ state: 'tracing', stats: { targets: [{ pid: server.pid }] } });

    provider.getTracer('app').startSpan('own').end();
    for (let i = 0; i < 100; i++) await server.get(`/get?id=${i}`);
    expect(spans).toEqual([]);
    await provider.shutdown();

    expect(spans.filter((span) => span.name === 'own')).toHaveLength(1);
    const ofGo = spans.filter((span) => span.resource.attributes['service.name'] === 'named');
    expect(ofGo.filter((span) => span.kind === SpanKind.SERVER)).toHaveLength(200);
    expect(ofGo.filter((span) => span.kind === SpanKind.CLIENT)).toHaveLength(100);
    expect(plugin.status()).toMatchObject({
      state: 'closed',
      stats: { spans: { ended: 300 }, lost: { total: 0 } },
      exports: { handed: 301, exported: 301, lostByReason: {} },
    });
  });

  it('attaches the pids that a function names, as they come, go and are replaced', async () => {
    const targets: Target[] = [];
    const { exporter } = keeping();
    const plugin = new GoidSpanProcessor({ targets: () => targets, exporter, pollIntervalMillis: 50 });
    onTestFinished(() => plugin.shutdown());
    for (let round = 1; round <= 2; round++) {
      const server = await GoServer.start(await acceptance());
      targets.splice(0, 1, { pid: server.pid });
      const attached = () => plugin.status().stats?.targets.find(({ pid }) => pid === server.pid);
      await eventually(`target ${round}`, 10_000, attached);
      await server.get('/get?id=x');
      await server.stop();
      await eventually(`end of target ${round}`, 10_000, () => attached()?.endedAt);
    }
    expect(plugin.status().stats).toMatchObject({
      spans: { ended: 6 },
      targets: [{ spans: 3 }, { spans: 3 }],
    });
    expect(plugin.status().refused).toEqual([]);
  });

  it('keeps the share of traces that the sampler says, unless the parent says otherwise', async () => {
    const server = await startServer();
    const { exporter } = keeping();
    const plugin = new GoidSpanProcessor({ targets: { pid: server.pid }, exporter, sampler: { ratio: 0 } });
    await plugin.forceFlush();
    await server.get('/get?id=dropped');
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await server.get('/get?id=kept', { headers: { traceparent } });
    await plugin.shutdown();
    expect(plugin.status()).toMatchObject({ exports: { exported: 3 }, stats: { lost: { total: 0 } } });
  });

  it('says which process cannot be traced, and goes on', async () => {
    const server = await startServer();
    const { exporter } = keeping();
    const targets = [{ pid: process.pid }, { pid: server.pid }];
    const plugin = new GoidSpanProcessor({ targets, exporter });
    await plugin.forceFlush();
    expect(plugin.status()).toMatchObject({
      state: 'tracing',
      refused: [{ pid: process.pid, code: 'not_go', message: expect.stringContaining('not a Go program') }],
      stats: { targets: [{ pid: server.pid }] },
    });
    await plugin.shutdown();
  });

  it('sends by OTLP from its thread, beside the own spans of the application, and says so in metrics', async () => {
    const server = await startServer();
    const collector = await ScriptedSink.start({ protocol: 'grpc' });
    onTestFinished(() => collector.close());
    const kept = new KeptMetrics();
    onTestFinished(() => kept.shutdown());
    const events: ExportEvent[] = [];
    const plugin = new GoidSpanProcessor({
      targets: { pid: server.pid },
      otlp: { url: collector.url, protocol: 'grpc' },
      stats: (event) => events.push(event),
    });
    const provider = new BasicTracerProvider({ spanProcessors: [plugin] });
    await provider.forceFlush();
    provider.getTracer('app').startSpan('own').end();
    for (let i = 0; i < 100; i++) await server.get(`/get?id=${i}`);
    await provider.forceFlush();
    expect(collector.acceptedSpans).toBe(301);
    expect(plugin.status()).toMatchObject({
      state: 'tracing',
      stats: { spans: { ended: 300 }, targets: [{ spans: 300 }], lost: { total: 0 } },
      exports: { handed: 301, exported: 301, lostByReason: {} },
      queue: { spans: 0, isAway: false },
      transfers: { retriesByReason: {} },
    });
    await provider.shutdown();
    await kept.shutdown();
    const sent = events.map((event) => (event.kind === 'sent' ? event.spans : 0));
    expect(sent.reduce((sum, spans) => sum + spans, 0)).toBe(301);
    expect(kept.valuesOf('otel.sdk.exporter.span.exported')).toEqual([301]);
    expect(kept.valuesOf('goidspan.spans').sort()).toEqual([0, 100, 200]);
  });

  it.each([
    ['an exporter', 'exporter: { export: (_, done) => done({ code: 0 }), shutdown: async () => {} }'],
    [
      'a collector that never answers',
      (url: string) => `otlp: { url: '${url}' }, limits: { scheduledDelayMillis: 10 }`,
    ],
  ])('does not keep a process alive that forgets to shut it down, with %s', async (_, out) => {
    const server = await startServer();
    const silent = await ScriptedSink.start({ protocol: 'http', script: () => 'silence' });
    onTestFinished(() => silent.close());
    const script = `
      const { GoidSpanProcessor } = require('goidspan');
      const out = { ${typeof out === 'string' ? out : out(silent.url)} };
      const plugin = new GoidSpanProcessor({ targets: { pid: ${server.pid} }, ...out });
      const untilTraced = async () => {
        await plugin.forceFlush();
        await (await fetch('${server.url}/get?id=x')).text();
        await new Promise((done) => setTimeout(done, 300));
        console.log(plugin.status().state);
      };
      untilTraced();`;
    const child = new Child(process.execPath, ['-e', script], { cwd: root });
    expect(await child.ended).toBe(0);
    expect(child.stdout).toBe('tracing\n');
  });

  it.skipIf(hasSqlite())('does without a page on a Node that has no SQLite, and says so', async () => {
    const server = await startServer();
    const { spans, exporter } = keeping();
    const plugin = new GoidSpanProcessor({ targets: { pid: server.pid }, exporter, page: true });
    onTestFinished(() => plugin.shutdown());
    await plugin.forceFlush();
    await server.get('/get?id=x');
    await plugin.forceFlush();
    expect(spans).toHaveLength(3);
    expect(plugin.status()).toMatchObject({
      state: 'tracing',
      page: { reason: { code: 'no_sqlite', message: expect.stringContaining('22.13') } },
    });
  });

  it('is inert without the rights, and says what is missing', async () => {
    const script = `
      const { GoidSpanProcessor } = require('goidspan');
      const exporter = { export: (_, done) => done({ code: 0 }), shutdown: async () => {} };
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const plugin = new GoidSpanProcessor({ targets: { exe: '/srv/*' }, exporter });
      plugin.forceFlush().then(() => console.log(JSON.stringify(plugin.status())));`;
    const child = new Child(process.execPath, ['-e', script], { cwd: root });
    expect(await child.ended).toBe(0);
    expect(JSON.parse(child.stdout)).toMatchObject({
      state: 'inert',
      reason: { code: 'not_permitted', message: expect.stringContaining('CAP_BPF') },
    });
  });
});

describeWith([kernel, go, peers], 'examples/embed', () => {
  it('gives one trace through the Node service and the Go service that it calls', async () => {
    const jaeger = await startJaeger();
    onTestFinished(() => jaeger.stop());
    const shop = await buildGo({ dir: 'examples/shop', name: 'shop' });
    const front = new Child(process.execPath, ['examples/embed/front.cjs', shop], {
      cwd: root,
      // The Go service inherits it; the Node service has its name from the code.
      env: { OTEL_SERVICE_NAME: 'shop', OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp, PORT: '0' },
    });
    onTestFinished(async () => void (await front.stop()));
    const [, address] = await front.output(/^front listening (\S+)$/m);
    const answer = await fetch(`http://${address}/checkout/7`);
    expect(await answer.text()).toBe('cart 7: 3 items\n');
    expect(await front.stop()).toBe(0);
    expect(front.stdout).toContain('"state":"closed"');

    const [trace] = await jaegerTraces(jaeger, 'shop', {
      until: (traces) => traces.some(({ spans }) => spans.length >= 9),
    });
    const spans = trace?.spans ?? [];
    const named = (service: string, name: string, kind: string) =>
      spans.find(
        (s) => s.service === service && s.name === name && s.attributes['span.kind'] === kind,
      ) as JaegerSpan;
    const outer = named('front', 'GET', 'server');
    const call = named('front', 'GET', 'client');
    const checkout = named('shop', 'GET /checkout/{cart}', 'server');
    expect(outer.parentSpanId).toBeUndefined();
    expect(call.parentSpanId).toBe(outer.spanId);
    expect(checkout.parentSpanId).toBe(call.spanId);
    const calls = spans.filter((s) => s.service === 'shop' && s.attributes['span.kind'] === 'client');
    expect(calls.map((s) => s.parentSpanId)).toEqual(Array(6).fill(checkout.spanId));
  });
});
