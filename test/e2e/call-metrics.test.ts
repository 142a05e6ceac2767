/** How long calls took: of all of them, whatever the sampler says, and the same that the spans say. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { rejectBelowOf } from '../../src/export/sampler.ts';
import { GoidSpanProcessor } from '../../src/plugin/goidspan-span-processor.ts';
import { callsOf, callsOfSpans, countOf } from '../support/call-series.ts';
import { describeLive, describeWith, go, kernel } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { goidspan, temporaryFolder } from '../support/command.ts';
import { mariadb, postgres } from '../support/databases.ts';
import { buildGo, ToolchainMissing } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { KeptMetrics } from '../support/metrics.ts';
import { decodeMetrics } from '../support/otlp-metrics.ts';
import { isOfMetrics, ScriptedSink } from '../support/scripted-sink.ts';
import { drivers, SqlServer, sqlBuilds } from '../support/sql-server.ts';
import { byThread, collecting, TracedServer } from '../support/traced-server.ts';

const acceptance = () => buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });
const TENTH = { parentBased: true, rejectBelow: rejectBelowOf(0.1) };
const SERVER = 'http.server.request.duration';
const CLIENT = 'http.client.request.duration';

const LANES = 8;
const ROUNDS = 60;
const SLEEP_MS = 20;
/** Requests of each kind. */
const EACH = LANES * ROUNDS;

/** Every lane asks for these, one after the other. Resolves with how long the sleeping ones took for who asked, in milliseconds. */
async function load(server: GoServer): Promise<number> {
  let sleptMs = 0;
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      for (let round = 0; round < ROUNDS; round++) {
        const id = `l${lane}r${round}`;
        await server.get(`/get?id=${id}`);
        await server.get(`/status?id=${id}&code=503`);
        await server.get(`/items/${id}`);
        const askedAt = performance.now();
        await server.get(`/sleep?id=${id}&ms=${SLEEP_MS}`);
        sleptMs += performance.now() - askedAt;
      }
    }),
  );
  return sleptMs;
}

describeLive('calls of a traced program that are counted', () => {
  it.each([
    ['on the main thread', collecting],
    ['in the draining thread', byThread],
  ] as const)(
    'are all that there were, of which the sampler wanted a tenth: %s',
    async (_, by) => {
      const traced = await TracedServer.start(await acceptance(), { sampler: TENTH }, by);
      traced.tracer.countCalls(true);
      const sleptMs = await load(traced.server);
      const stats = await traced.tracer.stats();
      const series = traced.tracer.callCounts();
      // Each call of /get is a request to /leaf.
      expect(countOf(series, SERVER)).toBe(5 * EACH);
      expect(countOf(series, CLIENT)).toBe(EACH);
      for (const route of ['/get', '/leaf', '/status', '/sleep', '/items/{item}'])
        expect([route, countOf(series, SERVER, { 'http.route': route })]).toEqual([route, EACH]);
      const failed = { 'http.response.status_code': 503, 'error.type': '503', 'http.request.method': 'GET' };
      expect(countOf(series, SERVER, failed)).toBe(EACH);
      expect(countOf(series, SERVER, { 'error.type': '503' })).toBe(EACH);
      const slept = [...callsOf(series)].filter(([key]) => key.includes('/sleep'));
      const sleptNs = slept.reduce((sum, [, { sumNs }]) => sum + sumNs, 0);
      expect(sleptNs).toBeGreaterThan(EACH * SLEEP_MS * 1e6);
      expect(sleptNs / 1e6).toBeLessThan(sleptMs);
      // Who asks waits for a processor, too.
      expect(sleptNs / 1e6).toBeGreaterThan(0.7 * sleptMs);
      // A tenth of the traces, and no more than that in anything but these counts.
      const sampled = stats.spans.ended;
      expect(sampled).toBeGreaterThan(0.02 * 6 * EACH);
      expect(sampled).toBeLessThan(0.25 * 6 * EACH);
      expect(stats.notes['unsampled']).toBe(6 * EACH - sampled);
      expect(stats.lost.total).toBe(0);
      await traced.settle();
      expect(traced.spans).toHaveLength(sampled);
      expect(traced.spans.every((span) => span.spanContext().traceFlags & 1)).toBe(true);
      await traced.stop();
      // Still known, and what is told of them does not change any more.
      expect(traced.tracer.callCounts()).toEqual(series);
    },
    60_000,
  );

  it('say the same as their spans, whatever came of them', async () => {
    const traced = await TracedServer.start(await acceptance(), { level: 'waits' });
    traced.tracer.countCalls(true);
    const paths = [
      'get',
      'fanout',
      'refused',
      'cancelled',
      'panic',
      'goexit',
      'hijack',
      'h2',
      'bounce',
      'retry',
    ];
    for (let round = 0; round < 5; round++) {
      await Promise.all(paths.map((path) => traced.server.get(`/${path}?id=${path}${round}&n=2`)));
      await traced.server.get('/sleep?ms=50&id=gone', { abandonAfterMs: 10 });
      await traced.server.get('/items', { method: 'POST' });
      await traced.server.get('/items/7', { method: 'BREW' });
    }
    let known = -1;
    await eventually('the last spans', 10_000, async () => {
      await traced.settle();
      const before = known;
      known = traced.spans.length;
      return known === before || undefined;
    });
    const counted = callsOf(traced.tracer.callCounts());
    expect(new Map([...counted].sort())).toEqual(new Map([...callsOfSpans(traced.spans)].sort()));
    const keys = [...counted.keys()].join('\n');
    for (const said of ['"error.type":"panic"', '"*net.OpError"', '"http.request.method":"_OTHER"', '"2"'])
      expect(keys).toContain(said);
    // What they spent their time on is all of what they took, route by route.
    const { targets } = await traced.tracer.stats();
    const route = (of: string) =>
      targets[0]?.routes?.find(({ attributes }) => attributes['http.route'] === of);
    const spent = Object.values(route('/fanout')?.requestTime ?? {}).reduce((sum, ns) => sum + ns, 0);
    const took = [...counted].filter(([key]) => key.includes('"/fanout"'));
    expect(spent).toBe(took.reduce((sum, [, { sumNs }]) => sum + sumNs, 0));
    await traced.stop();
  });

  it.each([
    ['on the main thread', collecting],
    ['in the draining thread', byThread],
  ] as const)(
    'are all that there were, of which only failed ones are kept: %s',
    async (_, by) => {
      const keep = { slow: false, error: true, ratio: 0 };
      const traced = await TracedServer.start(await acceptance(), { keep }, by);
      traced.tracer.countCalls(true);
      await load(traced.server);
      const { spans, lost } = await traced.tracer.stats();
      expect(countOf(traced.tracer.callCounts(), SERVER)).toBe(5 * EACH);
      expect(countOf(traced.tracer.callCounts(), CLIENT)).toBe(EACH);
      expect([spans.ended, lost.total]).toEqual([EACH, 0]);
      await traced.stop();
    },
    60_000,
  );

  it('are not told by the kernel while nobody counts them', async () => {
    const traced = await TracedServer.start(await acceptance(), {
      sampler: { ...TENTH, rejectBelow: 1n << 56n },
    });
    for (let n = 0; n < 10; n++) await traced.server.get(`/get?id=${n}`);
    const { drained } = await traced.tracer.stats();
    traced.tracer.countCalls(true);
    for (let n = 0; n < 10; n++) await traced.server.get(`/get?id=${n}`);
    const counting = (await traced.tracer.stats()).drained;
    traced.tracer.countCalls(false);
    for (let n = 0; n < 10; n++) await traced.server.get(`/get?id=${n}`);
    const after = (await traced.tracer.stats()).drained;
    expect(drained.records).toBe(0);
    expect(counting.records).toBe(30);
    expect(after.records).toBe(30);
    expect(countOf(traced.tracer.callCounts(), SERVER)).toBe(20);
    // Without the ids and addresses that only spans tell.
    expect(counting.bytes / 30).toBeLessThan(240);
    await traced.stop();
  });

  it('leave by OTLP from the command, exactly, and a recording of it makes the spans that were sampled', async () => {
    const folder = await temporaryFolder();
    const binary = join(folder, 'acceptance-server');
    copyFileSync(await acceptance(), binary);
    const sink = await ScriptedSink.start({ protocol: 'grpc' });
    onTestFinished(() => sink.close());
    const recording = join(folder, 'a.rec');
    const command = goidspan(['record', '-o', recording, '--', binary], {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    });
    const server = await GoServer.of(command);
    await load(server);
    await server.stop();
    const [last] = sink.requests.filter(({ path }) => isOfMetrics(path)).slice(-1);
    const { metrics } = decodeMetrics(last?.message ?? Buffer.alloc(0));
    const points = metrics[SERVER] ?? [];
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(5 * EACH);
    const sleeping = points.filter(({ attributes }) => attributes['http.route'] === '/sleep');
    expect(sleeping).toMatchObject([
      {
        value: EACH,
        attributes: {
          'service.name': 'unknown_service:acceptance-server',
          'process.pid': expect.any(Number),
          'http.request.method': 'GET',
          'http.response.status_code': 200,
          'network.protocol.version': '1.1',
          'url.scheme': 'http',
        },
      },
    ]);
    const [{ sum = 0, bounds = [], counts = [] } = {}] = sleeping;
    expect(sum).toBeGreaterThan((EACH * SLEEP_MS) / 1e3);
    expect(sum).toBeLessThan((1.5 * EACH * SLEEP_MS) / 1e3);
    expect(bounds).toEqual([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);
    expect(counts).toHaveLength(bounds.length + 1);
    expect(counts.slice(0, 2)).toEqual([0, 0]);
    expect(sink.acceptedSpans).toBeLessThan(0.3 * 6 * EACH);

    const again = await ScriptedSink.start({ protocol: 'grpc' });
    onTestFinished(() => again.close());
    const replay = goidspan(['replay', recording], {
      OTEL_EXPORTER_OTLP_ENDPOINT: again.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_METRICS_EXPORTER: 'none',
    });
    expect(await replay.ended).toBe(0);
    expect([...again.acceptedIds].sort()).toEqual([...sink.acceptedIds].sort());
  }, 60_000);

  it('are handed to the meter provider of an application, one by one or by a producer as they are', async () => {
    for (const way of ['api', 'producer'] as const) {
      const server = await GoServer.start(await acceptance());
      const exporter = {
        export: (_: unknown, done: (r: { code: 0 }) => void) => done({ code: 0 }),
        shutdown: async () => {},
      };
      const options = { targets: { pid: server.pid }, exporter, sampler: { ratio: 0 } };
      // Of a provider that comes later it would hear some seconds later.
      const first = way === 'api' ? new KeptMetrics() : undefined;
      const plugin = new GoidSpanProcessor(options);
      const kept = first ?? new KeptMetrics([plugin.metricProducer]);
      await plugin.forceFlush();
      const sleptMs = await load(server);
      await plugin.shutdown();
      await kept.shutdown();
      await server.stop();
      const points = kept.histogramsOf(SERVER);
      const count = points.reduce((sum, { value }) => sum + value.count, 0);
      expect([way, count]).toEqual([way, 5 * EACH]);
      const sleeping = points.filter(({ attributes }) => attributes['http.route'] === '/sleep');
      const slept = sleeping.reduce((sum, { value }) => sum + (value.sum ?? 0), 0);
      expect(slept).toBeGreaterThan((EACH * SLEEP_MS) / 1e3);
      expect(slept * 1e3).toBeLessThan(sleptMs);
    }
  }, 60_000);
});

describeWith([kernel, go, postgres, mariadb], 'database calls that are counted', () => {
  it('say the same as their spans', async (context) => {
    const [build] = sqlBuilds;
    let binary: string;
    try {
      binary = await buildGo(build as (typeof sqlBuilds)[0]);
    } catch (error) {
      if (error instanceof ToolchainMissing) return context.skip(error.message);
      throw error;
    }
    const sql = await SqlServer.start(binary);
    sql.traced.tracer.countCalls(true);
    const routes = ['/query', '/exec', '/ping', '/prepared', '/tx', '/unique'];
    for (const driver of drivers)
      for (const route of routes) await sql.get(driver, route, `${driver}${route.replaceAll('/', '')}`);
    await sql.traced.settle();
    const counted = callsOf(sql.traced.tracer.callCounts());
    expect(new Map([...counted].sort())).toEqual(new Map([...callsOfSpans(sql.traced.spans)].sort()));
    const ofDatabases = [...counted.keys()].filter((key) => key.startsWith('db.client.operation.duration'));
    expect(ofDatabases.length).toBeGreaterThanOrEqual(drivers.length * routes.length);
    for (const said of ['"db.system.name":"mysql"', '"db.operation.name":"select"', '"error.type":"23505"'])
      expect(ofDatabases.join('\n')).toContain(said);
    await sql.stop();
  }, 600_000);
});
