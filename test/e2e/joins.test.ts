/** A call and the request that it makes on this host are one trace, whatever lies between them. */
import { connect, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { GoServer } from '../support/go-server.ts';
import { buildJoins, http2UrlOf, saidOf, startJoins } from '../support/joins-server.ts';
import { NetworkNamespace, networkNamespaces } from '../support/network-namespace.ts';
import { idOf, parentOf, queryOf, type TracedServer, traceOf } from '../support/traced-server.ts';

const timeout = 120_000;
const remote = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${remote.traceId}-${remote.spanId}-01`;

const wrappedUrlOf = (server: GoServer): string => `http://${saidOf(server, 'wrapped')}`;
/** Of a Unix socket, as the client of the program wants it. */
const unixUrlOf = (server: GoServer): string => `http://${saidOf(server, 'unix')}`;

/** Another one beside it, traced as well. */
async function besides(traced: TracedServer): Promise<GoServer> {
  const other = await GoServer.start(await buildJoins());
  onTestFinished(() => other.stop());
  await traced.tracer.attachPid(other.pid);
  return other;
}

/** What to ask for, so that `to` is called on behalf of request `id`, and answers after `wait`. */
function pathOf(id: string, to: string, how: Readonly<Record<string, string>> = {}, wait = '0s'): string {
  return `/call?${new URLSearchParams({ id, to: `${to}/leaf?of=${id}&wait=${wait}`, by: 'plain', ...how })}`;
}

/** As many calls at once as have to keep out of each other's way; joined, each of them. */
async function expectsManyAtOnce(traced: TracedServer, to: string, by: string): Promise<void> {
  const ids = Array.from({ length: 50 }, (_, n) => `${to}-${n}`);
  await Promise.all(ids.map((id) => traced.server.get(pathOf(id, to, { by }, '100ms'))));
  for (const id of ids) await expectsChain(traced, id);
}

/** The three spans of a request, which has made one call. */
async function chainOf(traced: TracedServer, id: string) {
  const { server, calls, leaves } = await traced.request(id, 1);
  return { server, call: calls[0] as ReadableSpan, leaf: leaves[0] as ReadableSpan };
}

async function expectsChain(traced: TracedServer, id: string): Promise<void> {
  const { server, call, leaf } = await chainOf(traced, id);
  expect([parentOf(call), parentOf(leaf)], id).toEqual([idOf(server), idOf(call)]);
  expect(new Set([server, call, leaf].map(traceOf)).size, id).toBe(1);
}

describeWith([kernel, go], 'calls on one host', () => {
  it.each(['1.19', undefined, '1.27.4'])(
    'are joined within TLS, and within connections that a program puts around its own: Go %s',
    { timeout },
    async (release) => {
      const traced = await startJoins(release);
      const { server } = traced;
      const ways: Record<string, [to: string, by: string]> = {
        plain: [server.url, 'plain'],
        listener: [wrappedUrlOf(server), 'plain'],
        dialer: [server.url, 'wrapped'],
        both: [wrappedUrlOf(server), 'wrapped'],
        late: [`http://${saidOf(server, 'late')}`, 'named'],
        tls: [server.tlsUrl ?? '', 'plain'],
        'tls-dialer': [server.tlsUrl ?? '', 'wrapped'],
        'tls-named': [server.tlsUrl ?? '', 'named'],
      };
      // The second time over a connection that is kept.
      for (const time of ['first', 'again'])
        for (const [way, [to, by]] of Object.entries(ways)) {
          const id = `${way}-${time}`;
          expect(await server.get(pathOf(id, to, { by }))).toMatchObject({ status: 200, body: 'leaf' });
          await expectsChain(traced, id);
        }
      expect((await traced.stop()).lost).toMatchObject({ total: 0 });
    },
  );

  it('are below the call of a proxy that forwards the headers of its request', { timeout }, async () => {
    const traced = await startJoins();
    const { server } = traced;
    const query = new URLSearchParams({ id: 'proxied', to: `${server.url}/leaf?of=proxied` });
    const reply = await server.get(`/forward?${query}`, { headers: { traceparent } });
    expect(reply).toMatchObject({ status: 200, body: 'leaf' });
    await expectsChain(traced, 'proxied');
    const outermost = (await chainOf(traced, 'proxied')).server;
    expect([traceOf(outermost), parentOf(outermost)]).toEqual([remote.traceId, remote.spanId]);
    await traced.stop();
  });
});

describeWith([kernel, go], 'calls by HTTP/2', () => {
  it.each(['1.19', undefined, '1.27.4'])(
    'are joined by their streams, however many are under way: Go %s',
    { timeout },
    async (release) => {
      const traced = await startJoins(release);
      const { server } = traced;
      const hits = async () => (await traced.tracer.stats()).hits.byProbe['http_client_stream'] ?? 0;
      for (const to of [server, await besides(traced)]) {
        await server.get(pathOf(`first-${to.pid}`, http2UrlOf(to), { by: 'http2' }));
        await expectsChain(traced, `first-${to.pid}`);
        const { call } = await chainOf(traced, `first-${to.pid}`);
        expect(call.attributes['network.protocol.version']).toBe('2');
        await expectsManyAtOnce(traced, http2UrlOf(to), 'http2');
      }
      await server.get(pathOf('plain', server.url));
      expect(await hits()).toBe(2 * (1 + 50));
      expect((await traced.stop()).lost).toMatchObject({ total: 0 });
    },
  );
});

describeWith([kernel, go], 'calls over Unix sockets', () => {
  it.each(['1.19', undefined, '1.27.4'])('are joined: Go %s', { timeout }, async (release) => {
    const traced = await startJoins(release);
    const { server } = traced;
    for (const to of [server, await besides(traced)]) {
      for (const time of ['first', 'again']) {
        const id = `${to.pid}-${time}`;
        await server.get(pathOf(id, unixUrlOf(to), { by: 'unix' }));
        await expectsChain(traced, id);
      }
      await expectsManyAtOnce(traced, unixUrlOf(to), 'unix');
    }
    expect((await traced.stop()).lost).toMatchObject({ total: 0 });
  });
});

describeWith([kernel, go], 'a call over Unix sockets through what is not traced', () => {
  it('is not joined with what answers it', { timeout }, async () => {
    const traced = await startJoins();
    const { server } = traced;
    const path = Buffer.from(saidOf(server, 'unix'), 'hex').toString();
    const between = `${path}-between`;
    const proxy = createServer((from) => {
      const to = connect(path);
      from.pipe(to).pipe(from);
      for (const socket of [from, to]) socket.on('error', () => {});
    });
    await new Promise<void>((done) => proxy.listen(between, done));
    onTestFinished(() => void proxy.close());
    const to = `http://${Buffer.from(between).toString('hex')}`;
    for (const id of ['between-first', 'between-again']) {
      expect(await server.get(pathOf(id, to, { by: 'unix' }))).toMatchObject({ status: 200, body: 'leaf' });
      const { call, leaf } = await chainOf(traced, id);
      expect(parentOf(leaf)).toBeUndefined();
      expect(traceOf(leaf)).not.toBe(traceOf(call));
    }
    await traced.stop();
  });
});

describeWith([kernel, go], 'a call whose headers name a trace', () => {
  const linksOf = (span: ReadableSpan) =>
    span.links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId }));
  const named = (header: string, value: string = traceparent) => ({ header, value });

  /** The spans of a request with `own` as its traceparent, whose call has the other. */
  async function chain(
    traced: TracedServer,
    id: string,
    how: Readonly<Record<string, string>>,
    own?: string,
  ): Promise<Awaited<ReturnType<typeof chainOf>>> {
    const { server } = traced;
    const headers = own === undefined ? {} : { traceparent: own };
    const reply = await server.get(pathOf(id, server.url, how), { headers });
    expect(reply).toMatchObject({ status: 200, body: 'leaf' });
    return await chainOf(traced, id);
  }

  it.each(['1.19', undefined, '1.27.4'])(
    'is of that trace, as what answers it is, and has a link to what it is made within: Go %s',
    { timeout },
    async (release) => {
      const traced = await startJoins(release);
      for (const header of ['Traceparent', 'traceparent']) {
        const { server, call, leaf } = await chain(traced, header, named(header));
        expect([traceOf(call), parentOf(call)], header).toEqual([remote.traceId, remote.spanId]);
        expect(call.parentSpanContext?.isRemote).toBe(true);
        expect(linksOf(call)).toEqual([{ traceId: traceOf(server), spanId: idOf(server) }]);
        expect([traceOf(leaf), parentOf(leaf)], header).toEqual([remote.traceId, idOf(call)]);
        expect(traceOf(server)).not.toBe(remote.traceId);
      }
      expect((await traced.stop()).lost).toMatchObject({ total: 0 });
    },
  );

  it('is of that trace also where what answers it is not traced', { timeout }, async () => {
    const traced = await startJoins();
    const other = await GoServer.start(await buildJoins());
    onTestFinished(() => other.stop());
    await traced.server.get(pathOf('away', other.url, named('Traceparent')));
    const { server, calls } = await traced.request('away', 1, 0);
    const call = calls[0] as ReadableSpan;
    expect([traceOf(call), parentOf(call)]).toEqual([remote.traceId, remote.spanId]);
    expect(linksOf(call)).toEqual([{ traceId: traceOf(server), spanId: idOf(server) }]);
    await traced.stop();
  });

  it('stays below what it is made within if that is of the same trace', { timeout }, async () => {
    const traced = await startJoins();
    const earlier = `00-${remote.traceId}-00f067aa0ba902b7-01`;
    const { server, call, leaf } = await chain(traced, 'same', named('Traceparent', earlier), traceparent);
    expect([parentOf(server), parentOf(call), parentOf(leaf)]).toEqual([
      remote.spanId,
      idOf(server),
      idOf(call),
    ]);
    expect(linksOf(call)).toEqual([]);
    await traced.stop();
  });

  it('is sampled as the header says', { timeout }, async () => {
    const traced = await startJoins();
    const { server, url } = { server: traced.server, url: traced.server.url };
    const [yes, no] = [traceparent, traceparent.replace(/01$/, '00')];
    const other = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
    await server.get(pathOf('dropped', url, named('Traceparent', no)));
    await server.get(pathOf('kept', url, named('Traceparent', yes)), { headers: { traceparent: other } });
    const [call, leaf] = await traced.matching(2, (span) => queryOf(span).get('of') === 'kept');
    expect([traceOf(call as ReadableSpan), traceOf(leaf as ReadableSpan)]).toEqual([
      remote.traceId,
      remote.traceId,
    ]);
    // What they are within is not told, so nothing links to it.
    expect([...linksOf(call as ReadableSpan), ...linksOf(leaf as ReadableSpan)]).toEqual([]);
    expect(traced.spans.filter((span) => queryOf(span).get('id') === 'kept')).toEqual([]);
    expect(traced.spans.filter((span) => queryOf(span).get('of') === 'dropped')).toEqual([]);
    await traced.stop();
  });

  it('is below what it is made within if no trace can be read there', { timeout }, async () => {
    const traced = await startJoins();
    const values: Record<string, string> = {
      short: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01',
      'upper-case': traceparent.toUpperCase(),
      'no-trace': `00-${'0'.repeat(32)}-${remote.spanId}-01`,
      'no-span': `00-${remote.traceId}-${'0'.repeat(16)}-01`,
      version: traceparent.replace(/^00/, 'ff'),
      longer: `${traceparent}-00`,
      empty: '',
    };
    for (const [name, value] of Object.entries(values)) {
      await chain(traced, name, named('Traceparent', value));
      await expectsChain(traced, name);
    }
    await traced.server.get(`${pathOf('two', traced.server.url, named('Traceparent'))}&value=${traceparent}`);
    await expectsChain(traced, 'two');
    await chain(traced, 'another-header', named('Tracestate', traceparent));
    await expectsChain(traced, 'another-header');
    expect((await traced.stop()).lost).toMatchObject({ total: 0 });
  });
});

describeWith([kernel, go, networkNamespaces], 'calls between network namespaces', () => {
  it('are joined', { timeout }, async () => {
    const traced = await startJoins();
    const binary = await buildJoins();
    const [first, second] = [new NetworkNamespace(1), new NetworkNamespace(2)];
    for (const { name, namespace } of [
      { name: 'first', namespace: first },
      { name: 'second', namespace: second },
    ]) {
      const other = await GoServer.of(namespace.start(binary, { ADDRESS: `${namespace.address}:8080` }));
      onTestFinished(() => other.stop());
      await traced.tracer.attachPid(other.pid);
      // New connections, and kept ones.
      for (let time = 0; time < 3; time++) {
        const id = `${name}-${time}`;
        await traced.server.get(pathOf(id, other.url));
        await expectsChain(traced, id);
      }
    }
    await traced.stop();
  });
});
