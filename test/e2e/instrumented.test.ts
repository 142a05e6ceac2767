/** A program in which every library is instrumented for an OpenTelemetry SDK: the SDK's spans, and ours where it has none. */
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { postgres, redis } from '../support/databases.ts';
import { isFullRun } from '../support/full-run.ts';
import type { GoBuild } from '../support/go-build.ts';
import {
  type AnsweredRequest,
  InstrumentedServer,
  instrumentedBuilds,
  isOfConnection,
  madeFor,
} from '../support/instrumented-server.ts';
import { traceOf } from '../support/traced-server.ts';

const timeout = 600_000;
const [newest, ...older] = instrumentedBuilds as [GoBuild, ...GoBuild[]];
const builds = isFullRun ? [newest, ...older] : [newest];

const servedRedis = `
  CLIENT redis.pipeline
  CLIENT set
  client set 1`;

const inTransaction = (made: readonly string[]): string => `\n${[...made].sort().join('\n')}`;

const instrumentedSql = inTransaction([
  ...['CLIENT sql.conn.query 0', 'CLIENT sql.rows', 'CLIENT sql.conn.exec 1'],
  ...['CLIENT sql.conn.begin_tx', 'CLIENT sql.conn.exec 2', 'CLIENT sql.tx.commit'],
]);
const plainSql = inTransaction([
  ...['client select 0', 'client select 1', 'client BEGIN', 'client select 2', 'client COMMIT'],
]);

/** Of a way to make calls, what becomes of it. In capitals: the SDK's. */
const trees: Readonly<Record<string, string>> = {
  call: `
CLIENT HTTP GET 0
  server GET 0
client GET 1
  server GET 1`,
  parts: `
CLIENT HTTP GET 0
  CLIENT http.getconn
  CLIENT http.headers
  CLIENT http.receive
  CLIENT http.send
  server GET 0
CLIENT http.getconn
CLIENT http.headers
CLIENT http.receive
CLIENT http.send
client GET 1
  server GET 1`,
  unary: `
CLIENT shop.Shop/Get
  SERVER shop.Shop/Get${servedRedis.replace(/^ {2}/gm, '    ')}
    runtime`,
  chat: `
CLIENT shop.Shop/Chat
  SERVER shop.Shop/Chat${servedRedis.replace(/^ {2}/gm, '    ')}
    runtime`,
  'unary-client': `
CLIENT shop.Shop/Get
  server shop.Shop/Get
    client set 1`,
  'chat-client': `
CLIENT shop.Shop/Chat
  server shop.Shop/Chat
    client set 1`,
  'unary-plain': `
client shop.Shop/Get
  server shop.Shop/Get
    client set 1`,
  'chat-plain': `
client shop.Shop/Chat
  server shop.Shop/Chat
    client set 1`,
  pq: instrumentedSql,
  'pq-plain': plainSql,
  stdlib: instrumentedSql,
  'stdlib-plain': plainSql,
  pgx: `
CLIENT SELECT 0
CLIENT SELECT 1
CLIENT batch start
  CLIENT SELECT 2
  CLIENT SELECT 3`,
  'pgx-plain': `
client BATCH
client select 0
client select 1`,
  redis: servedRedis.replace(/^ {2}/gm, ''),
  'redis-plain': `
client set 1`,
};

/** Of the older generation alone: as by stats handlers. */
const intercepted = ['http/unary-intercepted', 'http/chat-intercepted'];

const ways = Object.keys(trees);
const servers = ['http', 'gin', 'echo', 'mux', 'chi', 'fiber'];
/** Each way behind one server, and each server in front of one way. */
const paths = [...ways.map((way) => `http/${way}`), ...servers.slice(1).map((server) => `${server}/redis`)];

/** With the request around it, and the one span that says what we know of that. */
function expectedOf(path: string): string {
  const way = path.slice(path.indexOf('/') + 1);
  const tree = trees[way] ?? trees[way.replace(/-intercepted$/, '')];
  return `SERVER${(tree as string).replaceAll('\n', '\n  ')}\n  runtime`;
}

async function started(
  build: GoBuild,
  env: Readonly<Record<string, string>> = {},
): Promise<InstrumentedServer> {
  const server = await InstrumentedServer.start(build, env);
  onTestFinished(() => server.sdk.traced.server.stop());
  return server;
}

/** Nothing is elsewhere than in the trace of the request that it names, and nothing of ours in no trace of a request. */
function expectAllInTheirTraces(server: InstrumentedServer, requests: readonly AnsweredRequest[]): void {
  const traceById = new Map(requests.map(({ id, traceId }) => [id, traceId]));
  const traces = new Set(traceById.values());
  const { theirs, ours } = server.sdk;
  expect(ours.filter((span) => !traces.has(traceOf(span)))).toEqual([]);
  expect(theirs.filter((span) => !traces.has(traceOf(span)) && !isOfConnection(span))).toEqual([]);
  const elsewhere = [...theirs, ...ours].filter((span) => {
    const { of } = madeFor(span) ?? {};
    return of !== undefined && traceById.get(of) !== traceOf(span);
  });
  expect(elsewhere).toEqual([]);
}

describeWith([kernel, go, postgres, redis], 'an SDK with an instrumentation of every library', () => {
  it.each(builds)('has each operation once, in its place: $name', { timeout }, async (build) => {
    const server = await started(build);
    const requests: AnsweredRequest[] = [];
    for (const path of build === newest ? paths : [...paths, ...intercepted]) {
      const request = await server.request(path, `one-${path.replace('/', '-')}`);
      const tree = expectedOf(path);
      expect([path, await server.tree(request, tree)]).toEqual([path, tree]);
      requests.push(request);
    }
    expectAllInTheirTraces(server, requests);
    expect((await server.stop()).lost.total).toBe(0);
  });

  it.each(builds)('and so has each of 200 requests at once: $name', { timeout }, async (build) => {
    const server = await started(build);
    const requests = await Promise.all(
      Array.from({ length: 200 }, (_, n) => {
        const path = `${servers[n % servers.length]}/${ways[n % ways.length]}`;
        return server.request(path, `many-${n}`);
      }),
    );
    for (const request of requests) {
      const tree = expectedOf(request.path);
      expect([request, await server.tree(request, tree)]).toEqual([request, tree]);
    }
    expectAllInTheirTraces(server, requests);
    expect((await server.stop()).lost.total).toBe(0);
  });

  it('of a server that is asked without a context begins a trace of its own, and ours is part of that', {
    timeout,
  }, async () => {
    const server = await started(newest);
    const asked = await server.request('http/unary-server', 'apart');
    const tree = 'SERVER\n  client shop.Shop/Get\n  runtime';
    expect(await server.tree(asked, tree)).toBe(tree);
    await server.settled();
    const found = server.sdk.theirs.find(
      (span) => madeFor(span)?.of === asked.id && traceOf(span) !== asked.traceId,
    );
    const served = { ...asked, traceId: found === undefined ? '' : traceOf(found) };
    const below = `SERVER shop.Shop/Get${servedRedis}\n  runtime`;
    expect(await server.tree(served, below)).toBe(below);
    expect(server.sdk.ours.every((span) => [asked.traceId, served.traceId].includes(traceOf(span)))).toBe(
      true,
    );
    await server.stop();
  });

  it('that keeps a part of the traces has ours in these, whole, and in no others', { timeout }, async () => {
    const server = await started(newest, { SAMPLER: '0.5' });
    const requests = await Promise.all(
      Array.from({ length: 4 * paths.length }, (_, n) =>
        server.request(paths[n % paths.length] as string, `half-${n}`),
      ),
    );
    await server.settled();
    const kept = requests.filter(({ traceId }) =>
      server.sdk.theirs.some((span) => traceOf(span) === traceId),
    );
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(requests.length);
    for (const request of kept) {
      const tree = expectedOf(request.path);
      expect([request, await server.tree(request, tree)]).toEqual([request, tree]);
    }
    expectAllInTheirTraces(server, kept);
    expect((await server.stop()).lost.total).toBe(0);
  });
});
