/** Calls of gRPC, served and made, under a live tracer. */
import { createServer, connect as netConnect } from 'node:net';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { connectionOf } from '../support/connection-attributes.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo, type GoBuild } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import {
  addressOf,
  type Chain,
  GrpcServer,
  grpcBuilds,
  isBelow,
  kinds,
  methods,
} from '../support/grpc-server.ts';
import { NetworkNamespace, networkNamespaces } from '../support/network-namespace.ts';
import { idOf, isServer, parentOf, queryOf, traceOf } from '../support/traced-server.ts';

const timeout = 120_000;
/** Fetching an old Go takes its time. */
const buildTimeout = 600_000;
const builds: readonly GoBuild[] = isFullRun ? grpcBuilds : grpcBuilds.slice(0, 1);
const newest = grpcBuilds[0] as GoBuild;

const remote = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${remote.traceId}-${remote.spanId}-01`;

const codeOf = ({ attributes }: ReadableSpan): unknown => attributes['rpc.status_code'];
const errorOf = ({ attributes }: ReadableSpan): unknown => attributes['error.type'];

/** The one chain of a request that has made one call. */
function expectChain({ root, calls, served, leaves }: Chain, all: readonly ReadableSpan[], id: string): void {
  const chain = [root, calls[0], served[0], leaves[0]] as ReadableSpan[];
  expect([id, calls.length, served.length, leaves.length]).toEqual([id, 1, 1, 1]);
  expect([id, isBelow(chain, all), queryOf(chain[3] as ReadableSpan).get('of')]).toEqual([id, true, id]);
}

describeWith([kernel, go], 'a call of gRPC', () => {
  describe.each(builds)('in $name', callsOf);
});

function callsOf(build: GoBuild): void {
  let grpc: GrpcServer;
  beforeAll(async () => {
    grpc = await GrpcServer.start(await buildGo(build));
  }, buildTimeout);
  afterAll(async () => {
    expect((await grpc.stop()).lost.total).toBe(0);
  }, timeout);

  it.each(['plain', 'tls', 'v6', 'unix', 'workers', 'handler'])(
    'is one trace with what serves it and what that does (%s)',
    async (way) => {
      const to = addressOf(grpc.server, way);
      const tls = way === 'tls' || way === 'handler' ? { tls: 1 } : {};
      for (const kind of kinds) {
        const id = `${way}-${kind}`;
        expect((await grpc.call(id, { to, ...tls, kind, count: 3 })).body).toBe('OK');
        const chain = await grpc.chain(id);
        expectChain(chain, grpc.traced.spans, id);
        expect([...chain.calls, ...chain.served].map(({ name }) => name)).toEqual([
          methods[kind],
          methods[kind],
        ]);
      }
    },
  );

  it('has no peer over a Unix socket', async () => {
    await grpc.call('unix-peer', { to: addressOf(grpc.server, 'unix') });
    const { calls, served } = await grpc.chain('unix-peer');
    for (const { attributes } of [...calls, ...served])
      expect(Object.keys(attributes).filter((name) => /^(network|client)\./.test(name))).toEqual([]);
  });

  it('says what the conventions ask for', async () => {
    const to = addressOf(grpc.server, 'plain');
    const [host, port] = to.split(':');
    await grpc.call('said', { to: `dns:///${to}`, kind: 'bidi' });
    const { calls, served } = await grpc.chain('said');
    const shared = { 'rpc.system.name': 'grpc', 'rpc.method': 'shop.Orders/Chat', 'rpc.status_code': 'OK' };
    expect(calls[0]?.attributes).toMatchObject({
      ...shared,
      'server.address': host,
      'server.port': Number(port),
      'network.peer.address': host,
      'network.peer.port': Number(port),
      'goidspan.rpc.streaming': 'bidi',
    });
    expect(served[0]?.attributes).toMatchObject({ ...shared, 'client.address': host });
    // Others use it at the same time, so nobody knows whose its bytes are.
    const kept = { state: 'reused', rtt_us: expect.any(Number) };
    await grpc.call('again', { to: `dns:///${to}`, kind: 'unary' });
    const again = await grpc.chain('again');
    expect([connectionOf(again.calls[0]), connectionOf(again.served[0])]).toEqual([kept, kept]);
    const made = { ...kept, state: 'new' };
    expect(connectionOf(calls[0])).toEqual({ ...made, connect_us: expect.any(Number) });
    expect(connectionOf(served[0])).toEqual(made);
    expect([calls[0]?.status.code, served[0]?.status.code]).toEqual([
      SpanStatusCode.UNSET,
      SpanStatusCode.UNSET,
    ]);
  });

  it('is below what its metadata name, among any number of them', async () => {
    for (const [id, how] of [
      ['named', {}],
      ['named-many', { many: 1 }],
      ['named-handler', { to: addressOf(grpc.server, 'handler'), tls: 1 }],
    ] as const) {
      await grpc.call(id, { ...how, traceparent });
      const served = await grpc.traced.matching(1, (span) => {
        const below = grpc.traced.spans.find((leaf) => isServer(leaf) && queryOf(leaf).get('of') === id);
        return below !== undefined && isServer(span) && isBelow([span, below], grpc.traced.spans);
      });
      expect(served.map((span) => [traceOf(span), parentOf(span)])).toEqual([
        [remote.traceId, remote.spanId],
      ]);
    }
  });

  it('that fails is an error for who made it, and for who served it if that is at fault', async () => {
    for (const [how, code, byServer] of [
      [{ code: 5 }, 'NOT_FOUND', undefined],
      [{ code: 13, kind: 'client' }, 'INTERNAL', 'INTERNAL'],
      [{ code: 14, kind: 'bidi' }, 'UNAVAILABLE', 'UNAVAILABLE'],
      [{ code: 16, kind: 'server' }, 'UNAUTHENTICATED', undefined],
      [{ panic: 1 }, 'INTERNAL', 'INTERNAL'],
      [{ panic: 1, kind: 'server' }, 'INTERNAL', 'INTERNAL'],
    ] as const) {
      const id = `fails-${JSON.stringify(how)}`;
      await grpc.call(id, how);
      const chain = await grpc.chain(id);
      expectChain(chain, grpc.traced.spans, id);
      expect([...chain.calls, ...chain.served].map((span) => [codeOf(span), errorOf(span)])).toEqual([
        [code, code],
        [code, byServer],
      ]);
    }
  });

  it('of a method that there is not is told so by who should have served it', async () => {
    await grpc.call('unknown', { kind: 'unknown' });
    const { calls, served } = await grpc.chain('unknown', 1, 1, 0);
    expect([calls[0]?.name, served[0]?.name]).toEqual(['shop.Orders/None', 'grpc']);
    expect(served[0]?.attributes).toMatchObject({
      'rpc.method': '_OTHER',
      'rpc.method_original': 'shop.Orders/None',
      'error.type': 'UNIMPLEMENTED',
    });
  });

  it.each(kinds)('that is given up ends then, and what served it later (%s)', async (kind) => {
    for (const [how, code] of [
      [{ deadline: 60 }, 'DEADLINE_EXCEEDED'],
      [{ cancel: 60 }, 'CANCELLED'],
    ] as const) {
      const id = `given-up-${kind}-${code}`;
      await grpc.call(id, { kind, wait: 5_000, ...how });
      const { calls, served } = await grpc.chain(id);
      expect(calls.map((span) => [codeOf(span), errorOf(span)])).toEqual([[code, code]]);
      expect(['CANCELLED', 'DEADLINE_EXCEEDED']).toContain(codeOf(served[0] as ReadableSpan));
      const [seconds = 9, nanos = 0] = calls[0]?.duration ?? [];
      expect(seconds * 1e3 + nanos / 1e6).toBeGreaterThan(50);
      expect(seconds).toBeLessThan(2);
    }
  });

  it('that gets no connection is an error, and ends', async () => {
    for (const kind of kinds) {
      await grpc.call(`down-${kind}`, { kind, to: '127.0.0.1:9' });
      const { root, calls } = await grpc.chain(`down-${kind}`, 1, 0);
      expect(calls.map((span) => [errorOf(span), parentOf(span)])).toEqual([['UNAVAILABLE', idOf(root)]]);
    }
  });

  it.each(['unary', 'server'] as const)('that is tried again is one span (%s)', async (kind) => {
    expect((await grpc.call(`flaky-${kind}`, { kind, flaky: 2 })).body).toBe('OK');
    const { root, calls, served } = await grpc.chain(`flaky-${kind}`, 1, 3);
    expect(calls.map((span) => span.attributes['goidspan.rpc.resend_count'])).toEqual([2]);
    expect(served.map(codeOf)).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'OK']);
    for (const span of served)
      expect(isBelow([root, calls[0] as ReadableSpan, span], grpc.traced.spans)).toBe(true);
  });

  it('that is a stream is the parent of nothing that its maker does meanwhile', async () => {
    for (const kind of ['server', 'client', 'bidi']) {
      const id = `within-${kind}`;
      await grpc.call(id, { kind, within: `${grpc.server.url}/leaf?of=${id}&n=9` });
      const { root, leaves } = await grpc.chain(id, 1, 1, 2);
      const within = leaves.find((leaf) => queryOf(leaf).get('n') === '9') as ReadableSpan;
      expect([kind, isBelow([root, within], grpc.traced.spans)]).toEqual([kind, true]);
    }
  });

  it('that its client has left goes on for who serves it until that returns', async () => {
    await grpc.call('left', { kind: 'bidi', leave: 1, late: 1 });
    const chain = await grpc.chain('left');
    expectChain(chain, grpc.traced.spans, 'left');
    expect([...chain.calls, ...chain.served].map(codeOf)).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('costs two hits to be served and three to be made, and none for its messages', async () => {
    const hits = async (side: string): Promise<number> => {
      const { byProbe } = (await grpc.traced.tracer.stats()).hits;
      const own = Object.entries(byProbe).filter(([name]) => name.startsWith(`grpc_${side}_`));
      return own.reduce((sum, [, count]) => sum + count, 0);
    };
    const before = [await hits('server'), await hits('client')] as const;
    for (const kind of kinds) {
      await grpc.call(`hits-${kind}`, { kind, count: 500 });
      await grpc.chain(`hits-${kind}`);
    }
    const after = [await hits('server'), await hits('client')] as const;
    expect(after[0] - before[0]).toBe(4 * 2);
    // A stream says twice that it is over; those before may say so only now.
    expect(after[1] - before[1]).toBeLessThanOrEqual(3 + 3 * 4 + 3);
  });

  it('is under its own request among many', { timeout }, async () => {
    const ways = ['plain', 'tls', 'workers', 'handler'] as const;
    const ends = [
      {},
      {},
      { code: 5 },
      { panic: 1 },
      { deadline: 2_000 },
      { flaky: 1 },
      { calls: 3 },
      { wait: 30 },
    ];
    const jobs = Array.from({ length: 200 }, (_, n) => {
      const way = ways[n % ways.length] as (typeof ways)[number];
      const kind = kinds[Math.floor(n / 4) % kinds.length] as (typeof kinds)[number];
      const end: Readonly<Record<string, number>> = ends[Math.floor(n / 16) % ends.length] ?? {};
      const tls = way === 'tls' || way === 'handler' ? { tls: 1 } : {};
      return {
        id: `m${n}`,
        kind,
        end,
        how: { to: addressOf(grpc.server, way), ...tls, kind, count: 2, ...end },
      };
    });
    await Promise.all(jobs.map(({ id, how }) => grpc.call(id, how)));
    for (const { id, kind, end, how } of jobs) {
      const calls = end['calls'] ?? 1;
      // Whose answer has begun, as behind net/http it always has, is not tried again.
      const isRetried =
        end['flaky'] !== undefined &&
        (kind === 'unary' || kind === 'client') &&
        how.to !== addressOf(grpc.server, 'handler');
      const served = isRetried ? 2 : calls;
      const chain = await grpc.chain(id, calls, served);
      expect([id, chain.calls.length, chain.served.length, chain.leaves.length]).toEqual([
        id,
        calls,
        served,
        served,
      ]);
      for (const leaf of chain.leaves) {
        expect(queryOf(leaf).get('of')).toBe(id);
        const own = chain.served.find((span) => isBelow([span, leaf], grpc.traced.spans)) as ReadableSpan;
        const call = chain.calls.find((span) => idOf(span) === parentOf(own)) as ReadableSpan;
        expect([id, isBelow([chain.root, call, own, leaf], grpc.traced.spans)]).toEqual([id, true]);
        expect([call.name, own.name]).toEqual([methods[kind], methods[kind]]);
      }
    }
    const ids = new Set(grpc.traced.spans.map(idOf));
    const strays = grpc.traced.spans.filter((span) => {
      const isOfMany = /^m\d/.test(queryOf(span).get('of') ?? '');
      return isOfMany && !ids.has(parentOf(span) ?? '');
    });
    expect(strays).toEqual([]);
  });

  it('whose server is killed meanwhile is an error, and so is what it was doing', { timeout }, async () => {
    const other = await GoServer.start(await buildGo(build));
    await grpc.traced.tracer.attachPid(other.pid);
    const calls = kinds.map((kind) =>
      grpc.call(`killed-${kind}`, { kind, to: addressOf(other, 'plain'), wait: 20_000, leaf: '' }),
    );
    await new Promise((done) => setTimeout(done, 500));
    await other.stop('SIGKILL');
    await Promise.all(calls);
    for (const kind of kinds) {
      const chain = await grpc.chain(`killed-${kind}`, 1, 1, 0);
      expect([kind, ...[...chain.calls, ...chain.served].map(errorOf)]).toEqual([
        kind,
        'UNAVAILABLE',
        'process_exited',
      ]);
      expect(isBelow([chain.root, ...chain.calls, ...chain.served], grpc.traced.spans)).toBe(true);
    }
  });
}

describeWith([kernel, go], 'calls of health checks', () => {
  it.each([false, true])('are traced if that is asked for: %s', { timeout }, async (grpcHealth) => {
    const grpc = await GrpcServer.start(await buildGo(newest), { grpcHealth, level: 'waits' });
    expect((await grpc.call('health', { kind: 'health' })).body).toBe('OK');
    expect((await grpc.call('other', {})).body).toBe('OK');
    const { calls } = await grpc.chain('other');
    // At that level unary calls say what their time was spent on.
    expect(calls[0]?.attributes['goidspan.breakdown']).toBeDefined();
    const made = grpcHealth ? 1 : 0;
    const chain = await grpc.chain('health', made, made, 0);
    expect([...chain.calls, ...chain.served].map(({ name }) => name)).toEqual(
      grpcHealth ? ['grpc.health.v1.Health/Check', 'grpc.health.v1.Health/Check'] : [],
    );
    const { notes } = await grpc.stop();
    expect(notes['grpc_health_untraced'] ?? 0).toBe(grpcHealth ? 0 : 2);
  });
});

describeWith([kernel, go], 'a proxy that is not traced', () => {
  it('comes between a call of gRPC and what serves it', { timeout }, async () => {
    const grpc = await GrpcServer.start(await buildGo(newest));
    const [host, port] = addressOf(grpc.server, 'plain').split(':');
    const proxy = createServer((from) => {
      const to = netConnect(Number(port), host);
      from.pipe(to).pipe(from);
      for (const side of [from, to]) side.on('error', () => {});
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    const through = typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
    for (let n = 0; n < 5; n++) {
      // Streams of the same numbers, at the same time, over both.
      await Promise.all([grpc.call(`through-${n}`, { to: through }), grpc.call(`straight-${n}`, {})]);
      expectChain(await grpc.chain(`straight-${n}`), grpc.traced.spans, `straight-${n}`);
      const { calls, served } = await grpc.chain(`through-${n}`, 1, 0);
      expect([calls.length, served.length]).toEqual([1, 0]);
    }
    await grpc.stop();
  });
});

describeWith([kernel, go, networkNamespaces], 'calls of gRPC between network namespaces', () => {
  it('are joined, also many at once over one connection', { timeout }, async () => {
    const binary = await buildGo(newest);
    const grpc = await GrpcServer.start(binary);
    const namespace = new NetworkNamespace(3);
    const other = await GoServer.of(namespace.start(binary, { ADDRESS: `${namespace.address}:8080` }));
    onTestFinished(() => other.stop());
    await grpc.traced.tracer.attachPid(other.pid);
    for (const way of ['plain', 'tls']) {
      const how = { to: addressOf(other, way), ...(way === 'tls' && { tls: 1 }), leaf: other.url, count: 3 };
      const ids = Array.from({ length: 24 }, (_, n) => `${way}-${n}`);
      await Promise.all(ids.map((id, n) => grpc.call(id, { ...how, kind: kinds[n % 4] ?? 'unary' })));
      for (const id of ids) expectChain(await grpc.chain(id), grpc.traced.spans, id);
    }
    await grpc.stop();
  });
});
