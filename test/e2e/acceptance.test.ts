import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerOptions } from '../../src/tracer/api.ts';
import { describeWith, go, go119, kernel } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { getHttp2 } from '../support/http2-request.ts';
import {
  byThread,
  idOf,
  isServer,
  parentOf,
  queryOf,
  type RequestSpans,
  type SpanDestination,
  TracedServer,
  traceOf,
} from '../support/traced-server.ts';

const acceptance = (version?: string) =>
  buildGo({
    dir: 'test/fixtures/acceptance/server',
    name: 'acceptance-server',
    ...(version === undefined ? {} : { go: version }),
  });

/** Every call is a child of the request, and every answer a child of its call: one trace. */
function expectOneTrace({ server, calls, leaves }: RequestSpans): void {
  for (const call of calls) expect([traceOf(call), parentOf(call)]).toEqual([traceOf(server), idOf(server)]);
  for (const leaf of leaves) {
    const call = calls.find((c) => queryOf(c).get('n') === queryOf(leaf).get('n')) as ReadableSpan;
    expect([traceOf(leaf), parentOf(leaf)]).toEqual([traceOf(call), idOf(call)]);
  }
}

/** A call that no certain knowledge ties to its request: a trace of its own or under that very request, never elsewhere. */
function expectNoWrongParent({ server, calls }: RequestSpans): void {
  for (const call of calls) expect([undefined, idOf(server)]).toContain(parentOf(call));
}

function isTraced(
  version?: string,
  by?: () => Promise<SpanDestination>,
  options: Partial<TracerOptions> = {},
): void {
  let traced: TracedServer;
  let lastId = 0;
  const newId = () => `r${++lastId}`;

  beforeAll(async () => {
    traced = await TracedServer.start(await acceptance(version), options, by);
  });

  afterAll(async () => {
    const stats = await traced?.stop();
    expect(stats?.lost, JSON.stringify(stats?.lost)).toMatchObject({ total: 0 });
  });

  async function get(path: string, calls: number, leaves = calls): Promise<RequestSpans> {
    const id = newId();
    const reply = await traced.server.get(path.includes('?') ? `${path}&id=${id}` : `${path}?id=${id}`);
    expect(reply).toMatchObject({ status: 200 });
    return await traced.request(id, calls, leaves);
  }

  describe('goroutines and parents', () => {
    it('makes the call of a handler its child', async () => expectOneTrace(await get('/get', 1)));

    it.each([2, 3, 6, 50])('makes a call from %i goroutines deep a child', async (depth) =>
      expectOneTrace(await get(`/nested?depth=${depth}`, 1)),
    );

    it.each([2, 1_000])('makes the calls of a fan-out of %i children', async (n) =>
      expectOneTrace(await get(`/fanout?n=${n}`, n)),
    );

    it('makes a call with the context of the request a child', async () =>
      expectOneTrace(await get('/request-context', 1)));

    async function manyAtOnce(path: string, calls: number): Promise<RequestSpans[]> {
      const ids = Array.from({ length: 40 }, newId);
      await Promise.all(ids.map((id) => traced.server.get(`${path}?id=${id}`)));
      return Promise.all(ids.map((id) => traced.request(id, calls)));
    }

    /** To the workers of a pool, each of which makes one call. */
    const toPool = (kind: string) => manyAtOnce(`/pool/${kind}`, 1);

    it.each(['send', 'receive', 'select', 'baton'])(
      'keeps the parent of a goroutine that waits for a semaphore, by %s',
      async (kind) => {
        for (const spans of await manyAtOnce(`/semaphore/${kind}`, 2)) expectOneTrace(spans);
      },
    );

    it('never gives a pool fed by a condition a wrong parent', async () => {
      for (const spans of await toPool('cond')) expectNoWrongParent(spans);
    });

    if (options.level === undefined) {
      it.each(['channel', 'buffer', 'select'])(
        'never gives a pool fed by %s a wrong parent',
        async (kind) => {
          for (const spans of await toPool(kind)) expectNoWrongParent(spans);
        },
      );

      it('never puts a worker of an earlier request into its trace', async () => {
        const first = await get('/worker/start', 1);
        const second = await get('/worker/use', 1);
        expectOneTrace(first);
        const [call] = second.calls as [ReadableSpan];
        expect(traceOf(call)).not.toBe(traceOf(first.server));
        expect(parentOf(call)).toBeUndefined();
        expect(call.links.map((link) => link.context.spanId)).toEqual([idOf(first.server)]);
      });
    } else {
      it.each(['channel', 'buffer', 'select'])(
        'makes the calls of a pool fed by %s children of the requests that feed it',
        async (kind) => {
          for (const spans of await toPool(kind)) expectOneTrace(spans);
        },
      );

      it('makes a worker of an earlier request a child of who sends it work', async () => {
        expectOneTrace(await get('/worker/start', 1));
        expectOneTrace(await get('/worker/use', 1));
      });
    }

    it('starts a new trace with a link in a goroutine that outlives its request', async () => {
      const { server, calls } = await get('/outlive?delay=50', 1);
      const [call] = calls as [ReadableSpan];
      expect(traceOf(call)).not.toBe(traceOf(server));
      expect(parentOf(call)).toBeUndefined();
      expect(call.links.map((link) => [link.context.traceId, link.context.spanId])).toEqual([
        [traceOf(server), idOf(server)],
      ]);
    });

    it('makes a call from a goroutine that a timer started a root', async () => {
      const { server, calls } = await get('/timer?delay=10', 1);
      const [call] = calls as [ReadableSpan];
      expect([traceOf(call) === traceOf(server), parentOf(call), call.links]).toEqual([false, undefined, []]);
    });

    it('makes 10,000 traces of 10,000 requests on one connection', async () => {
      const ids = Array.from({ length: 10_000 }, newId);
      for (const id of ids) await traced.server.get(`/leaf?id=${id}`);
      const wanted = new Set(ids);
      const spans = await traced.matching(10_000, (span) => wanted.has(queryOf(span).get('id') ?? ''));
      expect(new Set(spans.map(traceOf)).size).toBe(10_000);
      expect(new Set(spans.map((span) => span.attributes['goidspan.goid'])).size).toBe(1);
    });

    it.each([200, 2_000])('sees each of %i concurrent requests of 500 ms', async (count) => {
      const ids = Array.from({ length: count }, newId);
      await Promise.all(ids.map((id) => traced.server.get(`/sleep?ms=500&id=${id}`)));
      const wanted = new Set(ids);
      const spans = await traced.matching(count, (span) => wanted.has(queryOf(span).get('id') ?? ''));
      expect(spans).toHaveLength(count);
      for (const span of spans)
        expect(span.duration[0] * 1e3 + span.duration[1] / 1e6).toBeGreaterThanOrEqual(500);
    });

    it('keeps every parent right while all kinds of requests run at once', async () => {
      const kinds: [path: string, calls: number][] = [
        ['/get', 1],
        ['/nested?depth=6', 1],
        ['/fanout?n=5', 5],
        ['/request-context', 1],
        ['/post', 1],
        ['/roundtrip', 1],
      ];
      const requests = Array.from({ length: 600 }, (_, i) => {
        const [path, calls] = kinds[i % kinds.length] as [string, number];
        return { id: newId(), path, calls };
      });
      await Promise.all(
        requests.map(({ id, path }) => traced.server.get(`${path}${path.includes('?') ? '&' : '?'}id=${id}`)),
      );
      for (const { id, calls } of requests) expectOneTrace(await traced.request(id, calls));
    });
  });

  describe('endings', () => {
    it.each([
      ['/panic', 'panicked'],
      ['/abort', 'panicked'],
      ['/goexit', 'panicked'],
    ])('ends the span of %s with an error', async (path, ending) => {
      const id = newId();
      await traced.server.get(`${path}?id=${id}`);
      const { server } = await traced.request(id, 0);
      expect(server.status.code).toBe(SpanStatusCode.ERROR);
      expect(server.attributes).toMatchObject({ 'goidspan.span.ending': ending, 'error.type': 'panic' });
    });

    it.each(['/wait?ms=5000', '/sleep?ms=300', '/stream?ms=5000'])(
      'ends the span of %s with an error when the client goes away',
      async (path) => {
        const id = newId();
        await traced.server.get(`${path}&id=${id}`, { abandonAfterMs: 50 });
        const { server } = await traced.request(id, 0);
        expect(server.status.code).toBe(SpanStatusCode.ERROR);
        expect(server.attributes['goidspan.span.ending']).toBe('disconnected');
      },
    );

    it('ends the span at the hijack of its connection', async () => {
      const { server, calls } = await get('/hijack', 1);
      expect(server.attributes['goidspan.span.ending']).toBe('hijacked');
      expect(server.status.code).toBe(SpanStatusCode.UNSET);
      expect(parentOf(calls[0] as ReadableSpan)).toBeUndefined();
    });

    it('takes status, size and method of the response', async () => {
      const id = newId();
      await traced.server.get(`/status?code=503&bytes=17&id=${id}`, { method: 'PUT' });
      const { server } = await traced.request(id, 0);
      expect(server.attributes).toMatchObject({
        'http.request.method': 'PUT',
        'http.response.status_code': 503,
        'http.response.body.size': 17,
        'error.type': '503',
        'url.path': '/status',
        'network.protocol.version': '1.1',
        'client.address': '127.0.0.1',
      });
    });
  });

  describe('client calls', () => {
    it('ends a refused call with its error, and the next one is its sibling', async () => {
      const { server, calls } = await get('/refused', 2, 1);
      const [refused, second] = calls as [ReadableSpan, ReadableSpan];
      expect(refused.status.code).toBe(SpanStatusCode.ERROR);
      expect(refused.attributes['error.type']).toBe('*net.OpError');
      expect([parentOf(refused), parentOf(second)]).toEqual([idOf(server), idOf(server)]);
      expect(second.status.code).toBe(SpanStatusCode.UNSET);
    });

    it('ends a cancelled call with its error', async () => {
      const { server, calls } = await get('/cancelled?ms=50', 2, 2);
      const [cancelled] = calls as [ReadableSpan];
      expect(cancelled.status.code).toBe(SpanStatusCode.ERROR);
      expect(cancelled.attributes['error.type']).toMatch(/^context\.deadlineExceededError$/);
      expect(calls.map(parentOf)).toEqual([idOf(server), idOf(server)]);
    });

    it('ends a call in which the application panicked, and the next one is its sibling', async () => {
      const { server, calls } = await get('/proxy-panic', 2, 1);
      expect(calls.map(parentOf)).toEqual([idOf(server), idOf(server)]);
      expect(calls.map((call) => call.attributes['goidspan.span.ending'])).toEqual(['panicked', undefined]);
    });

    it('makes each hop of a redirect a call of its own', async () => {
      const { server, calls, leaves } = await get('/redirect?hops=3', 4);
      expectOneTrace({ server, calls, leaves });
      expect(calls.map((call) => call.attributes['http.response.status_code'])).toEqual([302, 302, 302, 200]);
    });

    it('counts how often a call was sent again', async () => {
      const { calls } = await get('/retry', 2, 0);
      expect(calls.map((call) => call.attributes['http.request.resend_count'])).toEqual([undefined, 1]);
    });

    it('takes a status of 400 and more as an error of the call', async () => {
      const { calls } = await get('/call-status?code=404', 1);
      expect(calls[0]).toMatchObject({ status: { code: SpanStatusCode.ERROR } });
      expect(calls[0]?.attributes['error.type']).toBe('404');
    });
  });

  describe('HTTP/2', () => {
    it('makes each call over HTTP/2 a child, the first and the later ones', async () => {
      const { server, calls, leaves } = await get('/h2?calls=4', 4);
      expectOneTrace({ server, calls, leaves: [] });
      for (const span of [...calls, ...leaves]) {
        expect(span.attributes).toMatchObject({
          'http.response.status_code': 200,
          'network.protocol.version': '2',
        });
      }
    });

    it('ends the span of a handler that panics under HTTP/2', async () => {
      const id = newId();
      await getHttp2(traced.server.tlsUrl as string, `/panic?id=${id}`);
      const { server } = await traced.request(id, 0);
      expect(server.attributes).toMatchObject({ 'goidspan.span.ending': 'panicked', 'url.scheme': 'https' });
    });
  });

  // Go 1.19 does not keep why a stream was closed.
  it.each(version === '1.19' ? [] : ['/wait?ms=5000', '/stream?ms=5000'])(
    'ends the span of %s with an error when the client cancels it under HTTP/2',
    async (path) => {
      const id = newId();
      await getHttp2(traced.server.tlsUrl as string, `${path}&id=${id}`, 50);
      const { server } = await traced.request(id, 0);
      expect(server.attributes['goidspan.span.ending']).toBe('disconnected');
    },
  );

  describe('incoming context', () => {
    const remote = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };

    it('takes the traceparent of the request as parent, and its tracestate along', async () => {
      const id = newId();
      await traced.server.get(`/get?id=${id}`, {
        headers: { traceparent: `00-${remote.trace}-${remote.span}-01`, tracestate: 'a=1,b=2' },
      });
      const spans = await traced.request(id, 1);
      expect([traceOf(spans.server), parentOf(spans.server)]).toEqual([remote.trace, remote.span]);
      expect(spans.server.parentSpanContext?.isRemote).toBe(true);
      expect(spans.server.spanContext().traceState?.serialize()).toBe('a=1,b=2');
      expectOneTrace(spans);
    });

    async function amongHeaders(count: number): Promise<ReadableSpan> {
      const id = newId();
      const headers = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-number-${i}`, 'value']));
      const traceparent = `00-${remote.trace}-${remote.span}-01`;
      await traced.server.get(`/leaf?id=${id}`, { headers: { ...headers, traceparent } });
      return (await traced.request(id, 0)).server;
    }

    if (options.kernel?.forceLegacy) {
      it('finds the traceparent among 25 headers, and counts where there are too many', async () => {
        expect(parentOf(await amongHeaders(25))).toBe(remote.span);
        await amongHeaders(1_000);
        expect((await traced.tracer.stats()).notes['headers_unscanned']).toBe(1);
      });
    } else {
      // Go 1.27 refuses requests with more than 500 (http.DefaultMaxHeaderValueCount).
      const headerCount = version === '1.27.4' ? 490 : 2_000;
      it(`finds the traceparent among ${headerCount} headers`, async () => {
        expect(parentOf(await amongHeaders(headerCount))).toBe(remote.span);
      });
    }

    it('joins services by a forwarded traceparent', async () => {
      const id = newId();
      await traced.server.get(`/forward?id=${id}`, {
        headers: { traceparent: `00-${remote.trace}-${remote.span}-01` },
      });
      const { server, calls, leaves } = await traced.request(id, 1);
      expect([server, ...calls, ...leaves].map(traceOf)).toEqual(Array(3).fill(remote.trace));
      // The call that has forwarded it is closer than the span that it names.
      expect(parentOf(leaves[0] as ReadableSpan)).toBe(idOf(calls[0] as ReadableSpan));
    });

    it('makes no span of a request whose parent was not sampled', async () => {
      const [unsampled, after] = [newId(), newId()];
      await traced.server.get(`/get?id=${unsampled}`, {
        headers: { traceparent: `00-${remote.trace}-${remote.span}-00` },
      });
      await traced.server.get(`/get?id=${after}`);
      await traced.request(after, 1);
      expect(traced.spans.filter((span) => queryOf(span).get('id') === unsampled)).toEqual([]);
      expect(traced.spans.filter((span) => queryOf(span).get('of') === unsampled)).toEqual([]);
    });

    it.each([
      `ff-${remote.trace}-${remote.span}-01`,
      `00-${'0'.repeat(32)}-${remote.span}-01`,
      `00-${remote.trace.toUpperCase()}-${remote.span}-01`,
      `00-${remote.trace}-${remote.span}`,
    ])('ignores and counts the malformed traceparent %s', async (traceparent) => {
      const id = newId();
      const before = (await traced.tracer.stats()).notes['traceparent_malformed'] as number;
      await traced.server.get(`/leaf?id=${id}`, { headers: { traceparent } });
      const { server } = await traced.request(id, 0);
      expect(parentOf(server)).toBeUndefined();
      expect((await traced.tracer.stats()).notes['traceparent_malformed']).toBe(before + 1);
    });
  });
}

describeWith([kernel, go], 'the acceptance table, live', () => {
  describe('built with the installed Go, sent by the draining thread', () => isTraced(undefined, byThread));
  describe('built with Go 1.27', () => isTraced('1.27.4'));
  describe('at level waits', () => isTraced(undefined, undefined, { level: 'waits', waits: 'attributes' }));
  describe('at level waits, by the programs for legacy kernels', () =>
    isTraced(undefined, byThread, { level: 'waits', waits: 'attributes', kernel: { forceLegacy: true } }));
  describe('by the programs for legacy kernels', () =>
    isTraced(undefined, undefined, { kernel: { forceLegacy: true, forcePerfLinks: true } }));
  describeWith([go119], 'built with Go 1.19', () => isTraced('1.19'));
  describeWith([go119], 'built with Go 1.19, at level waits', () =>
    isTraced('1.19', undefined, { level: 'waits', waits: 'attributes' }),
  );

  it('takes the route of a request from its pattern', async () => {
    const traced = await TracedServer.start(await acceptance());
    await traced.server.get('/items/7?id=route');
    const { server } = await traced.request('route', 0);
    expect([server.name, server.attributes['http.route']]).toEqual(['GET /items/{item}', '/items/{item}']);
    await traced.stop();
  });

  it.each([undefined, byThread])('reports the open spans of a target that is killed', async (by) => {
    const traced = await TracedServer.start(await acceptance(), {}, by);
    const asked = traced.server.get('/sleep?ms=20000&id=killed');
    await new Promise((done) => setTimeout(done, 200));
    await traced.server.stop('SIGKILL');
    await asked;
    const [span] = await traced.matching(1, (s) => isServer(s) && queryOf(s).get('id') === 'killed');
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes).toMatchObject({
      'goidspan.span.ending': 'process_exited',
      'url.path': '/sleep',
    });
    const stats = await traced.tracer.close();
    expect(stats.lost.total).toBe(0);
    expect(stats.targets[0]?.endedAt).toBeDefined();
  });

  it('joins client and server of two processes without a header', async () => {
    const first = await TracedServer.start(await acceptance());
    const second = await TracedServer.start(await acceptance());
    await first.tracer.attachPid(second.server.pid);
    await first.server.get(`/nested?depth=3&id=two&to=${encodeURIComponent(second.server.url)}`);
    const spans = await first.request('two', 1);
    expectOneTrace(spans);
    expect(spans.leaves[0]?.parentSpanContext?.isRemote).toBe(true);
    await second.stop();
    await first.stop();
  });
});
