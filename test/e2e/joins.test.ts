/** A call and the request that it makes on this host are one trace, whatever lies between them. */
import { expect, it, onTestFinished } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { NetworkNamespace, networkNamespaces } from '../support/network-namespace.ts';
import { idOf, parentOf, TracedServer, traceOf } from '../support/traced-server.ts';

const timeout = 120_000;
const remote = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${remote.traceId}-${remote.spanId}-01`;

async function started(release?: string): Promise<TracedServer> {
  const name = `joins-${release ?? 'local'}`;
  const binary = await buildGo({ dir: 'test/fixtures/joins', name, ...(release && { go: release }) });
  const traced = await TracedServer.start(binary);
  onTestFinished(() => traced.server.stop());
  return traced;
}

const wrappedUrlOf = ({ child }: GoServer): string =>
  `http://${/^wrapped (\S+)$/m.exec(child.stdout)?.[1] ?? ''}`;

/** What to ask for, so that `to` is called on behalf of request `id`. */
function pathOf(id: string, to: string, how: Readonly<Record<string, string>> = {}): string {
  return `/call?${new URLSearchParams({ id, to: `${to}/leaf?of=${id}`, by: 'plain', ...how })}`;
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
      const traced = await started(release);
      const { server } = traced;
      const ways: Record<string, [to: string, by: string]> = {
        plain: [server.url, 'plain'],
        listener: [wrappedUrlOf(server), 'plain'],
        dialer: [server.url, 'wrapped'],
        both: [wrappedUrlOf(server), 'wrapped'],
        tls: [server.tlsUrl ?? '', 'plain'],
        'tls-dialer': [server.tlsUrl ?? '', 'wrapped'],
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
    const traced = await started();
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

describeWith([kernel, go, networkNamespaces], 'calls between network namespaces', () => {
  it('are joined', { timeout }, async () => {
    const traced = await started();
    const binary = await buildGo({ dir: 'test/fixtures/joins', name: 'joins-local' });
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
